"""The client for asyncio."""

from __future__ import annotations

from ._keywords import refuse_unknown
from ._native import (
    DEFAULT_BASE_URL,
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    AsyncCalls,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    import os
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, overload

    from typing_extensions import Self, Unpack

    from ._native import Webhook, WebhookSpec
    from .types import CallOptions, ClientSettings, CreateFields, CreateOptions, ListOptions, PatchFields
else:

    def overload(function: object) -> object:
        """Types only."""
        return function


class AsyncWebhookClient:
    """``WebhookClient`` for asyncio (uvloop too): the same settings, the same methods as coroutines.

    One client serves several event loops, one after another or in threads of their own. A cancelled call closes its
    request on the wire.

    Raises:
        ConfigError: A setting cannot work; see ``WebhookClient`` for the settings.

    Example::

        async with AsyncWebhookClient(token="…") as client:
            webhooks = await asyncio.gather(*(client.get(webhook_id) for webhook_id in (1, 2, 3)))
    """

    __slots__ = ("__weakref__", "_calls")

    @refuse_unknown(AsyncCalls)
    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        org_id: int | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        connect_timeout: float = DEFAULT_CONNECT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        validate: bool = True,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        allow_http: bool = False,
        headers: Mapping[str, str] | None = None,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
    ) -> None:
        self._calls = AsyncCalls(
            {
                "base_url": base_url,
                "token": token,
                "client_id": client_id,
                "client_secret": client_secret,
                "org_id": org_id,
                "timeout": timeout,
                "connect_timeout": connect_timeout,
                "max_retries": max_retries,
                "validate": validate,
                "proxy": proxy,
                "ca_file": ca_file,
                "allow_http": allow_http,
                "headers": headers,
                "max_connections": max_connections,
            }
        )

    @classmethod
    def from_env(cls, **settings: Unpack[ClientSettings]) -> Self:
        """A client with what the environment says: see ``WebhookClient.from_env``."""
        client = cls.__new__(cls)
        client._calls = AsyncCalls(dict(settings), from_env=True)
        return client

    async def list(self, **options: Unpack[ListOptions]) -> builtins.list[Webhook]:
        """All webhooks of an organization: see ``WebhookClient.list``."""
        return await self._calls.list(options)

    async def get(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """One webhook: see ``WebhookClient.get``."""
        return await self._calls.get(webhook_id, options)

    @overload
    async def create(self, spec: WebhookSpec | Mapping[str, Any], /, **options: Unpack[CreateOptions]) -> Webhook: ...
    @overload
    async def create(self, spec: None = None, /, **fields: Unpack[CreateFields]) -> Webhook: ...
    async def create(self, spec: WebhookSpec | Mapping[str, Any] | None = None, /, **fields: Any) -> Webhook:
        """A new webhook: see ``WebhookClient.create``. Where it is cancelled, the webhook may exist all the same."""
        return await self._calls.create(spec, fields)

    async def update(
        self, webhook_id: int, spec: WebhookSpec | Webhook | Mapping[str, Any], /, **options: Unpack[CallOptions]
    ) -> Webhook:
        """Replaces a webhook as a whole: see ``WebhookClient.update``."""
        return await self._calls.update(webhook_id, spec, options)

    async def patch(self, webhook_id: int, /, **changes: Unpack[PatchFields]) -> Webhook:
        """Reads a webhook, changes what is named, and writes it: see ``WebhookClient.patch``."""
        return await self._calls.patch(webhook_id, changes)

    async def delete(self, webhook_id: int, **options: Unpack[CallOptions]) -> None:
        """Deletes a webhook: see ``WebhookClient.delete``."""
        await self._calls.delete(webhook_id, options)

    async def enable(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """Switches a webhook on: see ``WebhookClient.enable``."""
        return await self._calls.enable(webhook_id, options)

    async def disable(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """Switches a webhook off: see ``WebhookClient.disable``."""
        return await self._calls.disable(webhook_id, options)

    async def aclose(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time."""
        self._calls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls.base_url}{' closed' if self._calls.is_closed else ''}>"

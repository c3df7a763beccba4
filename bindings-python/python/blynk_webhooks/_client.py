"""The client for synchronous code."""

from __future__ import annotations

from ._keywords import refuse_unknown
from ._native import (
    DEFAULT_BASE_URL,
    DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    BlockingCalls,
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


class WebhookClient:
    """A client of the webhook API; threads may share it, and it works on after ``os.fork``.

    Pass ``token``, or ``client_id`` and ``client_secret``. Nothing is sent before the first call. Close the client, or
    use it in a ``with`` statement, to let go of its connections early.

    Args:
        base_url: The server, e.g. a regional one.
        token: A token that was obtained elsewhere; it is not renewed.
        client_id: OAuth2 client ID; tokens are fetched, kept and renewed.
        client_secret: The secret that belongs to it.
        org_id: Organization of ``list`` and ``create``; without it the token's.
        timeout: Seconds for a whole call: token, attempts and pauses together; ``None``: no deadline.
        connect_timeout: Seconds for making one connection.
        max_retries: Repeats after the first attempt, where a repeat is safe.
        validate: Whether specs are checked before they are sent.
        proxy: URL of an HTTP proxy; without it what the system says.
        ca_file: PEM file with certificate authorities to trust beside the system's.
        allow_http: Allows plain http to hosts other than loopback.
        headers: Headers for every request.
        max_connections: Most requests under way at once; further calls wait, within their time.

    Raises:
        ConfigError: A setting cannot work.

    Example::

        with WebhookClient(token="…") as client:
            for webhook in client.list():
                print(webhook.id, webhook.name, webhook.status)
    """

    __slots__ = ("__weakref__", "_calls")

    @refuse_unknown(BlockingCalls)
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
        self._calls = BlockingCalls(
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
        """A client with what the environment says.

        Reads ``BLYNK_BASE_URL``, ``BLYNK_TOKEN``, ``BLYNK_CLIENT_ID``, ``BLYNK_CLIENT_SECRET`` and ``BLYNK_ORG_ID``;
        an empty variable counts as absent. Keywords set the rest, and win.

        Raises:
            ConfigError: A setting is missing or cannot work.

        Example::

            client = WebhookClient.from_env(timeout=10)
        """
        client = cls.__new__(cls)
        client._calls = BlockingCalls(dict(settings), from_env=True)
        return client

    def list(self, **options: Unpack[ListOptions]) -> builtins.list[Webhook]:
        """All webhooks of an organization, in the server's order.

        Args:
            **options: ``org_id``, ``timeout`` (seconds), ``max_retries``, ``headers``.

        Raises:
            WebhooksError: As every call: ``ApiError`` and its kin for the server's refusals, ``AuthError``,
                ``TransportError`` and its kin for the network, ``ResponseError``.

        Example::

            for webhook in client.list(org_id=101):
                print(webhook.id, webhook.name)
        """
        return self._calls.list(options)

    def get(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """One webhook.

        Args:
            webhook_id: Webhook ID, an int32.
            **options: ``timeout`` (seconds), ``max_retries``, ``headers``.

        Raises:
            NotFoundError: There is none of this ID, or these credentials do not reach it.

        Example::

            webhook = client.get(7)
        """
        return self._calls.get(webhook_id, options)

    @overload
    def create(self, spec: WebhookSpec | Mapping[str, Any], /, **options: Unpack[CreateOptions]) -> Webhook: ...
    @overload
    def create(self, spec: None = None, /, **fields: Unpack[CreateFields]) -> Webhook: ...
    def create(self, spec: WebhookSpec | Mapping[str, Any] | None = None, /, **fields: Any) -> Webhook:
        """A new webhook, of a spec or of its fields as keywords.

        It is never sent twice where it may have run: an error with ``outcome_unknown`` says so. With ``reconcile``
        the call then looks for the webhook in the list before it ends.

        Args:
            spec: A ``WebhookSpec``, or a mapping with the wire's names.
            **fields: The fields of a ``WebhookSpec``; and ``org_id``, ``reconcile``, ``timeout`` (seconds),
                ``max_retries``, ``headers``.

        Raises:
            ValidationError: The spec breaks the contract; nothing was sent.
            BadRequestError: The server refused it.

        Example::

            webhook = client.create(
                name="Doors",
                trigger="DEVICE_ADDED",
                url="https://example.com/webhook/{device_id}",
                method="POST",
                content_type="JSON",
                auth_type="NONE",
            )
        """
        return self._calls.create(spec, fields)

    def update(
        self, webhook_id: int, spec: WebhookSpec | Webhook | Mapping[str, Any], /, **options: Unpack[CallOptions]
    ) -> Webhook:
        """Replaces a webhook as a whole: a field that is left out is cleared.

        Args:
            webhook_id: Webhook ID, an int32.
            spec: A ``WebhookSpec``, a ``Webhook``, or a mapping with the wire's names.
            **options: ``timeout`` (seconds), ``max_retries``, ``headers``.

        Raises:
            ValidationError: The spec breaks the contract; nothing was sent.
            NotFoundError: There is none of this ID.

        Example::

            webhook = client.get(7)
            client.update(7, webhook.spec.replace(name="Doors"))
        """
        return self._calls.update(webhook_id, spec, options)

    def patch(self, webhook_id: int, /, **changes: Unpack[PatchFields]) -> Webhook:
        """Reads a webhook, changes what is named, and writes it; ``None`` clears, what is absent stays.

        Another writer between the two is overwritten. ``extra={"name": None}`` clears a field that this version does
        not know.

        Args:
            webhook_id: Webhook ID, an int32.
            **changes: The fields to change; and ``timeout`` (seconds, for both requests), ``max_retries``, ``headers``.

        Raises:
            ValidationError: A change breaks the contract; nothing was written.
            NotFoundError: There is none of this ID.

        Example::

            client.patch(7, name="Doors", body=None)
        """
        return self._calls.patch(webhook_id, changes)

    def delete(self, webhook_id: int, **options: Unpack[CallOptions]) -> None:
        """Deletes a webhook.

        Args:
            webhook_id: Webhook ID, an int32.
            **options: ``timeout`` (seconds), ``max_retries``, ``headers``.

        Raises:
            NotFoundError: There is none of this ID.

        Example::

            client.delete(7)
        """
        self._calls.delete(webhook_id, options)

    def enable(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """Switches a webhook on, as ``patch(webhook_id, status="ENABLED")``.

        Args:
            webhook_id: Webhook ID, an int32.
            **options: ``timeout`` (seconds, for both requests), ``max_retries``, ``headers``.

        Raises:
            NotFoundError: There is none of this ID.

        Example::

            client.enable(7)
        """
        return self._calls.enable(webhook_id, options)

    def disable(self, webhook_id: int, **options: Unpack[CallOptions]) -> Webhook:
        """Switches a webhook off, as ``patch(webhook_id, status="DISABLED")``.

        Args:
            webhook_id: Webhook ID, an int32.
            **options: ``timeout`` (seconds, for both requests), ``max_retries``, ``headers``.

        Raises:
            NotFoundError: There is none of this ID.

        Example::

            client.disable(7)
        """
        return self._calls.disable(webhook_id, options)

    def close(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls.base_url}{' closed' if self._calls.is_closed else ''}>"

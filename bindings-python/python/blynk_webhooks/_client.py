"""What the clients are beside the operations of the API: how they are made, shared and closed."""

from __future__ import annotations

import os
from functools import wraps

from . import _annotations as t
from ._native import BlockingCalls, settings_of_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Init = TypeVar("Init", bound=Callable[..., None])


def refuse_unknown(init: Init) -> Init:
    """Refuses keywords that an ``__init__`` does not know, by name and with the one that was meant."""
    known = (init.__kwdefaults__ or {}).keys() | {"base_url"}

    @wraps(init)
    def checked(*arguments: Any, **keywords: Any) -> None:
        if unknown := {name: value for name, value in keywords.items() if name not in known}:
            BlockingCalls(unknown)
        init(*arguments, **keywords)

    return checked  # type: ignore[return-value]


class Client:
    """What both clients have."""

    __slots__ = ("__weakref__", "_calls")

    _calls: t.BlockingCalls | t.AsyncCalls

    @classmethod
    def from_env(cls, **settings: t.Unpack[t.FromEnvSettings]) -> t.Self:
        """A client with what the environment says.

        Reads ``BLYNK_BASE_URL``, ``BLYNK_TOKEN``, ``BLYNK_CLIENT_ID``, ``BLYNK_CLIENT_SECRET`` and ``BLYNK_ORG_ID``
        from ``os.environ``. An empty variable counts as absent. Keywords set the rest and take precedence: a ``token``
        that is passed takes the place of the environment's client credentials, and the other way round.

        Raises:
            ConfigError: A setting is missing or cannot work.

        Example::

            client = WebhookClient.from_env(timeout=10)
        """
        return cls(**settings_of_environment(os.environ, settings))

    @property
    def base_url(self) -> str:
        """The server that is called."""
        return self._calls.base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls.base_url}{' closed' if self._calls.is_closed else ''}>"


class SyncClient(Client):
    """What ``WebhookClient`` is beside the operations of the API."""

    __slots__ = ()

    def close(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time.

        Calls that other threads have under way end as they would.
        """
        self._calls.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class AsyncClient(Client):
    """What ``AsyncWebhookClient`` is beside the operations of the API."""

    __slots__ = ()

    async def aclose(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time.

        Calls under way end as they would.
        """
        self._calls.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

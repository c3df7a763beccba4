"""The same API on this machine, from test code.

Example::

    from blynk_webhooks.emulator import Emulator

    with Emulator() as emulator, emulator.client() as client:
        assert client.list() == []
"""

from __future__ import annotations

from ._async_client import AsyncWebhookClient
from ._client import WebhookClient
from ._native import EmulatorServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from .types import ClientSettings

__all__ = ["Emulator"]


class Emulator:
    """An emulator on loopback, in this process; it takes requests from the moment it is made until ``close()``.

    Args:
        port: Port on 127.0.0.1; 0 takes any free one.

    Raises:
        OSError: The port cannot be had.
        ConfigError: The port is no port.

    Example::

        with Emulator(port=0) as emulator:
            client = emulator.client()
    """

    __slots__ = ("__weakref__", "_server")

    def __init__(self, port: int = 0) -> None:
        self._server = EmulatorServer(port)

    @property
    def url(self) -> str:
        """The base URL, e.g. ``http://127.0.0.1:49152``."""
        return self._server.url

    @property
    def client_id(self) -> str:
        """ID of the OAuth2 client."""
        return self._server.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth2 client."""
        return self._server.client_secret

    def client(self, **settings: Unpack[ClientSettings]) -> WebhookClient:
        """A client of this emulator; ``settings`` as ``WebhookClient`` takes them."""
        return WebhookClient(self.url, client_id=self.client_id, client_secret=self.client_secret, **settings)

    def async_client(self, **settings: Unpack[ClientSettings]) -> AsyncWebhookClient:
        """An async client of this emulator; ``settings`` as ``AsyncWebhookClient`` takes them."""
        return AsyncWebhookClient(self.url, client_id=self.client_id, client_secret=self.client_secret, **settings)

    def close(self) -> None:
        """Stops the emulator. Does nothing the second time."""
        self._server.stop()

    async def aclose(self) -> None:
        """Stops the emulator: ``close()`` for async code."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Emulator {self.url}>"

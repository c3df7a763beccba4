"""Manage the webhooks of a Blynk organization: an unofficial client, sync and async.

Example::

    from blynk_webhooks import WebhookClient

    with WebhookClient(client_id="oa2-client-id_…", client_secret="…") as client:
        webhook = client.create(
            name="Doors",
            trigger="DEVICE_ADDED",
            url="https://example.com/webhook/{device_id}",
            method="POST",
            content_type="JSON",
            auth_type="NONE",
        )
        client.disable(webhook.id)

What the clients do is logged under ``blynk_webhooks`` with Python's ``logging``, without secrets. The environment
variable ``BLYNK_LOG=debug`` prints it on the standard error.
"""

from os import environ as _environ

from ._native import (
    VERSION,
    AuthType,
    ContentType,
    Method,
    RenderedRequest,
    Status,
    Trigger,
    Violation,
    Webhook,
    WebhookSpec,
    set_loopback_only,
)
from .generated import errors as _errors
from .generated.clients import AsyncWebhookClient, WebhookClient
from .generated.errors import *  # noqa: F403

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._response import Response
    from .emulator import Emulator

__version__ = VERSION

__all__ = [
    "AsyncWebhookClient",
    "AuthType",
    "ContentType",
    "Emulator",
    "Method",
    "RenderedRequest",
    "Response",
    "Status",
    "Trigger",
    "Violation",
    "Webhook",
    "WebhookClient",
    "WebhookSpec",
    "__version__",
    "print_logs",
    "set_loopback_only",
]
__all__ += _errors.__all__

_LATER = {"Emulator": "emulator", "Response": "_response"}


def __getattr__(name: str) -> object:
    """Imports what takes time to import when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def print_logs(level: str = "debug") -> None:
    """Prints the log messages of this package on the standard error, from ``level`` on, as ``BLYNK_LOG`` does.

    Args:
        level: ``error``, ``warn``, ``info``, ``debug`` or ``trace``; ``off`` prints nothing.

    Raises:
        ConfigError: The level is none of these.

    Example::

        blynk_webhooks.print_logs("info")
    """
    from ._logs import print_logs

    print_logs(level)


if _environ.get("BLYNK_LOG"):
    from ._logs import print_logs_of_environment as _print_logs

    _print_logs(_environ["BLYNK_LOG"])

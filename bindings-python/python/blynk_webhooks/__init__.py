"""Manage the webhooks of a Blynk organization: an unofficial client, sync and async.

Example::

    from blynk_webhooks import WebhookClient

    with WebhookClient(client_id="your-id", client_secret="your-secret") as client:
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

from ._native import ERROR_TREE as _ERROR_TREE
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

__version__ = VERSION

__all__ = [
    "AsyncPlan",
    "AsyncWebhookClient",
    "Attempt",
    "AuthType",
    "ContentType",
    "Emulator",
    "Method",
    "Plan",
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
    "table",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._response import Attempt, Response
    from ._table import table
    from .emulator import Emulator
    from .generated import errors as _errors
    from .generated.clients import AsyncWebhookClient, WebhookClient
    from .generated.errors import *  # noqa: F403
    from .plans import AsyncPlan, Plan

    __all__ += _errors.__all__
else:
    __all__ += _ERROR_TREE

# Imported when they are asked for. The program `blynk-webhooks` needs none of them.
_LATER = {
    "AsyncPlan": "plans",
    "AsyncWebhookClient": "generated.clients",
    "Attempt": "_response",
    "Emulator": "emulator",
    "Plan": "plans",
    "Response": "_response",
    "table": "_table",
    "WebhookClient": "generated.clients",
}


def __getattr__(name: str) -> object:
    """Imports what takes time to import when it is asked for."""
    module = _LATER.get(name) or ("generated.errors" if name in _ERROR_TREE else None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # `importlib` itself takes longer to import than this.
    value: object = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
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

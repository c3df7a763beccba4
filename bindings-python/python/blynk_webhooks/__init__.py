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

from ._async_client import AsyncWebhookClient
from ._client import WebhookClient
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
from .errors import (
    ApiError,
    AuthError,
    BadRequestError,
    ConfigError,
    ConflictError,
    ConnectError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    TransportError,
    UnauthorizedError,
    ValidationError,
    WebhooksError,
)

__version__ = VERSION

__all__ = [
    "ApiError",
    "AsyncWebhookClient",
    "AuthError",
    "AuthType",
    "BadRequestError",
    "ConfigError",
    "ConflictError",
    "ConnectError",
    "ContentType",
    "ForbiddenError",
    "Method",
    "NotFoundError",
    "RateLimitedError",
    "RenderedRequest",
    "RequestTimeoutError",
    "ResponseError",
    "ServerError",
    "Status",
    "TransportError",
    "Trigger",
    "UnauthorizedError",
    "ValidationError",
    "Violation",
    "Webhook",
    "WebhookClient",
    "WebhookSpec",
    "WebhooksError",
    "__version__",
    "set_loopback_only",
]

if _environ.get("BLYNK_LOG"):
    from ._logs import print_logs

    print_logs(_environ["BLYNK_LOG"])
    del print_logs

# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
"""The values of the native half; the stub beside this file describes them."""

from .._native import (
    AuthType,
    ContentType,
    Method,
    RenderedRequest,
    Status,
    Trigger,
    Violation,
    Webhook,
    WebhookSpec,
)

__all__ = [
    "AuthType",
    "ContentType",
    "Method",
    "RenderedRequest",
    "Status",
    "Trigger",
    "Violation",
    "Webhook",
    "WebhookSpec",
]

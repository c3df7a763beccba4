# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
"""What can go wrong: one tree, each error also under the built-in that it resembles.

Example::

    try:
        client.get(7)
    except NotFoundError as error:
        print(error.status, error.request_id)
    except TimeoutError:
        ...
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .values import Violation

__all__ = [
    "ApiError",
    "AuthError",
    "BadRequestError",
    "ConfigError",
    "ConflictError",
    "ConnectError",
    "ForbiddenError",
    "NotFoundError",
    "RateLimitedError",
    "RequestTimeoutError",
    "ResponseError",
    "ServerError",
    "TransportError",
    "UnauthorizedError",
    "ValidationError",
    "WebhooksError",
]


class WebhooksError(Exception):
    """Any error of this package. ``str()`` says what was wrong, where, and what to do, and holds no secret."""

    request_id: str | None = None
    """Request ID of the response (header ``X-Request-Id``)."""
    outcome_unknown: bool = False
    """True if the server may have carried out the call although it failed here."""
    __module__ = "blynk_webhooks.errors"


class ConfigError(WebhooksError, ValueError):
    """A setting of the client cannot work. Nothing was sent."""

    __module__ = "blynk_webhooks.errors"


class ValidationError(WebhooksError, ValueError):
    """The arguments break the API's rules. Nothing was sent."""

    violations: list[Violation] = []  # noqa: RUF012 - replaced in each instance
    """The findings about the arguments, all at once."""
    __module__ = "blynk_webhooks.errors"


class TransportError(WebhooksError):
    """The connection broke while a request was under way."""

    message: str = ""
    """What the server said, or what happened to the request."""
    method: str = ""
    """HTTP method of the request."""
    url: str = ""
    """URL of the request, without secrets."""
    attempts: int = 0
    """How many times the request was sent or tried."""
    __module__ = "blynk_webhooks.errors"


class ConnectError(TransportError, ConnectionError):
    """No connection could be made, so the request did not run."""

    __module__ = "blynk_webhooks.errors"


class RequestTimeoutError(TransportError, TimeoutError):
    """The deadline of the call passed."""

    __module__ = "blynk_webhooks.errors"


class ResponseError(WebhooksError):
    """The response cannot be understood."""

    message: str = ""
    """What the server said, or what happened to the request."""
    method: str = ""
    """HTTP method of the request."""
    url: str = ""
    """URL of the request, without secrets."""
    attempts: int = 0
    """How many times the request was sent or tried."""
    __module__ = "blynk_webhooks.errors"


class AuthError(WebhooksError):
    """The token endpoint refused the client ID and secret. A token that the API refuses is an ``UnauthorizedError``."""

    status: int = 0
    """HTTP status of the response."""
    error: str = ""
    """OAuth2 error code, e.g. ``invalid_client``."""
    error_description: str | None = None
    """What the token endpoint says about the error."""
    url: str = ""
    """URL of the request, without secrets."""
    __module__ = "blynk_webhooks.errors"


class ApiError(WebhooksError):
    """The API answered with an error status."""

    status: int = 0
    """HTTP status of the response."""
    message: str = ""
    """What the server said, or what happened to the request."""
    method: str = ""
    """HTTP method of the request."""
    url: str = ""
    """URL of the request, without secrets."""
    retry_after: float | None = None
    """How many seconds the server asks to wait (header ``Retry-After``)."""
    body: str = ""
    """Body of the response, at most 16 KiB of it."""
    location: str | None = None
    """Target of a redirect that was not followed."""
    __module__ = "blynk_webhooks.errors"


class BadRequestError(ApiError):
    """400: the API refused the request."""

    __module__ = "blynk_webhooks.errors"


class UnauthorizedError(ApiError):
    """401: the API refused the token. Client credentials that the token endpoint refuses are an ``AuthError``."""

    __module__ = "blynk_webhooks.errors"


class ForbiddenError(ApiError):
    """403: the credentials lack a permission."""

    __module__ = "blynk_webhooks.errors"


class NotFoundError(ApiError):
    """404: the webhook does not exist, or these credentials do not reach it."""

    __module__ = "blynk_webhooks.errors"


class ConflictError(ApiError):
    """409: the request conflicts with the state of the server."""

    __module__ = "blynk_webhooks.errors"


class RateLimitedError(ApiError):
    """429: the organization has sent too many requests."""

    __module__ = "blynk_webhooks.errors"


class ServerError(ApiError):
    """5xx: the server failed."""

    __module__ = "blynk_webhooks.errors"

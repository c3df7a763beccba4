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
    from ._native import Violation


class WebhooksError(Exception):
    """Any error of this package; ``str()`` says what was wrong, where, and what to do, and holds no secret."""

    request_id: str | None = None
    """Request id of the server's answer, where there was one."""
    outcome_unknown: bool = False
    """True where the server may have created a webhook although ``create`` failed here: look before you repeat it.

    The other operations do the same however often they run."""


class ConfigError(WebhooksError, ValueError):
    """The client was set up wrongly, or is closed; nothing was sent."""


class ValidationError(WebhooksError, ValueError):
    """The arguments break the contract; nothing was sent."""

    violations: list[Violation] = []  # noqa: RUF012 - replaced in each instance
    """Every finding, warnings included."""


class TransportError(WebhooksError):
    """The connection broke while a request was under way."""

    message: str = ""
    """What happened, without method and URL."""
    method: str = ""
    """HTTP method."""
    url: str = ""
    """URL, without secrets."""
    attempts: int = 0
    """How many times the request was sent or tried."""


class ConnectError(TransportError, ConnectionError):
    """No connection could be made: the call did not run."""


class RequestTimeoutError(TransportError, TimeoutError):
    """The time for the call is up."""


class ResponseError(WebhooksError):
    """The answer cannot be understood."""

    message: str = ""
    """What happened, without method and URL."""
    method: str = ""
    """HTTP method."""
    url: str = ""
    """URL, without secrets."""
    attempts: int = 0
    """How many times the request was sent."""


class AuthError(WebhooksError):
    """The token endpoint refused the client id and secret."""

    status: int = 0
    """HTTP status."""
    error: str = ""
    """OAuth2 error code, e.g. ``invalid_client``."""
    error_description: str | None = None
    """What the server says of it."""
    url: str = ""
    """URL of the token endpoint."""


class ApiError(WebhooksError):
    """The API answered with an error."""

    status: int = 0
    """HTTP status."""
    message: str = ""
    """The server's message, else an excerpt of its answer."""
    method: str = ""
    """HTTP method."""
    url: str = ""
    """URL, without secrets."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""
    body: str = ""
    """The answer's body, shortened where it is long."""
    location: str | None = None
    """Where a redirect points that was not followed."""


class BadRequestError(ApiError):
    """400: the server refused the request's content."""


class UnauthorizedError(ApiError):
    """401: the token was not accepted."""


class ForbiddenError(ApiError):
    """403: a permission or a scope is missing."""


class NotFoundError(ApiError):
    """404: no such webhook, or not reached by these credentials."""


class ConflictError(ApiError):
    """409: the request contradicts what the server holds."""


class RateLimitedError(ApiError):
    """429: too many requests."""


class ServerError(ApiError):
    """5xx: the server failed."""

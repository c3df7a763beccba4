"""Types of the native half."""

import builtins
import datetime
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, Literal, final

from typing_extensions import Self, Unpack

from ._wire_name import WireName
from .types import AuthTypeLike, ContentTypeLike, MethodLike, SpecFields, StatusLike, TriggerLike

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_CONNECT_TIMEOUT",
    "DEFAULT_MAX_CONNECTIONS",
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "ERROR_TREE",
    "VERSION",
    "AsyncCalls",
    "AuthType",
    "BlockingCalls",
    "ContentType",
    "EmulatorServer",
    "Method",
    "RenderedRequest",
    "Status",
    "Trigger",
    "Violation",
    "Webhook",
    "WebhookSpec",
    "json_schema",
    "restore_spec",
    "set_loopback_only",
]

VERSION: Final[str]
DEFAULT_BASE_URL: Final[str]
DEFAULT_TIMEOUT: Final[float]
DEFAULT_CONNECT_TIMEOUT: Final[float]
DEFAULT_MAX_RETRIES: Final[int]
DEFAULT_MAX_CONNECTIONS: Final[int]
ERROR_TREE: Final[dict[str, tuple[str, str | None]]]

def set_loopback_only(only: bool = True, /) -> None:
    """Makes every client made from now on in this process refuse hosts other than loopback, so that no test reaches the
    real service. The environment variable ``BLYNK_LOOPBACK_ONLY=1`` does the same.

    Example::

        blynk_webhooks.set_loopback_only(True)
    """

def json_schema(whole: bool, /) -> dict[str, Any]: ...
def run_program(arguments: Sequence[str], /) -> int: ...
def restore_spec(text: str, trusted: Sequence[str], /) -> WebhookSpec: ...

class Trigger(WireName):
    """The event that runs a webhook. A value newer than this version is a plain string."""

    NEW_USER = "NEW_USER"
    DELETED_USER = "DELETED_USER"
    UPDATED_USER = "UPDATED_USER"
    DEVICE_ADDED = "DEVICE_ADDED"
    DEVICE_DELETED = "DEVICE_DELETED"
    DEVICE_DATASTREAM_UPDATE = "DEVICE_DATASTREAM_UPDATE"
    PRODUCT_DATASTREAM_UPDATE = "PRODUCT_DATASTREAM_UPDATE"
    GLOBAL_PRODUCT_DATASTREAM_UPDATE = "GLOBAL_PRODUCT_DATASTREAM_UPDATE"
    DEVICE_LOG_EVENT = "DEVICE_LOG_EVENT"
    PRODUCT_LOG_EVENT = "PRODUCT_LOG_EVENT"
    GLOBAL_PRODUCT_LOG_EVENT = "GLOBAL_PRODUCT_LOG_EVENT"
    FIRST_DEVICE_CONNECTION_IN_ORG = "FIRST_DEVICE_CONNECTION_IN_ORG"
    ORGANIZATION_ADDED = "ORGANIZATION_ADDED"

class Method(WireName):
    """The HTTP method that a webhook uses. A value newer than this version is a plain string."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"
    PATCH = "PATCH"

class ContentType(WireName):
    """How the body of a webhook's request is written. A value newer than this version is a plain string."""

    PLAIN_TEXT = "PLAIN_TEXT"
    JSON = "JSON"
    URL_ENCODED_FORM = "URL_ENCODED_FORM"

class AuthType(WireName):
    """How a webhook authenticates to its target. A value newer than this version is a plain string."""

    NONE = "NONE"
    BASIC = "BASIC"
    OAUTH2 = "OAUTH2"

class Status(WireName):
    """Whether a webhook runs. A value newer than this version is a plain string."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DISABLED_DUE_TO_ERRORS = "DISABLED_DUE_TO_ERRORS"

@final
class Violation:
    """One finding about a webhook specification or an argument.

    Example::

        for violation in WebhookSpec(name="Doors").validate():
            print(violation.path, violation.code, violation.message)
    """

    __match_args__: Final = ("path", "code", "message", "severity")
    def __new__(cls, path: str, code: str, message: str, severity: str) -> Self: ...
    @property
    def path(self) -> str:
        """Where: the field's wire name, with an index inside lists, e.g. ``failureReceivers[3]``."""
    @property
    def code(self) -> str:
        """What kind, a stable text, e.g. ``too_long``."""
    @property
    def message(self) -> str:
        """What is wrong and what to do. Never holds a secret."""
    @property
    def severity(self) -> Literal["error", "warning"]:
        """``"error"`` (stops a call) or ``"warning"`` (never does)."""
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class RenderedRequest:
    """The request that a webhook sends for given placeholder values.

    Example::

        request = spec.render({"device_id": 7})
        print(request.method, request.url, request.headers, request.body)
    """

    __match_args__: Final = ("method", "url", "headers", "body")
    @property
    def method(self) -> Method | str:
        """HTTP method: a ``Method``, or a string newer than this version."""
    @property
    def url(self) -> str:
        """URL with every placeholder replaced and percent-encoded."""
    @property
    def headers(self) -> dict[str, str]:
        """Headers by name; ``Content-Type`` where there is a body."""
    @property
    def body(self) -> str | None:
        """Body with every placeholder replaced and escaped for where it stands."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class WebhookSpec:
    """What a person decides about a webhook: frozen, every field optional, checked by ``validate()``.

    All fields are keywords. Strings are taken wherever enum members are; ``extra`` holds fields that
    this version does not know, by their wire names, and sends them as they are.

    Raises ``ValidationError`` where a value has the wrong type or a keyword is unknown.

    Example::

        spec = WebhookSpec(
            name="Device Status Notification",
            trigger="DEVICE_ADDED",
            url="https://example.com/webhook/{device_id}",
            method="POST",
            content_type="JSON",
            auth_type="NONE",
            body='{"device_id": "{device_id}"}',
        )
        assert spec.validate() == []
    """

    __match_args__: Final = (
        "name",
        "trigger",
        "data_trigger",
        "url",
        "method",
        "content_type",
        "auth_type",
        "body",
        "oauth2_request",
        "failure_receivers",
        "failure_limit",
        "status",
        "extra",
    )
    def __new__(
        cls,
        *,
        name: str | None = None,
        trigger: TriggerLike | None = None,
        data_trigger: Mapping[str, Any] | None = None,
        url: str | None = None,
        method: MethodLike | None = None,
        content_type: ContentTypeLike | None = None,
        auth_type: AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: Mapping[str, Any] | None = None,
        failure_receivers: Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: StatusLike | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Self: ...
    @property
    def name(self) -> str | None:
        """Name, at most 100 characters. Required by the API."""
    @property
    def trigger(self) -> Trigger | str | None:
        """The event that runs the webhook: a ``Trigger``, or a string newer than this version. Required by the API."""
    @property
    def data_trigger(self) -> dict[str, Any] | None:
        """A JSON object; the API requires it for datastream and log-event triggers."""
    @property
    def url(self) -> str | None:
        """Absolute http(s) URL, at most 512 characters; may hold placeholders. Required by the API."""
    @property
    def method(self) -> Method | str | None:
        """HTTP method: a ``Method``, or a string newer than this version. Required by the API."""
    @property
    def content_type(self) -> ContentType | str | None:
        """How the body is written: a ``ContentType``, or a string newer than this version. Required by the API."""
    @property
    def auth_type(self) -> AuthType | str | None:
        """How the webhook authenticates: an ``AuthType``, or a string newer than this version. Required by the API."""
    @property
    def body(self) -> str | None:
        """Body template, at most 1,024 characters; may hold placeholders."""
    @property
    def oauth2_request(self) -> dict[str, Any] | None:
        """A JSON object, needed where ``auth_type`` is ``OAUTH2``. Holds a secret, which ``repr`` leaves out."""
    @property
    def failure_receivers(self) -> list[int] | None:
        """IDs of the users to tell of failures, at most 10."""
    @property
    def failure_limit(self) -> int | None:
        """Consecutive failures before the platform disables the webhook."""
    @property
    def status(self) -> Status | str | None:
        """A ``Status``, or a string newer than this version. An update may set it, a create may not."""
    @property
    def extra(self) -> dict[str, Any]:
        """Fields this version does not know, by their wire names; sent as they are."""
    def replace(self, **changes: Unpack[SpecFields]) -> Self:
        """A copy with the named fields replaced; ``None`` takes a field away, ``extra`` is replaced as a whole.

        Raises ``ValidationError`` as the constructor does.

        Example::

            renamed = spec.replace(name="Doors", body=None)
        """
    def __replace__(self, **changes: Unpack[SpecFields]) -> Self: ...
    def to_dict(self) -> dict[str, Any]:
        """The spec as a dict with the wire's names; absent fields are left out. Holds the spec's secrets."""
    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], /) -> Self:
        """A spec of a mapping with the wire's names. Read-only fields are left out, so a whole webhook may be given;
        unknown ones go to ``extra``.

        Raises ``ValidationError`` where a value has the wrong type.

        Example::

            spec = WebhookSpec.from_dict({"name": "Doors", "trigger": "DEVICE_ADDED", "contentType": "JSON"})
        """
    def to_json(self) -> str:
        """The spec as JSON text with the wire's names, as it is sent."""
    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """A spec of JSON text: as ``from_dict``, large numbers untouched."""
    def validate(self, purpose: Literal["create", "update"] | None = None) -> list[Violation]:
        """Every finding about this spec at once; an empty list: nothing to say. Nothing is raised and nothing is sent.

        ``purpose`` is ``"create"``, ``"update"`` or ``None`` (not decided): only an update may set ``status``.
        """
    def placeholders(self) -> list[str]:
        """Names of the placeholders in the URL and the body, each once, in order of appearance."""
    def render(self, values: Mapping[str, Any], /) -> RenderedRequest:
        """The request that the webhook sends for these placeholder values; nothing is sent here.

        Raises ``ValidationError`` where a value is missing or the URL becomes none.

        Example::

            spec.render({"device_id": 7}).url
        """
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...

@final
class Webhook:
    """A webhook as the server holds it: frozen; every field but ``id`` may be ``None``.

    Fields this version does not know are in ``extra``. ``spec`` gives what a person decides of it, ready to change and
    send back.

    Example::

        webhook = client.get(7)
        client.update(webhook.id, webhook.spec.replace(name="Doors"))
    """

    __match_args__: Final = ("id", "name", "trigger", "url", "status")
    @property
    def id(self) -> int:
        """Webhook ID."""
    @property
    def name(self) -> str | None:
        """Name."""
    @property
    def trigger(self) -> Trigger | str | None:
        """The event that runs it: a ``Trigger``, or a string newer than this version."""
    @property
    def data_trigger(self) -> dict[str, Any] | None:
        """Data trigger, a JSON object."""
    @property
    def url(self) -> str | None:
        """URL template."""
    @property
    def method(self) -> Method | str | None:
        """HTTP method: a ``Method``, or a string newer than this version."""
    @property
    def content_type(self) -> ContentType | str | None:
        """How the body is written: a ``ContentType``, or a string newer than this version."""
    @property
    def auth_type(self) -> AuthType | str | None:
        """How it authenticates to its target: an ``AuthType``, or a string newer than this version."""
    @property
    def body(self) -> str | None:
        """Body template."""
    @property
    def oauth2_request(self) -> dict[str, Any] | None:
        """OAuth2 configuration, a JSON object. Holds a secret, which ``repr`` leaves out."""
    @property
    def failure_receivers(self) -> list[int] | None:
        """IDs of the users to tell of failures."""
    @property
    def failure_limit(self) -> int | None:
        """Consecutive failures before the platform disables it."""
    @property
    def status(self) -> Status | str | None:
        """Whether it runs: a ``Status``, or a string newer than this version."""
    @property
    def attempt_count(self) -> int | None:
        """Attempts so far."""
    @property
    def created_at(self) -> datetime.datetime | None:
        """Creation time, an aware ``datetime`` in UTC, to the millisecond."""
    @property
    def last_modified_at(self) -> datetime.datetime | None:
        """Time of the last change, an aware ``datetime`` in UTC, to the millisecond."""
    @property
    def last_triggered_at(self) -> datetime.datetime | None:
        """Time of the last attempt, an aware ``datetime`` in UTC, to the millisecond."""
    @property
    def extra(self) -> dict[str, Any]:
        """Fields this version does not know, by their wire names."""
    @property
    def spec(self) -> WebhookSpec:
        """What a person decides of it: a ``WebhookSpec``, ready to change and send back."""
    def to_dict(self) -> dict[str, Any]:
        """The webhook as a dict with the wire's names, times in milliseconds since 1970. Holds its secrets."""
    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], /) -> Self:
        """A webhook of a mapping with the wire's names, e.g. one that was stored.

        Raises ``ValidationError`` where ``id`` is absent or a value has the wrong type.
        """
    def to_json(self) -> str:
        """The webhook as JSON text with the wire's names. Holds its secrets."""
    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """A webhook of JSON text, as ``from_dict``."""
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any, /) -> Self: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...

@final
class EmulatorServer:
    def __new__(cls, port: int, state: Mapping[str, Any] | None, allow_remote_targets: bool, /) -> Self: ...
    @property
    def url(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    def command(self, command: str, parameters: Mapping[str, Any], /) -> Any: ...
    def command_async(self, command: str, parameters: Mapping[str, Any], /) -> Awaitable[Any]: ...
    def stop(self) -> None: ...

@final
class BlockingCalls:
    def __new__(cls, settings: dict[str, Any], /, *, from_env: bool = False) -> Self: ...
    @property
    def base_url(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> None: ...
    def list(self, options: Mapping[str, Any] | None, /) -> builtins.list[Webhook]: ...
    def get(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Webhook: ...
    def create(self, spec: WebhookSpec | Mapping[str, Any] | None, keywords: Mapping[str, Any], /) -> Webhook: ...
    def update(
        self, webhook_id: int, spec: WebhookSpec | Webhook | Mapping[str, Any], options: Mapping[str, Any] | None, /
    ) -> Webhook: ...
    def patch(self, webhook_id: int, keywords: Mapping[str, Any], /) -> Webhook: ...
    def delete(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> None: ...
    def enable(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Webhook: ...
    def disable(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Webhook: ...

@final
class AsyncCalls:
    def __new__(cls, settings: dict[str, Any], /, *, from_env: bool = False) -> Self: ...
    @property
    def base_url(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> None: ...
    def list(self, options: Mapping[str, Any] | None, /) -> Awaitable[builtins.list[Webhook]]: ...
    def get(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Awaitable[Webhook]: ...
    def create(
        self, spec: WebhookSpec | Mapping[str, Any] | None, keywords: Mapping[str, Any], /
    ) -> Awaitable[Webhook]: ...
    def update(
        self, webhook_id: int, spec: WebhookSpec | Webhook | Mapping[str, Any], options: Mapping[str, Any] | None, /
    ) -> Awaitable[Webhook]: ...
    def patch(self, webhook_id: int, keywords: Mapping[str, Any], /) -> Awaitable[Webhook]: ...
    def delete(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Awaitable[None]: ...
    def enable(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Awaitable[Webhook]: ...
    def disable(self, webhook_id: int, options: Mapping[str, Any] | None, /) -> Awaitable[Webhook]: ...

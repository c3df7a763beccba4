# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
"""Types for annotations: what calls and specifications take, key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, TypedDict, Union

from .._native import AuthType, ContentType, Method, Status, Trigger

__all__ = [
    "AuthTypeLike",
    "AuthTypeName",
    "CallOptions",
    "ClientSettings",
    "ContentTypeLike",
    "ContentTypeName",
    "CreateFields",
    "CreateOptions",
    "DeleteOptions",
    "FromEnvSettings",
    "ListOptions",
    "MethodLike",
    "MethodName",
    "PatchFields",
    "SpecFields",
    "StatusLike",
    "StatusName",
    "TriggerLike",
    "TriggerName",
    "UpdateOptions",
]

TriggerName = Literal[
    "NEW_USER",
    "DELETED_USER",
    "UPDATED_USER",
    "DEVICE_ADDED",
    "DEVICE_DELETED",
    "DEVICE_DATASTREAM_UPDATE",
    "PRODUCT_DATASTREAM_UPDATE",
    "GLOBAL_PRODUCT_DATASTREAM_UPDATE",
    "DEVICE_LOG_EVENT",
    "PRODUCT_LOG_EVENT",
    "GLOBAL_PRODUCT_LOG_EVENT",
    "FIRST_DEVICE_CONNECTION_IN_ORG",
    "ORGANIZATION_ADDED",
]
MethodName = Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
ContentTypeName = Literal["PLAIN_TEXT", "JSON", "URL_ENCODED_FORM"]
AuthTypeName = Literal["NONE", "BASIC", "OAUTH2"]
StatusName = Literal["ENABLED", "DISABLED", "DISABLED_DUE_TO_ERRORS"]

# A plain `str` is taken too: a value may be newer than this version, and what the server sent must go back to it.
TriggerLike = Union[Trigger, TriggerName, str]  # noqa: UP007
MethodLike = Union[Method, MethodName, str]  # noqa: UP007
ContentTypeLike = Union[ContentType, ContentTypeName, str]  # noqa: UP007
AuthTypeLike = Union[AuthType, AuthTypeName, str]  # noqa: UP007
StatusLike = Union[Status, StatusName, str]  # noqa: UP007


class CallOptions(TypedDict, total=False):
    """What one call does differently from its client."""

    timeout: float | timedelta | None
    """Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds."""
    max_retries: int | None
    """Number of repeats after the first attempt, where a repeat is safe."""
    headers: Mapping[str, str] | None
    """Headers for this call. One of them replaces the client's of the same name."""


class ListOptions(CallOptions, total=False):
    """What ``list`` takes."""

    org_id: int | None
    """Organization, in the place of the client's."""


class CreateOptions(CallOptions, total=False):
    """What ``create`` takes beside the specification."""

    org_id: int | None
    """Organization, in the place of the client's."""
    reconcile: bool
    """If the outcome of the create is unknown, look for the webhook in the list before answering."""
    validate: bool | None
    """Whether the specification is checked before it is sent, in the place of the client's setting."""


class UpdateOptions(CallOptions, total=False):
    """What ``update`` takes beside the specification."""

    validate: bool | None
    """Whether the specification is checked before it is sent, in the place of the client's setting."""


class DeleteOptions(CallOptions, total=False):
    """What ``delete`` takes."""


class SpecFields(TypedDict, total=False):
    """The fields of a ``WebhookSpec``, as keywords. Strings are taken wherever enum members are."""

    name: str | None
    """Name, at most 100 characters."""
    trigger: TriggerLike | None
    """The event that runs the webhook."""
    data_trigger: Mapping[str, Any] | None
    """A JSON object, required for datastream and log-event triggers. Its members are not published."""
    url: str | None
    """Absolute http(s) URL, at most 512 characters. May hold placeholders, e.g. ``{device_id}``."""
    method: MethodLike | None
    """HTTP method of the request that the webhook sends."""
    content_type: ContentTypeLike | None
    """How the body of the request is written."""
    auth_type: AuthTypeLike | None
    """How the webhook authenticates to its target."""
    body: str | None
    """Body template, at most 1,024 characters. May hold placeholders."""
    oauth2_request: Mapping[str, Any] | None
    """A JSON object, required when ``auth_type`` is ``OAUTH2``. Holds a client secret."""
    failure_receivers: Sequence[int] | None
    """IDs of the users to notify when the webhook fails, at most 10."""
    failure_limit: int | None
    """Number of consecutive failures after which the platform disables the webhook."""
    status: StatusLike | None
    """Whether the webhook runs. An update can set it; a new webhook is always enabled."""
    extra: Mapping[str, Any] | None
    """Fields this version does not know, by their wire names; sent as they are."""


class CreateFields(SpecFields, CreateOptions, total=False):
    """The fields of a ``WebhookSpec`` and what ``create`` takes beside them."""


class PatchFields(SpecFields, CallOptions, total=False):
    """The fields to change (``None`` clears) and what ``patch`` takes beside them."""


class ClientSettings(TypedDict, total=False):
    """What a client takes beside ``base_url`` and credentials."""

    org_id: int | None
    """Organization of ``list`` and ``create`` if a call names no other. Without it, the organization of the token.
    ``from_env`` reads ``BLYNK_ORG_ID``.
    """
    timeout: float | timedelta | None
    """Time for a whole call: token, attempts and pauses together. ``None``: no deadline. In seconds."""
    connect_timeout: float | timedelta
    """Time for making one connection. In seconds."""
    max_retries: int
    """Number of repeats after the first attempt, where a repeat is safe."""
    validate: bool
    """Whether specifications are checked before they are sent."""
    proxy: str | None
    """URL of an HTTP proxy for every request. Without it, the system's (``HTTPS_PROXY``, ``NO_PROXY``, …)."""
    ca_file: str | PathLike[str] | None
    """PEM file with certificate authorities to trust beside the system's."""
    ca: str | bytes | None
    """Certificate authorities to trust beside the system's, as PEM text."""
    allow_http: bool
    """Allows plain http to hosts other than loopback: the token is then readable on the way."""
    headers: Mapping[str, str] | None
    """Headers for every request."""
    max_connections: int
    """Most sockets open at once. Further calls wait, within their time."""
    user_agent: str | None
    """Name of the application, e.g. ``doors/1.4``, before the library's own in the header ``User-Agent``."""


class FromEnvSettings(ClientSettings, total=False):
    """What ``from_env`` takes: every setting of a client."""

    base_url: str
    """Server: scheme, host, and a path if the API is not at the root. ``from_env`` reads ``BLYNK_BASE_URL``."""
    token: str | None
    """Token that was obtained elsewhere. It is not renewed. ``from_env`` reads ``BLYNK_TOKEN``."""
    client_id: str | None
    """OAuth2 client ID, together with the client secret. Tokens are fetched, kept and renewed. ``from_env`` reads
    ``BLYNK_CLIENT_ID``.
    """
    client_secret: str | None
    """OAuth2 client secret, together with the client ID. ``from_env`` reads ``BLYNK_CLIENT_SECRET``."""

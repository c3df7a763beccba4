"""Types for annotations: what calls and specs take, key by key.

Nothing of this package imports this module at run time; import it where you annotate functions of your own::

    from blynk_webhooks.types import CallOptions
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Union

from ._native import AuthType, ContentType, Method, Status, Trigger

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
    """What one call may do differently from its client."""

    timeout: float | None
    """Seconds for the whole call: token, attempts and pauses together; ``None``: no deadline."""
    max_retries: int | None
    """Repeats after the first attempt, where a repeat is safe."""
    headers: Mapping[str, str] | None
    """Headers beside the client's."""


class ListOptions(CallOptions, total=False):
    """What ``list`` takes."""

    org_id: int | None
    """Organization; without it the client's, else the token's."""


class CreateOptions(ListOptions, total=False):
    """What ``create`` takes beside the spec."""

    reconcile: bool
    """Where the outcome is unknown, look for the webhook in the list before the call ends; a quarter of its time is
    kept for that."""


class SpecFields(TypedDict, total=False):
    """The fields of a ``WebhookSpec``, as keywords; strings are taken wherever enum members are."""

    name: str | None
    """Name, at most 100 characters."""
    trigger: TriggerLike | None
    """The event that runs the webhook: a ``Trigger``, or a string newer than this version."""
    data_trigger: Mapping[str, Any] | None
    """A JSON object; the API requires it for datastream and log-event triggers."""
    url: str | None
    """Absolute http(s) URL, at most 512 characters; may hold placeholders."""
    method: MethodLike | None
    """HTTP method: a ``Method``, or a string newer than this version."""
    content_type: ContentTypeLike | None
    """How the body is written: a ``ContentType``, or a string newer than this version."""
    auth_type: AuthTypeLike | None
    """How the webhook authenticates: an ``AuthType``, or a string newer than this version."""
    body: str | None
    """Body template, at most 1,024 characters; may hold placeholders."""
    oauth2_request: Mapping[str, Any] | None
    """A JSON object, needed where ``auth_type`` is ``OAUTH2``. Holds a secret, which ``repr`` leaves out."""
    failure_receivers: Sequence[int] | None
    """IDs of the users to tell of failures, at most 10."""
    failure_limit: int | None
    """Consecutive failures before the platform disables the webhook."""
    status: StatusLike | None
    """A ``Status``, or a string newer than this version. An update may set it, a create may not."""
    extra: Mapping[str, Any] | None
    """Fields this version does not know, by their wire names; sent as they are."""


class CreateFields(SpecFields, CreateOptions, total=False):
    """The fields of a ``WebhookSpec`` and what ``create`` takes beside them."""


class PatchFields(SpecFields, CallOptions, total=False):
    """The fields to change (``None`` clears) and what every call takes."""


class ClientSettings(TypedDict, total=False):
    """What a client takes beside ``base_url`` and credentials."""

    org_id: int | None
    """Organization of ``list`` and ``create``; without it the token's."""
    timeout: float | None
    """Seconds for a whole call: token, attempts and pauses together; ``None``: no deadline."""
    connect_timeout: float
    """Seconds for making one connection."""
    max_retries: int
    """Repeats after the first attempt, where a repeat is safe."""
    validate: bool
    """Whether specs are checked before they are sent."""
    proxy: str | None
    """URL of an HTTP proxy; without it what the system says."""
    ca_file: str | os.PathLike[str] | None
    """PEM file with certificate authorities to trust beside the system's."""
    allow_http: bool
    """Allows plain http to hosts other than loopback."""
    headers: Mapping[str, str] | None
    """Headers for every request."""
    max_connections: int
    """Most requests under way at once; further calls wait, within their time."""

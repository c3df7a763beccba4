"""The webhook as users of msgspec would write it: types and enum values are checked."""

from typing import Annotated, Any, Literal

from facts import FACTS
from msgspec import Meta, Struct, field, json

Trigger, Method, ContentType, AuthType, Status = (Literal[tuple(FACTS["enums"][name])] for name in FACTS["enums"])
Int32 = Annotated[int, Meta(ge=-(2**31), lt=2**31)]


class Webhook(Struct, frozen=True):
    id: Int32
    name: str | None = None
    trigger: Trigger | None = None
    data_trigger: dict[str, Any] | None = field(default=None, name="dataTrigger")
    url: str | None = None
    method: Method | None = None
    content_type: ContentType | None = field(default=None, name="contentType")
    auth_type: AuthType | None = field(default=None, name="authType")
    body: str | None = None
    oauth2_request: dict[str, Any] | None = field(default=None, name="oAuth2Request")
    failure_receivers: list[int] | None = field(default=None, name="failureReceivers")
    status: Status | None = None
    attempt_count: Int32 | None = field(default=None, name="attemptCount")
    created_at: int | None = field(default=None, name="createdAt")
    last_modified_at: int | None = field(default=None, name="lastModifiedTs")
    last_triggered_at: int | None = field(default=None, name="lastTriggeredTs")
    failure_limit: Int32 | None = field(default=None, name="failureLimit")


one = json.Decoder(Webhook).decode
many = json.Decoder(list[Webhook]).decode

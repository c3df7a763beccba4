"""The webhook as users of pydantic would write it: types and enum values are checked."""

from typing import Annotated, Any, Literal

from facts import FACTS
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Trigger, Method, ContentType, AuthType, Status = (Literal[tuple(FACTS["enums"][name])] for name in FACTS["enums"])
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Webhook(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: Int32
    name: str | None = None
    trigger: Trigger | None = None
    data_trigger: dict[str, Any] | None = Field(None, alias="dataTrigger")
    url: str | None = None
    method: Method | None = None
    content_type: ContentType | None = Field(None, alias="contentType")
    auth_type: AuthType | None = Field(None, alias="authType")
    body: str | None = None
    oauth2_request: dict[str, Any] | None = Field(None, alias="oAuth2Request")
    failure_receivers: list[int] | None = Field(None, alias="failureReceivers")
    status: Status | None = None
    attempt_count: Int32 | None = Field(None, alias="attemptCount")
    created_at: int | None = Field(None, alias="createdAt")
    last_modified_at: int | None = Field(None, alias="lastModifiedTs")
    last_triggered_at: int | None = Field(None, alias="lastTriggeredTs")
    failure_limit: Int32 | None = Field(None, alias="failureLimit")


one = Webhook.model_validate_json
many = TypeAdapter(list[Webhook]).validate_json

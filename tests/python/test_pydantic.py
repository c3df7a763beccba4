"""Values as fields of pydantic models."""

from __future__ import annotations

import json

import pydantic
import pytest

from blynk_webhooks import Trigger, Webhook, WebhookSpec


class Plan(pydantic.BaseModel):
    spec: WebhookSpec
    held: Webhook | None = None
    trigger: Trigger = Trigger.DEVICE_ADDED


def test_instances_and_mappings(spec: WebhookSpec) -> None:
    assert Plan(spec=spec).spec is spec
    assert Plan.model_validate({"spec": spec.to_dict(), "held": {"id": 7}}).held == Webhook.from_dict({"id": 7})


def test_json_both_ways(spec: WebhookSpec) -> None:
    plan = Plan(spec=spec, held=Webhook.from_dict({"id": 7, "new": [1]}))
    text = plan.model_dump_json()
    assert json.loads(text) == {
        "spec": spec.to_dict(),
        "held": {"id": 7, "new": [1]},
        "trigger": "DEVICE_ADDED",
    }
    assert Plan.model_validate_json(text) == plan
    assert plan.model_dump()["spec"] == spec.to_dict()


def test_a_fault_is_pydantic_s_with_our_words() -> None:
    with pytest.raises(pydantic.ValidationError, match="must be a string"):
        Plan.model_validate({"spec": {"name": 5}})
    with pytest.raises(pydantic.ValidationError):
        Plan.model_validate({"spec": 5})
    with pytest.raises(pydantic.ValidationError):
        Plan.model_validate_json('{"spec": []}')


def test_schema_for_openapi() -> None:
    for mode in ("validation", "serialization"):
        schema = Plan.model_json_schema(mode=mode)["properties"]
        spec = schema["spec"]
        assert spec["properties"]["name"]["maxLength"] == 100
        assert spec["properties"]["trigger"]["examples"] == list(Trigger)
        assert spec["required"] == ["name", "trigger", "url", "method", "contentType", "authType"]
        assert spec["additionalProperties"] is True
        assert "id" in schema["held"]["anyOf"][0]["properties"]

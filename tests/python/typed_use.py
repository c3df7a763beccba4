"""How users write it: checked by mypy --strict and pyright, never run."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from typing_extensions import assert_type

from blynk_webhooks import (
    ApiError,
    AsyncWebhookClient,
    RenderedRequest,
    Status,
    Trigger,
    ValidationError,
    Violation,
    Webhook,
    WebhookClient,
    WebhookSpec,
)
from blynk_webhooks.emulator import Delivery, Emulator
from blynk_webhooks.types import CallOptions, SpecFields


def sync_use() -> None:
    options: CallOptions = {"timeout": None, "max_retries": 0, "headers": {"X-Trace": "1"}}
    fields: SpecFields = {"name": "Doors", "trigger": Trigger.DEVICE_ADDED}
    with WebhookClient("https://fra1.blynk.cloud", token="t", timeout=None, max_connections=4) as client:
        assert_type(client, WebhookClient)
        assert_type(client.list(org_id=1), list[Webhook])
        webhook = assert_type(client.get(7, **options), Webhook)
        assert_type(webhook.trigger, Trigger | str | None)
        assert_type(webhook.status, Status | str | None)
        assert_type(webhook.created_at, datetime | None)
        assert_type(webhook.data_trigger, dict[str, Any] | None)
        spec = assert_type(webhook.spec.replace(name="Gates", body=None), WebhookSpec)
        assert_type(client.create(spec, reconcile=True, org_id=1), Webhook)
        assert_type(client.create(**fields, timeout=3), Webhook)
        assert_type(client.create({"name": "Doors"}), Webhook)
        assert_type(client.update(7, spec, **options), Webhook)
        assert_type(client.update(7, webhook), Webhook)
        assert_type(client.patch(7, trigger=webhook.trigger, extra={"formBody": None}, timeout=3), Webhook)
        client.delete(7)
        assert_type(client.enable(7), Webhook)
    assert_type(WebhookClient.from_env(timeout=3), WebhookClient)


async def async_use() -> None:
    async with Emulator(port=0) as emulator, emulator.async_client(max_retries=0) as client:
        assert_type(client, AsyncWebhookClient)
        assert_type(await client.list(), list[Webhook])
        assert_type(await emulator.trigger_async("DEVICE_ADDED", {"device_id": 7}), list[Delivery])
        assert_type(emulator.deliveries(outcome="failed"), list[Delivery])
        emulator.fail_next(status=503, times=2, retry_after=None)
        both = await asyncio.gather(client.get(1), client.get(2))
        assert_type(both, tuple[Webhook, Webhook])
        task = asyncio.create_task(client.disable(1))
        assert_type(await task, Webhook)


def values(spec: WebhookSpec) -> None:
    assert_type(spec.validate(), list[Violation])
    assert_type(spec.validate("create"), list[Violation])
    assert_type(spec.placeholders(), list[str])
    assert_type(spec.render({"device_id": 7}), RenderedRequest)
    assert_type(WebhookSpec.from_dict({"name": "Doors"}), WebhookSpec)
    assert_type(hash(spec), int)
    match spec:
        case WebhookSpec(name=str(name), trigger=Trigger.DEVICE_ADDED):
            assert_type(name, str)
        case _:
            pass


def errors(client: WebhookClient) -> None:
    try:
        client.get(7)
    except ValidationError as error:
        assert_type(error.violations, list[Violation])
    except ApiError as error:
        assert_type(error.status, int)
        assert_type(error.retry_after, float | None)
        assert_type(error.request_id, str | None)
        assert_type(error.outcome_unknown, bool)


def refused(client: WebhookClient) -> None:
    # Each of these lines must be an error; a checker that takes one complains about the needless comment.
    client.get("7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get(7, tiemout=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.patch(7, naem="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.create(WebhookSpec(), name="x")  # type: ignore[call-overload]  # pyright: ignore
    WebhookClient(tokn="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    WebhookSpec(nam="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

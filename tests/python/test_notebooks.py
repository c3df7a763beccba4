"""What notebooks and tests of users' code need: tables, webhooks that are built, texts that lose nothing."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from blynk_webhooks import Status, Trigger, ValidationError, Webhook, WebhookSpec, table
from blynk_webhooks.emulator import Emulator

SECRET = {
    "id": 7,
    "name": "<b>Doors</b>",
    "trigger": "DEVICE_ADDED",
    "url": "https://user:hunter2@example.com/?api_key=hunter2",
    "oAuth2Request": {"clientSecret": "hunter2"},
    "basicAuth": {"password": "hunter2"},
    "attemptCount": 3,
    "lastTriggeredTs": 1_707_244_800_123,
}


def test_a_webhook_is_shown_as_a_table() -> None:
    webhook = Webhook.from_dict(SECRET)
    shown = webhook._repr_html_()
    assert shown.startswith("<table>")
    assert "&lt;b&gt;Doors&lt;/b&gt;" in shown
    assert "2024-02-06 18:40:00" in shown
    assert "example.com" in shown
    assert "hunter2" not in f"{shown} {webhook!r} {webhook}"


def test_a_list_is_shown_as_a_table(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        for name in ("Doors", "Windows"):
            client.create(
                name=name,
                trigger="DEVICE_ADDED",
                url="https://user:hunter2@example.com/",
                method="POST",
                content_type="JSON",
                auth_type="NONE",
            )
        shown = table(client.list())
    assert shown._repr_html_().count("<tr>") == 3
    head, doors, windows = str(shown).splitlines()
    assert head.split()[:3] == ["id", "name", "trigger"]
    assert "Doors" in doors
    assert "Windows" in windows
    assert "hunter2" not in f"{shown._repr_html_()} {shown!r}"
    assert str(table([])).split()[0] == "id"


def test_a_webhook_can_be_built() -> None:
    created = datetime(2024, 2, 6, 19, 40, 0, 123_000, timezone(timedelta(hours=1)))
    webhook = Webhook(
        7,
        name="Doors",
        trigger="DEVICE_ADDED",
        status=Status.DISABLED,
        attempt_count=3,
        created_at=created,
        last_modified_at=1_707_244_800_123,
        failure_receivers=[1, 2],
        extra={"formBody": {"a": 1}},
    )
    assert webhook.trigger is Trigger.DEVICE_ADDED
    assert webhook.created_at == created == webhook.last_modified_at
    assert webhook.last_triggered_at is None
    assert webhook.extra == {"formBody": {"a": 1}}
    assert webhook == Webhook.from_dict(webhook.to_dict())
    assert Webhook(id=7) == Webhook(7)
    for wrong in ({"nam": "x"}, {"created_at": datetime(2024, 1, 1)}, {"created_at": "now"}, {"attempt_count": "3"}):
        with pytest.raises(ValidationError):
            Webhook(7, **wrong)
    with pytest.raises(ValidationError):
        Webhook("7")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Webhook()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "value",
    [
        "1e400",
        "-1E+400",
        "12345678901234567890123",
        "0.1234567890123456789012345",
        '"\\ud800"',
        "[" * 500 + "]" * 500,
        '{"a":' * 300 + "1" + "}" * 300,
        "1.0",
        "-0",
    ],
)
def test_texts_lose_nothing(value: str) -> None:
    text = f'{{"name":"n","formBody":{value}}}'
    spec = WebhookSpec.from_json(text)
    assert spec.to_json() == text
    assert WebhookSpec.from_json(spec.to_json()) == spec
    assert pickle.loads(pickle.dumps(spec)).to_json() == text
    assert spec.replace(name="n").to_json() == text
    held = Webhook.from_json(f'{{"id":1,"name":"n","formBody":{value}}}')
    assert held.to_json() == f'{{"id":1,"name":"n","formBody":{value}}}'
    assert held.spec.to_json() == text
    assert pickle.loads(pickle.dumps(held)) == held


def test_a_webhook_of_the_server_can_be_created_again(blynk_emulator: Emulator) -> None:
    fields: dict[str, Any] = {
        "trigger": "DEVICE_ADDED",
        "url": "https://example.com",
        "method": "POST",
        "content_type": "JSON",
        "auth_type": "NONE",
    }
    with blynk_emulator.client() as client:
        client.create(name="on", **fields)
        client.disable(client.create(name="off", **fields).id)
        for webhook in client.list():
            again = client.create(webhook)
            assert again.id != webhook.id
            assert client.get(again.id).status == webhook.status
            assert client.create(webhook.spec).spec.replace(status=None) == webhook.spec.replace(status=None)


def test_a_rendered_request_pickles(spec: WebhookSpec) -> None:
    request = spec.render({"device_id": 7})
    for again in (pickle.loads(pickle.dumps(request)), copy.copy(request), copy.deepcopy(request)):
        assert again == request
        assert again.headers == request.headers

"""The emulator runs webhooks: events, deliveries, faults and time, from Python."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from blynk_webhooks import (
    ConfigError,
    RateLimitedError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    TransportError,
    Trigger,
    ValidationError,
    WebhookSpec,
)
from blynk_webhooks.emulator import Emulator
from scripted_server import ScriptedServer


def spec(target: ScriptedServer) -> WebhookSpec:
    return WebhookSpec(
        name="Doors",
        trigger=Trigger.DEVICE_ADDED,
        url=target.url + "/{device_id}",
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        body='{"name": "{device_name}"}',
    )


def test_an_event_is_sent_and_logged(blynk_emulator: Emulator, target: ScriptedServer) -> None:
    now = datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)
    blynk_emulator.set_time(now)
    with blynk_emulator.client() as client:
        webhook = client.create(spec(target))
        [delivery] = blynk_emulator.trigger("DEVICE_ADDED", {"device_id": 7, "device_name": 'a "b"'})
        [request] = target.requests
        assert (request.method, request.path, request.body) == ("POST", "/7", '{"name": "a \\"b\\""}')
        assert (delivery.webhook_id, delivery.status_code, delivery.outcome) == (webhook.id, 200, "ok")
        assert delivery.request is not None
        assert delivery.request.body == request.body
        assert delivery.request.headers["Content-Type"] == "application/json"
        assert (delivery.at, delivery.trigger, delivery.response_body) == (now, "DEVICE_ADDED", "ok")
        assert 0 < delivery.duration < 10
        assert blynk_emulator.deliveries(webhook_id=webhook.id) == [delivery]
        assert blynk_emulator.deliveries(outcome="failed") == []
        again = blynk_emulator.redeliver(delivery.id)
        assert (again.redelivery_of, again.request) == (delivery.id, delivery.request)
        assert blynk_emulator.wait_for_delivery(after=delivery.id) == again
        held = client.get(webhook.id)
        assert (held.attempt_count, held.last_triggered_at) == (2, now)


def test_a_webhook_that_fails_is_disabled_and_comes_back(blynk_emulator: Emulator, target: ScriptedServer) -> None:
    target.go_on_with(rules=[{"answer": {"status": 500}}])
    with blynk_emulator.client() as client:
        webhook = client.create(spec(target).replace(failure_limit=2, failure_receivers=[5]))
        for _ in range(3):
            blynk_emulator.trigger(Trigger.DEVICE_ADDED)
        assert len(target.requests) == 2
        assert client.get(webhook.id).status == "DISABLED_DUE_TO_ERRORS"
        assert [(notice.user_id, notice.webhook_id) for notice in blynk_emulator.notices()] == [(5, webhook.id)]
        target.go_on_with(rules=[{"answer": {"status": 200}}])
        client.enable(webhook.id)
        [delivery] = blynk_emulator.trigger(Trigger.DEVICE_ADDED)
        assert delivery.outcome == "ok"


def test_async_code_serves_its_own_target() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{{device_id}}"
        fields = {"name": "n", "trigger": "NEW_USER", "url": url, "method": "GET"}
        fields |= {"contentType": "PLAIN_TEXT", "authType": "NONE"}
        async with server, Emulator() as emulator, emulator.async_client() as client:
            await client.create(fields)
            waiting = asyncio.create_task(emulator.wait_for_delivery_async(5))
            [delivery] = await emulator.trigger_async("NEW_USER")
            assert delivery.status_code == 204
            assert await waiting == delivery
            assert (await emulator.redeliver_async(delivery.id)).status_code == 204
            assert (await emulator.test_async(fields)).status_code == 204

    asyncio.run(main())


def test_faults_come_as_scripted(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client(max_retries=0) as client:
        client.list()
        blynk_emulator.fail_next(status=429, times=2, retry_after=7)
        blynk_emulator.fail_next(reset=True)
        blynk_emulator.fail_next(truncate=True)
        blynk_emulator.fail_next(malformed=True)
        blynk_emulator.fail_next(delay=0.05)
        blynk_emulator.fail_next(operation="get")
        for expected in (RateLimitedError, RateLimitedError, TransportError, TransportError, ResponseError):
            with pytest.raises(expected) as caught:
                client.list()
            if isinstance(caught.value, RateLimitedError):
                assert caught.value.retry_after == 7
        client.list()
        with pytest.raises(ServerError):
            client.get(1)
        blynk_emulator.fail_next(times=9)
        blynk_emulator.clear_faults()
        client.list()


def test_a_snapshot_starts_another(blynk_emulator: Emulator, target: ScriptedServer, tmp_path: Path) -> None:
    with blynk_emulator.client() as client:
        webhook = client.create(spec(target))
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(blynk_emulator.snapshot()))
    for state in (blynk_emulator.snapshot(), file, str(file)):
        with Emulator(state=state) as second, second.client() as client:
            assert client.list() == [webhook]
            client.delete(webhook.id)
            second.reset()
            assert client.list() == [webhook]


def test_time_moves_as_it_is_told() -> None:
    state = {"limits": {"requestsPerMinute": 1}, "clients": [{"clientId": "id", "clientSecret": "s"}], "clock": 0}
    with Emulator(state=state) as emulator, emulator.client(max_retries=0) as client:
        assert (emulator.client_id, emulator.client_secret) == ("id", "s")
        client.list()
        with pytest.raises(RateLimitedError):
            client.list()
        emulator.advance_time(timedelta(seconds=30))
        emulator.advance_time(30.0)
        client.list()
        assert emulator.now() == datetime(1970, 1, 1, 0, 1, tzinfo=timezone.utc)


def test_a_spec_can_be_tried(blynk_emulator: Emulator, target: ScriptedServer) -> None:
    delivery = blynk_emulator.test(spec(target), {"device_id": 3})
    assert (delivery.webhook_id, delivery.outcome, target.requests[0].path) == (None, "ok", "/3")
    with pytest.raises(ValidationError, match="url"):
        blynk_emulator.test({"name": "n"})


def test_what_cannot_be_asked_is_said(blynk_emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="DEVICE_ADDED"):
        blynk_emulator.trigger("DEVICE_ADED")
    with pytest.raises(ValidationError, match="delivery 9"):
        blynk_emulator.redeliver(9)
    with pytest.raises(RequestTimeoutError, match="50ms"):
        blynk_emulator.wait_for_delivery(0.05)
    with pytest.raises(ConfigError, match="one fault at a time"):
        blynk_emulator.fail_next(503, reset=True)
    with pytest.raises(ConfigError, match="aware"):
        blynk_emulator.set_time(datetime(2026, 1, 1))
    with pytest.raises(ConfigError, match=r"webhooks\[0\]"):
        Emulator(state={"webhooks": [{"name": "n"}]})
    with pytest.raises(ConfigError, match="webhoks"):
        Emulator(state={"webhoks": []})
    with pytest.raises(OSError, match="missing"):
        Emulator(state=tmp_path / "missing.json")
    blynk_emulator.close()
    with pytest.raises(ConfigError, match="stopped"):
        blynk_emulator.trigger("NEW_USER")

"""The emulator from Python, and the pytest fixture."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from blynk_webhooks import (
    AuthError,
    ConfigError,
    ConnectError,
    RequestTimeoutError,
    UnauthorizedError,
    ValidationError,
    WebhookClient,
    WebhooksError,
    WebhookSpec,
)
from blynk_webhooks.emulator import Emulator

pytest_plugins = ["pytester"]


def test_it_runs_from_the_moment_it_is_made(spec: WebhookSpec) -> None:
    emulator = Emulator()
    with emulator.client(max_retries=0) as client:
        assert client.create(spec).spec.replace(status=None) == spec
        assert repr(emulator) == f"<Emulator {emulator.url}>"
        assert emulator.client_secret not in repr(emulator)
        emulator.close()
        emulator.close()
        with pytest.raises(ConnectError):
            client.list()


def test_async_with(spec: WebhookSpec) -> None:
    async def main() -> None:
        async with Emulator(port=0) as emulator, emulator.async_client() as client:
            made = await client.create(spec)
            assert await client.list() == [made]

    asyncio.run(main())


def test_a_port_that_cannot_be_had() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            Emulator(port=port)
    with Emulator(port=port) as emulator:
        assert emulator.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("port", [-1, 65536, "80", None, 1.5])
def test_a_port_that_is_none(port: Any) -> None:
    with pytest.raises(ConfigError, match="port"):
        Emulator(port)


def test_a_wrong_secret() -> None:
    with Emulator() as emulator:
        client = WebhookClient(emulator.url, client_id=emulator.client_id, client_secret="hunter2")
        with pytest.raises(AuthError) as caught:
            client.list()
        assert caught.value.error == "invalid_client"
        assert "hunter2" not in str(caught.value)


def test_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_one(blynk_emulator):
            with blynk_emulator.client() as client:
                client.create(
                    name="Doors", trigger="DEVICE_ADDED", url="https://example.com", method="GET",
                    content_type="JSON", auth_type="NONE",
                )
                assert len(client.list()) == 1

        def test_each_test_has_its_own(blynk_emulator):
            with blynk_emulator.client() as client:
                assert client.list() == []
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "faults",
    [{"reset": True, "status": 500}, {"status": "500"}, {"status": 2**20}, {"delay": -1}, {"times": -1}],
)
def test_faults_that_cannot_be(blynk_emulator: Emulator, faults: dict[str, Any]) -> None:
    with pytest.raises((ConfigError, ValidationError)):
        blynk_emulator.fail_next(**faults)


def test_bad_commands(blynk_emulator: Emulator) -> None:
    for call in (
        lambda: blynk_emulator.trigger("DEVICE_ADED"),
        lambda: blynk_emulator.trigger("DEVICE_ADDED", {"device_id": float("nan")}),
        lambda: blynk_emulator.trigger("DEVICE_ADDED", 5),  # type: ignore[arg-type]
        lambda: blynk_emulator.redeliver(5),
        lambda: blynk_emulator.deliveries(outcome="lost"),  # type: ignore[arg-type]
        lambda: blynk_emulator.test({"name": 5}),
    ):
        with pytest.raises(ValidationError):
            call()
    with pytest.raises(RequestTimeoutError):
        blynk_emulator.wait_for_delivery(0.05)
    blynk_emulator.close()
    with pytest.raises(ConfigError, match="stopped"):
        blynk_emulator.trigger("DEVICE_ADDED")


def test_time(blynk_emulator: Emulator) -> None:
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
    blynk_emulator.set_time(noon)
    assert blynk_emulator.now() == noon
    blynk_emulator.advance_time(90)
    blynk_emulator.advance_time(timedelta(milliseconds=5))
    assert blynk_emulator.now() == noon + timedelta(seconds=90, milliseconds=5)


@pytest.mark.parametrize("state", [{"webhook": []}, {"webhooks": [{"id": 1, "name": 5}]}, {"clock": "now"}])
def test_a_state_that_cannot_be(state: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="state"):
        Emulator(state=state)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_is_told_whose_the_emulator_is(blynk_emulator: Emulator) -> None:
    child = os.fork()
    if child == 0:
        try:
            blynk_emulator.trigger("DEVICE_ADDED")
        except ConfigError:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert blynk_emulator.trigger("DEVICE_ADDED") == []


def test_a_state_that_is_neither_mapping_nor_path_is_refused_and_its_descriptor_stays_open() -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        with pytest.raises(ConfigError, match="mapping or a path, is int"):
            Emulator(state=descriptor)  # type: ignore[arg-type]
        os.fstat(descriptor)
    finally:
        os.close(descriptor)


def create(client: Any, url: str, **fields: Any) -> Any:
    return client.create(
        name=fields.pop("name", "Doors"),
        trigger=fields.pop("trigger", "DEVICE_ADDED"),
        url=url,
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        **fields,
    )


def test_a_target_records_requests_and_answers_as_told(blynk_emulator: Emulator) -> None:
    target = blynk_emulator.target()
    with blynk_emulator.client() as client:
        create(client, f"{target.url}/doors/{{device_id}}", body='{"id": "{device_id}"}')
    [delivery] = blynk_emulator.trigger("DEVICE_ADDED", {"device_id": 7})
    [request] = target.requests
    assert (request.method, request.path, request.body) == ("POST", "/doors/7", '{"id": "7"}')
    assert request.headers["content-type"] == "application/json"
    assert delivery.status_code == 200
    target.respond(status=503, body="busy", headers={"x-why": "test"}, times=1)
    failed, ok = (blynk_emulator.trigger("DEVICE_ADDED", {"device_id": n})[0] for n in (8, 9))
    assert (failed.outcome, failed.status_code, failed.response_body) == ("failed", 503, "busy")
    assert failed.response_headers["x-why"] == "test"
    assert ok.outcome == "ok"
    target.clear()
    assert target.requests == []
    with pytest.raises(ValidationError):
        target.respond(status=99)


def test_a_target_on_https(blynk_emulator: Emulator) -> None:
    target = blynk_emulator.target(tls=True)
    assert target.url.startswith("https://")
    assert "BEGIN CERTIFICATE" in blynk_emulator.target_ca()
    with blynk_emulator.client() as client:
        create(client, target.url)
    assert blynk_emulator.trigger("DEVICE_ADDED")[0].outcome == "ok"


def test_the_authority_of_a_target_of_another_emulator(blynk_emulator: Emulator) -> None:
    target, authority = blynk_emulator.target(tls=True), blynk_emulator.target_ca()
    for target_ca, outcome in ((None, "failed"), (authority, "ok"), (authority.encode(), "ok")):
        with Emulator(target_ca=target_ca) as other:
            with other.client() as client:
                create(client, target.url)
            assert other.trigger("DEVICE_ADDED")[0].outcome == outcome
    wrong: Any
    for wrong in ("my certificate", b"\xff", 7):
        with pytest.raises(ConfigError, match=r"target_ca|certificate"):
            Emulator(target_ca=wrong)


def test_expectations(blynk_emulator: Emulator) -> None:
    target = blynk_emulator.target()
    with blynk_emulator.client() as client:
        webhook = create(client, target.url)
    threading.Timer(0.1, blynk_emulator.trigger, ("DEVICE_ADDED",)).start()
    [delivery] = blynk_emulator.expect(webhook_id=webhook.id, outcome="ok", timeout=20)
    assert blynk_emulator.expect(0, after=delivery.id, timeout=0.05) == []
    assert [each.id for each in blynk_emulator.deliveries(trigger="DEVICE_ADDED", status_code=200)] == [delivery.id]
    assert blynk_emulator.deliveries(search="nothing like it") == []
    with pytest.raises(RequestTimeoutError, match=r"expected 2 deliveries .* but 1 matched"):
        blynk_emulator.expect(2, outcome="ok", timeout=0.05)
    with pytest.raises(TimeoutError):
        asyncio.run(blynk_emulator.expect_async(outcome="failed", timeout=timedelta(milliseconds=50)))


def test_why_nothing_ran(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        create(client, "http://127.0.0.1:9/", name="Other", trigger="NEW_USER")
    report = blynk_emulator.trigger_report("DEVICE_ADDED", {"devise_id": 7})
    assert report.deliveries == []
    [match] = report.webhooks
    assert (match.name, match.runs) == ("Other", False)
    assert "NEW_USER" in (match.reason or "")
    assert "devise_id" in report.warnings[0]
    assert blynk_emulator.explain("NEW_USER")[0].runs


def test_faults_on_deliveries(blynk_emulator: Emulator) -> None:
    target = blynk_emulator.target()
    with blynk_emulator.client() as client:
        webhook = create(client, target.url)
    blynk_emulator.fail_next_delivery(drop=True)
    blynk_emulator.fail_next_delivery(duplicate=True, webhook_id=webhook.id)
    outcomes = [blynk_emulator.trigger("DEVICE_ADDED")[0].outcome for _ in range(2)]
    assert outcomes == ["failed", "ok"]
    assert len(target.requests) == 2
    for wrong in ({}, {"drop": True, "reset": True}):
        with pytest.raises((ConfigError, ValidationError)):
            blynk_emulator.fail_next_delivery(**wrong)
    assert blynk_emulator.test_webhook(webhook.id).test


def test_environ_makes_from_env_a_client(blynk_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = blynk_emulator.environ()
    assert {"BLYNK_BASE_URL", "BLYNK_CLIENT_ID", "BLYNK_CLIENT_SECRET"} <= set(environ)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with WebhookClient.from_env() as client:
        assert client.list() == []


def test_settings_of_a_client_take_precedence_over_the_emulator_s(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client(token="other") as client, pytest.raises(UnauthorizedError):
        client.list()
    with blynk_emulator.client(client_secret="other") as client, pytest.raises(AuthError):
        client.list()
    with blynk_emulator.client(base_url="http://127.0.0.1:1/other") as client:
        assert client.base_url == "http://127.0.0.1:1/other"
    assert blynk_emulator.async_client(token="other").base_url == blynk_emulator.url


def test_hosts_that_deliveries_may_reach() -> None:
    with Emulator(allow_targets=["app.test:3000"]) as emulator, emulator.client() as client:
        create(client, "http://app.test:3000/")
        create(client, "http://other.test:3000/")
        allowed, other = emulator.trigger("DEVICE_ADDED")
        assert allowed.outcome == "failed"
        assert other.outcome == "not_sent"
    wrong: Any
    for wrong in ("app:3000", ["http://app"], [5]):
        with pytest.raises(ConfigError, match="target"):
            Emulator(allow_targets=wrong)
    wrong = "yes"
    with pytest.raises(ConfigError, match="allow_remote_targets must be a boolean, is str"):
        Emulator(allow_remote_targets=wrong)


@pytest.mark.blynk_emulator(state={"limits": {"webhooks": 1}})
def test_the_fixture_takes_options(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        create(client, "http://127.0.0.1:9/")
        with pytest.raises(WebhooksError, match="limits"):
            create(client, "http://127.0.0.1:9/")
    with pytest.raises(ConfigError, match="loopback"):
        WebhookClient("https://example.com", token="t")


@pytest.mark.parametrize("blynk_emulator", [{"state": {"clock": 5}}], indirect=True)
def test_the_fixture_takes_parameters(blynk_emulator: Emulator) -> None:
    assert blynk_emulator.now().timestamp() == 0.005


def test_a_state_loses_nothing(tmp_path: Path) -> None:
    webhook = (
        '{"id":1,"name":"n","trigger":"NEW_USER","url":"https://example.com","method":"POST","contentType":"JSON",'
    )
    webhook += '"authType":"NONE","huge":1e400,"long":12345678901234567890123,"exact":0.1234567890123456789012345}'
    with Emulator(state=f'{{"webhooks":[{webhook}]}}') as emulator:
        text = emulator.snapshot_json()
        for part in ("1e400", "12345678901234567890123", "0.1234567890123456789012345"):
            assert part in text
        file = tmp_path / "state.json"
        file.write_bytes(b"\xef\xbb\xbf" + text.encode())
        with Emulator(state=text) as one, Emulator(state=file) as two:
            assert one.snapshot_json() == two.snapshot_json() == text
            with one.client() as client:
                held = client.get(1)
                assert "1e400" in held.to_json()
                client.patch(1, name="m")
                assert "1e400" in client.get(1).to_json()
        emulator.restore({"webhooks": []})
        assert emulator.snapshot()["webhooks"] == []
    file.write_text('{"webhook": []}')
    with pytest.raises(ConfigError, match=r"state\.json: .*webhook"):
        Emulator(state=file)


def test_the_emulator_can_be_had_from_the_package() -> None:
    import blynk_webhooks

    assert blynk_webhooks.Emulator is Emulator
    assert "Emulator" in dir(blynk_webhooks)
    with pytest.raises(AttributeError):
        blynk_webhooks.Emulater  # noqa: B018

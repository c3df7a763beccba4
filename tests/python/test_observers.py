"""What calls tell beside their value: metadata of responses, attempts, traces."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any

import pytest

from blynk_webhooks import (
    AsyncWebhookClient,
    Attempt,
    ConfigError,
    NotFoundError,
    Response,
    ServerError,
    TransportError,
    Webhook,
    WebhookClient,
)
from scripted_server import WEBHOOK, ScriptedServer

WHO: ContextVar[str] = ContextVar("who", default="nobody")


def run(kind: str, server: ScriptedServer, call: Callable[[Any], Any], **settings: Any) -> Any:
    """Makes a call with either client; a method of the async one is awaited."""
    settings.setdefault("token", "secret-token")
    if kind == "sync":
        with WebhookClient(server.url, **settings) as client:
            return call(client)

    async def main() -> Any:
        async with AsyncWebhookClient(server.url, **settings) as client:
            return await call(client)

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


TWICE: list[dict[str, Any]] = [
    {"answer": {"status": 503, "headers": {"Retry-After": "0", "X-Request-Id": "r0"}}, "times": 1},
    {"answer": {**WEBHOOK, "headers": {**WEBHOOK["headers"], "X-Request-Id": "r1"}}},
]
"""Rules that fail once, then answer."""


@BOTH
def test_a_response_has_its_metadata(kind: str) -> None:
    with ScriptedServer(rules=TWICE) as server:
        response = run(kind, server, lambda client: client.with_response.get(7))
    assert isinstance(response, Response)
    assert isinstance(response.value, Webhook)
    assert response.value.id == 7
    assert (response.status, response.request_id, response.attempts) == (200, "r1", 2)
    assert response.headers["X-REQUEST-ID"] == response.headers["x-request-id"] == "r1"
    assert "Content-Type" in response.headers
    assert "nothing" not in response.headers
    assert 0 < response.elapsed < 30


@BOTH
@pytest.mark.parametrize("operation", ["list", "create", "update", "patch", "delete", "enable", "disable"])
def test_every_operation_has_a_response(kind: str, operation: str) -> None:
    fields: dict[str, Any] = {
        "name": "n",
        "trigger": "NEW_USER",
        "url": "https://example.com",
        "method": "POST",
        "content_type": "JSON",
        "auth_type": "NONE",
    }
    wire = {"id": 7, "name": "n", "trigger": "NEW_USER", "url": "https://example.com", "method": "POST"}
    wire |= {"contentType": "JSON", "authType": "NONE"}

    rules: list[dict[str, Any]] = [
        {"request": {"path": "/api/v1/organization/webhooks"}, "answer": {"json": [wire]}},
        {"answer": {"json": wire}},
    ]
    arguments: dict[str, Any] = {
        "list": ((), {}),
        "create": ((), fields),
        "update": ((7, {**wire, "id": None}), {}),
        "patch": ((7,), {"name": "m"}),
    }
    given, keywords = arguments.get(operation, ((7,), {}))
    with ScriptedServer(rules=rules) as server:
        plain = run(kind, server, lambda client: getattr(client, operation)(*given, **keywords))
        response = run(kind, server, lambda client: getattr(client.with_response, operation)(*given, **keywords))
    assert response.value == plain
    assert response.status == 200


@BOTH
def test_a_refusal_is_raised_with_or_without_a_response(kind: str) -> None:
    rules: list[dict[str, Any]] = [{"answer": {"status": 404, "json": {}}}]
    with ScriptedServer(rules=rules) as server, pytest.raises(NotFoundError):
        run(kind, server, lambda client: client.with_response.get(7))


@BOTH
def test_attempts_are_told(kind: str) -> None:
    told: list[Attempt] = []
    before = datetime.now(timezone.utc)
    with ScriptedServer(rules=TWICE) as server:
        run(kind, server, lambda client: client.get(7), on_attempt=told.append)
    after = datetime.now(timezone.utc)
    first, second = told
    assert (first.operation, first.method, first.number, first.status) == ("get", "GET", 1, 503)
    assert (second.number, second.status, second.request_id, second.pause) == (2, 200, "r1", None)
    assert first.pause is not None
    assert first.url.endswith("webhookId=7")
    assert first.error is None
    assert before <= first.started <= second.started <= after
    assert first.elapsed >= 0
    assert "secret-token" not in repr(told)


@BOTH
def test_attempts_without_a_response_and_those_for_tokens_are_told(kind: str) -> None:
    rules: list[dict[str, Any]] = [
        {"request": {"path": "/oauth2/token"}, "answer": {"json": {"access_token": "t", "expires_in": 60}}},
        {"answer": {"fault": "reset"}},
    ]
    told: list[Attempt] = []
    settings: dict[str, Any] = {"token": None, "client_id": "i", "client_secret": "s", "max_retries": 0}
    with ScriptedServer(rules=rules) as server, pytest.raises(TransportError):
        run(kind, server, lambda client: client.get(7), on_attempt=told.append, **settings)
    assert [(attempt.operation, attempt.status) for attempt in told] == [("token", 200), ("get", None)]
    assert told[1].error is not None


@BOTH
@pytest.mark.parametrize("raised", [ValueError("from the observer"), RuntimeError("again")])
def test_an_observer_that_raises_breaks_no_call_and_is_reported_once(
    kind: str, raised: Exception, answering: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Attempt] = []

    def observer(attempt: Attempt) -> None:
        calls.append(attempt)
        raise raised

    if kind == "sync":
        with WebhookClient(answering.url, token="t", on_attempt=observer) as client:
            assert [client.get(n).id for n in range(5)] == list(range(5))
    else:

        async def main() -> None:
            async with AsyncWebhookClient(answering.url, token="t", on_attempt=observer) as client:
                webhooks = await asyncio.gather(*(client.get(n) for n in range(5)))
                assert [webhook.id for webhook in webhooks] == list(range(5))

        asyncio.run(main())
    assert len(calls) == 5
    reports = [record for record in caplog.records if "on_attempt has raised" in record.getMessage()]
    assert len(reports) == 1
    assert reports[0].levelno == logging.WARNING
    assert reports[0].exc_info is not None
    assert reports[0].exc_info[1] is raised


@BOTH
def test_an_interrupt_in_an_observer_goes_through(kind: str, answering: ScriptedServer) -> None:
    def observer(_: Attempt) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(kind, answering, lambda client: client.get(7), on_attempt=observer)


def test_observers_run_in_the_thread_and_context_of_the_call(answering: ScriptedServer) -> None:
    told: list[tuple[str, str, str]] = []

    def observer(attempt: Attempt) -> None:
        told.append((attempt.url[-1], threading.current_thread().name, WHO.get()))

    with WebhookClient(answering.url, token="t", on_attempt=observer) as client:

        def work(n: int) -> None:
            WHO.set(str(n))
            client.get(n)

        threads = [threading.Thread(target=work, args=(n,), name=f"thread {n}") for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == [(str(n), f"thread {n}", str(n)) for n in range(6)]


def test_async_observers_run_in_the_loop_s_thread_and_the_context_of_the_call(answering: ScriptedServer) -> None:
    told: list[tuple[str, str, str]] = []

    def observer(attempt: Attempt) -> None:
        told.append((attempt.url[-1], threading.current_thread().name, WHO.get()))

    async def main() -> None:
        async def one(n: int) -> None:
            WHO.set(str(n))
            await client.get(n)

        async with AsyncWebhookClient(answering.url, token="t", on_attempt=observer) as client:
            await asyncio.gather(*(one(n) for n in range(6)))

    asyncio.run(main())
    assert sorted(told) == [(str(n), "MainThread", str(n)) for n in range(6)]


@pytest.mark.parametrize("kind", ["main thread", "other thread", "async"])
def test_attempts_are_told_while_the_call_goes_on(kind: str) -> None:
    rules: list[dict[str, Any]] = [
        {"answer": {"status": 503, "headers": {"Retry-After": "0"}}, "times": 1},
        # The second attempt is answered once the first was told.
        {"answer": {**WEBHOOK, "held": True}},
    ]

    def observer(attempt: Attempt) -> None:
        if attempt.number == 1:
            server.release()

    with ScriptedServer(rules=rules) as server:
        if kind == "other thread":
            seen: list[Webhook] = []
            call = threading.Thread(
                target=lambda: seen.append(run("sync", server, lambda client: client.get(7), on_attempt=observer))
            )
            call.start()
            call.join()
            assert seen[0].id == 7
        else:
            which = "async" if kind == "async" else "sync"
            assert run(which, server, lambda client: client.get(7), on_attempt=observer).id == 7


@pytest.mark.parametrize("value", [5, "print"])
def test_an_observer_must_be_a_function(value: Any) -> None:
    with pytest.raises(ConfigError, match="on_attempt"):
        WebhookClient(token="t", on_attempt=value)


def test_an_observer_must_not_be_a_coroutine_function() -> None:
    async def observer(_: Attempt) -> None: ...

    with pytest.raises(ConfigError, match="plain function"):
        AsyncWebhookClient(token="t", on_attempt=observer)


def test_nothing_is_traced_without_opentelemetry() -> None:
    code = """
import sys
from blynk_webhooks.emulator import Emulator
with Emulator() as emulator, emulator.client() as client:
    client.list()
print("blynk_webhooks._telemetry" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


# In a process of its own: a tracer provider is registered once for a process.
RECORDING = """
import asyncio, json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
sys.path.insert(0, %(tests)r)
"""

TRACED = """
from blynk_webhooks import AsyncWebhookClient, WebhookClient, WebhooksError
from scripted_server import SILENCE, WEBHOOK, ScriptedServer

rules = [
    {"answer": {"status": 503, "headers": {"Retry-After": "0"}}, "times": 1},
    {"request": {"query": {"webhookId": "404"}}, "answer": {"status": 404, "json": {"error": {"message": "none"}}}},
    {"request": {"query": {"webhookId": "9"}}, "answer": SILENCE},
    {"answer": WEBHOOK},
]

async def calls(server):
    async with AsyncWebhookClient(server.url, token="secret-token", **%(settings)s) as client:
        with trace.get_tracer("user").start_as_current_span("work"):
            await client.get(7)
            try:
                await client.get(404)
            except WebhooksError:
                pass
            try:
                await asyncio.wait_for(client.get(9, max_retries=0), 0.3)
            except asyncio.TimeoutError:
                pass

with ScriptedServer(rules=rules) as server:
    if %(kind)r == "async":
        asyncio.run(calls(server))
    else:
        with WebhookClient(server.url, token="secret-token", **%(settings)s) as client:
            with trace.get_tracer("user").start_as_current_span("work"):
                client.get(7)
                try:
                    client.get(404)
                except WebhooksError:
                    pass
                try:
                    client.get(9, timeout=0.3, max_retries=0)
                except WebhooksError:
                    pass
    sent = [request.headers.get("traceparent") for request in server.requests]
spans = [json.loads(span.to_json()) for span in exporter.get_finished_spans()]
print(json.dumps({"spans": spans, "sent": sent, "url": server.url}))
"""


def traced(kind: str, settings: dict[str, Any], program: str = TRACED) -> dict[str, Any]:
    from pathlib import Path

    code = (RECORDING + program) % {"kind": kind, "settings": settings, "tests": str(Path(__file__).parent)}
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert "secret-token" not in ran.stdout
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


needs_opentelemetry = pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry") is None, reason="opentelemetry-sdk is not installed"
)


@needs_opentelemetry
@BOTH
def test_spans_of_opentelemetry(kind: str) -> None:
    result = traced(kind, {})
    spans = result["spans"]
    [work] = [span for span in spans if span["name"] == "work"]
    calls = [span for span in spans if span["name"] == "blynk_webhooks.get"]
    attempts = [span for span in spans if span["name"] == "GET /api/v1/organization/webhook"]
    assert len(calls) == 3
    assert len(attempts) == 4
    for call in calls:
        assert call["parent_id"] == work["context"]["span_id"]
        assert call["kind"] == "SpanKind.CLIENT"
        assert call["attributes"]["blynk_webhooks.operation"] == "get"
    # Each attempt is within its call, and its request carries its own context.
    by_call = [sum(each["parent_id"] == call["context"]["span_id"] for each in attempts) for call in calls]
    assert by_call == [2, 1, 1]
    expected = [f"00-{each['context']['trace_id'][2:]}-{each['context']['span_id'][2:]}" for each in attempts]
    assert [header.rpartition("-")[0] for header in result["sent"]] == expected
    first, second, refused, cut_off = attempts
    port = int(result["url"].rpartition(":")[2])
    assert first["attributes"] | {"error.type": "503"} == first["attributes"]
    assert first["attributes"]["http.response.status_code"] == 503
    assert first["attributes"]["http.request.method"] == "GET"
    assert first["attributes"]["server.address"] == "127.0.0.1"
    assert first["attributes"]["server.port"] == port
    assert first["attributes"]["url.full"].endswith("webhookId=7")
    assert "http.request.resend_count" not in first["attributes"]
    assert second["attributes"]["http.request.resend_count"] == 1
    assert second["status"]["status_code"] == "UNSET"
    assert refused["attributes"]["error.type"] == "404"
    assert cut_off["attributes"]["error.type"] == "cut_off"
    assert [call["status"]["status_code"] for call in calls] == ["UNSET", "ERROR", "ERROR"]
    assert calls[1]["attributes"]["error.type"] == "NotFoundError"
    assert calls[2]["attributes"]["error.type"] == ("CancelledError" if kind == "async" else "RequestTimeoutError")
    for each in spans:
        assert each["start_time"] <= each["end_time"]


TRACED_TOKENS = """
from blynk_webhooks import AsyncWebhookClient, ServerError, WebhookClient
from scripted_server import ScriptedServer

token = {"access_token": "secret-token", "expires_in": 300, "refresh_token": "secret-token"}
rules = [
    {"answer": {"status": 503, "headers": {"Retry-After": "0"}}, "times": 1},
    {"request": {"path": "/oauth2/token"}, "answer": {"json": token}},
    {"answer": {"json": []}},
]

async def calls(server):
    async with AsyncWebhookClient(server.url, client_id="id", client_secret="secret-token") as client:
        # The first call has ended when the token comes; the other has nothing to wait for from it.
        first, other = await asyncio.gather(client.list(max_retries=0), client.list(), return_exceptions=True)
        assert isinstance(first, ServerError) and other == [], (first, other)

with ScriptedServer(rules=rules) as server:
    if %(kind)r == "async":
        asyncio.run(calls(server))
    else:
        with WebhookClient(server.url, client_id="id", client_secret="secret-token") as client:
            assert client.list() == []
    sent = [request.headers.get("traceparent") for request in server.requests]
spans = [json.loads(span.to_json()) for span in exporter.get_finished_spans()]
print(json.dumps({"spans": spans, "sent": sent}))
"""


@needs_opentelemetry
@BOTH
def test_a_request_for_a_token_has_a_span_within_the_call_that_began_it(kind: str) -> None:
    result = traced(kind, {}, TRACED_TOKENS)
    tokens = [span for span in result["spans"] if span["name"] == "POST /oauth2/token"]
    calls = [span["context"]["span_id"] for span in result["spans"] if span["name"] == "blynk_webhooks.list"]
    assert len(calls) == (2 if kind == "async" else 1)
    assert tokens[0]["parent_id"] in calls
    assert tokens[0]["attributes"]["http.response.status_code"] == 503
    assert tokens[0]["attributes"]["url.full"].endswith("/oauth2/token")
    context = tokens[0]["context"]
    assert result["sent"][0].startswith(f"00-{context['trace_id'][2:]}-{context['span_id'][2:]}")
    # A call that waits to the end has both attempts.
    assert kind == "async" or [span["attributes"]["http.response.status_code"] for span in tokens] == [503, 200]


@needs_opentelemetry
@BOTH
def test_traces_are_off_by_a_setting(kind: str) -> None:
    result = traced(kind, {"open_telemetry": False})
    assert [span["name"] for span in result["spans"]] == ["work"]
    assert set(result["sent"]) == {None}


@BOTH
def test_a_write_expects_a_webhook(kind: str) -> None:
    held = {"id": 7, "name": "Doors", "lastModifiedTs": 5}
    known = Webhook.from_dict(held)
    from blynk_webhooks import PreconditionFailedError

    with ScriptedServer(rules=[{"answer": {"json": held}}]) as server:
        run(kind, server, lambda client: client.patch(7, name="Gates", expected=known))
        run(kind, server, lambda client: client.delete(7, expected=known))
        writes = [request.method for request in server.requests if request.method != "GET"]
        assert writes == ["PUT", "DELETE"]
        server.go_on_with(rules=[{"answer": {"json": {**held, "lastModifiedTs": 6, "name": "Windows"}}}])
        for write in (
            lambda client: client.patch(7, name="Gates", expected=known),
            lambda client: client.update(7, known.spec, expected=known, validate=False),
            lambda client: client.delete(7, expected=known),
            lambda client: client.enable(7, expected=known),
        ):
            with pytest.raises(PreconditionFailedError) as caught:
                run(kind, server, write)
            assert caught.value.current.name == "Windows"
        assert [request.method for request in server.requests if request.method != "GET"] == writes


def test_a_client_with_other_options_shares_connections() -> None:
    rules: list[dict[str, Any]] = [
        {"request": {"headers": {"broken": "*"}}, "answer": {"status": 503, "json": {}}},
        {"answer": WEBHOOK},
    ]

    class Mine(WebhookClient):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            self.mine = 5

    with ScriptedServer(rules=rules) as server, Mine(server.url, token="t", org_id=3) as client:
        other = client.with_options(max_retries=0, headers={"broken": "yes"}, org_id=4)
        assert isinstance(other, Mine)
        assert other.mine == 5
        assert other.base_url == client.base_url
        client.get(1)
        with pytest.raises(ServerError):
            other.get(1)
        with pytest.raises(ServerError):
            other.list(timeout=3)
        client.get(1)
        assert server.connections == 1
        assert len(server.requests) == 4
        assert server.requests[2].query == {"orgId": "4"}
        patient = other.with_options(headers={"broken": "no", "more": "1"}, timeout=None)
        with pytest.raises(ServerError):
            patient.get(1)
        assert server.requests[-1].headers["broken"] == "no"
        with pytest.raises(ConfigError, match="timeout"):
            client.with_options(timeout=0)
        other.close()
        with pytest.raises(ConfigError, match="closed"):
            client.get(1)


@BOTH
def test_the_application_is_named(kind: str, answering: ScriptedServer) -> None:
    run(kind, answering, lambda client: client.get(1), user_agent="doors/1.4")
    agent = answering.requests[0].headers["user-agent"]
    assert agent.startswith("doors/1.4 blynk-webhooks/")
    assert "python/3." in agent


@pytest.mark.parametrize("ca", ["nothing", b"nothing", 5])
def test_an_authority_must_be_pem(ca: Any) -> None:
    with pytest.raises(ConfigError, match="ca"):
        WebhookClient(token="t", ca=ca)

"""Log messages: off until asked for, through `logging` or the environment, without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest

from blynk_webhooks import AsyncWebhookClient, ConfigError, WebhookClient, print_logs
from blynk_webhooks.emulator import Emulator
from scripted_server import WEBHOOK, ScriptedServer


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_requests_reach_logging(kind: str, caplog: pytest.LogCaptureFixture, blynk_emulator: Emulator) -> None:
    caplog.set_level(logging.DEBUG, logger="blynk_webhooks")

    async def main() -> None:
        async with blynk_emulator.async_client() as client:
            await client.list()

    if kind == "async":
        asyncio.run(main())
    else:
        with blynk_emulator.client() as client:
            client.list()
    records = [record for record in caplog.records if record.name == "blynk_webhooks"]
    assert [record.levelname for record in records] == ["DEBUG", "DEBUG"]
    token, request = (record.getMessage() for record in records)
    assert "method=POST" in token
    assert "operation=list" in request
    assert "method=GET" in request
    assert "status=200" in request
    assert blynk_emulator.client_secret not in caplog.text


class Kept(logging.Handler):
    """Keeps each record with what a handler sees around it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[logging.LogRecord, str | None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append((record, WHO.get()))


WHO: ContextVar[str | None] = ContextVar("who", default=None)


@pytest.fixture
def kept() -> Iterator[Kept]:
    logger, handler = logging.getLogger("blynk_webhooks"), Kept()
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


REPEATED: list[dict[str, Any]] = [
    {"answer": {"status": 503, "headers": {"Retry-After": "1"}, "json": {}}, "times": 1},
    {"answer": WEBHOOK},
]
"""Rules that tell a client to come again in a second, and then answer."""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_records_have_the_time_of_their_event(kind: str, kept: Kept) -> None:
    with ScriptedServer(rules=REPEATED) as server:
        start = time.time()
        if kind == "sync":
            # Not the main thread, which hands records over while it waits.
            with ThreadPoolExecutor(1) as pool, WebhookClient(server.url, token="t") as client:
                pool.submit(client.get, 1).result()
        else:

            async def main() -> None:
                async with AsyncWebhookClient(server.url, token="t") as client:
                    await client.get(1)

            asyncio.run(main())
        end = time.time()
    times = [record.created for record, _ in kept.seen if "attempt answered" in record.getMessage()]
    first, second = times
    assert start <= first < second <= end
    assert second - first >= 1
    for record, _ in kept.seen:
        assert record.msecs == pytest.approx(record.created * 1000 % 1000, abs=1.1)


def delayed(different: int) -> list[dict[str, Any]]:
    """Rules that answer the ids 0 to 7 after so many different pauses."""
    return [
        {"request": {"query": {"webhookId": str(n)}}, "answer": {**WEBHOOK, "delay_ms": n % different * 10}}
        for n in range(8)
    ]


def test_records_are_of_the_thread_and_context_of_their_call(kept: Kept) -> None:
    def work(client: WebhookClient, number: int) -> None:
        WHO.set(f"worker {number}")
        for _ in range(5):
            client.get(number)

    with ScriptedServer(rules=delayed(5)) as server, WebhookClient(server.url, token="t") as client:
        threads = [threading.Thread(target=work, args=(client, n), name=f"thread {n}") for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    of_calls = [(record, who) for record, who in kept.seen if "webhookId=" in record.getMessage()]
    assert len(of_calls) == 40
    for record, who in of_calls:
        number = record.getMessage().partition("webhookId=")[2].split()[0]
        assert record.threadName == f"thread {number}"
        assert who == f"worker {number}"
        assert (record.funcName, record.filename) == ("work", "test_logging.py")


def test_records_are_of_the_task_and_context_of_their_call(kept: Kept) -> None:
    async def work(client: AsyncWebhookClient, number: int) -> None:
        WHO.set(f"task {number}")
        for _ in range(5):
            await client.get(number)

    async def main() -> None:
        async with AsyncWebhookClient(server.url, token="t", max_retries=0) as client:
            tasks = [asyncio.create_task(work(client, n), name=f"task {n}") for n in range(8)]
            await asyncio.gather(*tasks)

    with ScriptedServer(rules=delayed(3)) as server:
        asyncio.run(main())
    of_calls = [(record, who) for record, who in kept.seen if "webhookId=" in record.getMessage()]
    assert len(of_calls) == 40
    for record, who in of_calls:
        number = record.getMessage().partition("webhookId=")[2].split()[0]
        assert who == f"task {number}"
        assert record.threadName == "MainThread"
        assert (record.funcName, record.filename) == ("work", "test_logging.py")
        if sys.version_info >= (3, 12):
            assert record.taskName == f"task {number}"


def test_a_cancelled_call_logs_in_its_own_context(kept: Kept) -> None:
    async def work(client: AsyncWebhookClient) -> None:
        WHO.set("cancelled")
        await client.get(1)

    async def main() -> None:
        async with AsyncWebhookClient(server.url, token="t") as client:
            task = asyncio.create_task(work(client))
            while not server.requests:
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ScriptedServer(rules=REPEATED) as server:
        asyncio.run(main())
    [(record, who)] = [(record, who) for record, who in kept.seen if "attempt answered" in record.getMessage()]
    assert "status=503" in record.getMessage()
    assert who == "cancelled"


def run(code: str, level: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "BLYNK_LOG": level}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True, env=environment
    )


CALL = """
from blynk_webhooks.emulator import Emulator
with Emulator() as emulator, emulator.client() as client:
    client.list()
    print(emulator.client_secret)
"""


def test_blynk_log_prints() -> None:
    ran = run(CALL, "debug")
    lines = ran.stderr.splitlines()
    assert len(lines) == 2
    assert all(" blynk_webhooks DEBUG attempt answered:" in line for line in lines)
    assert ran.stdout.strip() not in ran.stderr
    assert run(CALL, "").stderr == ""


def test_blynk_log_of_no_level() -> None:
    loud = run("import blynk_webhooks; blynk_webhooks.WebhookClient(token='t')", "loud").stderr
    assert loud.count("'loud' is not a log level; use error, ") == 1


def test_logs_are_printed_by_code_too() -> None:
    code = f"import blynk_webhooks\nblynk_webhooks.print_logs('info')\nblynk_webhooks.print_logs('debug'){CALL}"
    assert len(run(code, "").stderr.splitlines()) == 2
    with pytest.raises(ConfigError, match="'loud' is not a log level"):
        print_logs("loud")


# In a process of its own: what is remembered of a log statement is remembered for good.
SWITCHED = """
import contextlib, json, logging
from blynk_webhooks import WebhooksError
from blynk_webhooks.emulator import Emulator

handed_over, steps = [], []

class Logger(logging.Logger):
    def handle(self, record):
        handed_over.append(record.getMessage())

logging.setLoggerClass(Logger)
logger = logging.getLogger("blynk_webhooks")
with Emulator() as emulator, emulator.client() as client:
    def fail():
        emulator.fail_next(reset=True)
        client.list(max_retries=0)

    send_nothing = lambda: client.get("not an id")
    for level, call in [
        ("DEBUG", send_nothing), ("INFO", client.list), ("DEBUG", client.list), ("INFO", fail), ("DEBUG", fail),
    ]:
        logger.setLevel(level)
        with contextlib.suppress(WebhooksError):
            call()
        steps.append(handed_over[:])
        handed_over.clear()
print(json.dumps(steps))
"""


def test_logging_is_switched_on_and_off_at_any_time() -> None:
    nothing_sent, off, on, off_failed, on_failed = json.loads(run(SWITCHED, "").stdout)
    assert nothing_sent == off == off_failed == [], "what nobody hears is not even queued"
    # Both happened first while logging was off.
    assert [text.split(":")[0] for text in (*on, *on_failed)] == ["attempt answered", "attempt failed"]
    assert all("operation=list number=1" in text for text in (*on, *on_failed))

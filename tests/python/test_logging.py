"""Log messages: off until asked for, through `logging` or the environment, without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys

import pytest

from blynk_webhooks.emulator import Emulator


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
    assert "BLYNK_LOG must be debug" in run("import blynk_webhooks", "loud").stderr


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

"""A soak: calls of every kind for a while, without growth of memory, descriptors or threads.

`BLYNK_SOAK_SECONDS` is how long (default 6): 600 before a release.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from blynk_webhooks import AsyncWebhookClient, NotFoundError, RequestTimeoutError, WebhookClient, WebhookSpec
from scripted_server import SILENCE, ScriptedServer

SECONDS = float(os.environ.get("BLYNK_SOAK_SECONDS", "6"))
GROWTH_KIB = 4096
"""What an allocator may keep; a leak of 100 bytes a call is far above it in a long run."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Soak:
    """What is done over and over; each method is one round of some hundred calls."""

    def __init__(self, settings: dict[str, Any], silent: ScriptedServer, spec: WebhookSpec) -> None:
        self.settings, self.silent = settings, silent
        self.client = WebhookClient(**settings)
        self.async_client = AsyncWebhookClient(**settings)
        self.webhook = self.client.create(spec)
        self.calls = 0

    def sync(self) -> None:
        for _ in range(200):
            webhook = self.client.get(self.webhook.id)
            assert webhook.spec.to_dict()["name"] == webhook.name
            assert webhook.created_at is not None
        self.client.patch(self.webhook.id, body=str(self.calls), extra={"round": self.calls})
        self.calls += 202

    def faults(self) -> None:
        for _ in range(50):
            with pytest.raises(NotFoundError):
                self.client.get(9999)
            with pytest.raises(ValueError, match="name"):
                self.client.create(name=5)  # type: ignore[call-overload]
        self.calls += 100

    def threads(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda _: self.client.list()[0].id == self.webhook.id, range(200)))
        self.calls += 200

    def loops(self) -> None:
        async def main() -> None:
            await asyncio.gather(*(self.async_client.get(self.webhook.id) for _ in range(300)))
            call = asyncio.ensure_future(self.hanging())
            await asyncio.sleep(0.02)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

        asyncio.run(main())
        self.calls += 301

    async def hanging(self) -> None:
        async with AsyncWebhookClient(self.silent.url, token="t") as client:
            await client.get(1)

    def clients(self) -> None:
        for _ in range(10):
            with WebhookClient(**self.settings) as client:
                client.get(self.webhook.id)
            WebhookClient(token="not-used")
        with pytest.raises(RequestTimeoutError), WebhookClient(self.silent.url, token="t") as client:
            client.get(1, timeout=0.01)
        self.calls += 11


EMULATOR = """
import sys
from blynk_webhooks.emulator import Emulator
with Emulator(state={"limits": {"requestsPerMinute": 2**31}}) as emulator:
    print(emulator.url, emulator.client_id, emulator.client_secret, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings() -> Iterator[dict[str, Any]]:
    """A client's settings for an emulator in a process of its own: what it keeps is not measured here."""
    with subprocess.Popen([sys.executable, "-c", EMULATOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as emulator:
        assert emulator.stdout is not None
        url, client_id, client_secret = emulator.stdout.readline().decode().split()
        yield {"base_url": url, "client_id": client_id, "client_secret": client_secret}
        emulator.communicate()


def test_soak(spec: WebhookSpec, settings: dict[str, Any]) -> None:
    with ScriptedServer(rules=[{"answer": SILENCE}], keep=False) as silent:
        soak = Soak(settings, silent, spec)
        rounds: list[Callable[[], None]] = [soak.sync, soak.faults, soak.threads, soak.loops, soak.clients]
        for _ in range(3):
            run(rounds, 0)
        run(rounds, SECONDS / 3)
        before = measured()
        run(rounds, SECONDS)
        after = measured()
        print(f"\n{soak.calls} calls in {SECONDS:.0f} s; before {before}, after {after}")
        assert after["descriptors"] <= before["descriptors"] + 4
        assert after["threads"] <= before["threads"] + 1
        assert after["memory"] <= before["memory"] + GROWTH_KIB
        soak.client.close()


def run(rounds: list[Callable[[], None]], seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        for one in rounds:
            one()
        if time.monotonic() >= end:
            break


def measured() -> dict[str, int]:
    gc.collect()
    # Connections that were let go close in their own time.
    time.sleep(0.3)
    with open("/proc/self/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {"descriptors": len(os.listdir("/proc/self/fd")), "threads": threading.active_count(), "memory": memory}

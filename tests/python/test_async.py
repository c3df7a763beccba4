"""Event loops: cancellation on the wire, several loops, every way of waking them, and quiet ends."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blynk_webhooks import (
    AsyncWebhookClient,
    ConfigError,
    NotFoundError,
    RequestTimeoutError,
    ValidationError,
    WebhooksError,
)
from hooks import force_wakeup, panic_once, with_hooks
from scripted_server import WEBHOOK, ScriptedServer

LOOPS: dict[str, Any] = {"asyncio": asyncio.new_event_loop}
if importlib.util.find_spec("uvloop"):
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop
WAYS: list[str | None] = [None]
if force_wakeup is not None:
    WAYS = ["eventfd", "sockets", "threadsafe"] if sys.platform == "linux" else ["threadsafe"]
Make = Callable[..., AsyncWebhookClient]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Runs a coroutine on a new loop that is closed afterwards."""

    def run_on(coroutine: Any) -> Any:
        loop = LOOPS[request.param]()
        loop.set_debug(True)
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.close()

    return run_on


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if force_wakeup is None:
        yield None
        return
    force_wakeup(request.param)
    yield request.param
    force_wakeup(None)


def test_every_way_of_waking(run: Any, way: str | None, answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        async with async_client(answering) as client:
            webhooks = await asyncio.gather(*(client.get(webhook_id) for webhook_id in range(300)))
            assert [webhook.id for webhook in webhooks] == list(range(300))
            for webhook_id in range(50):
                assert (await client.get(webhook_id)).id == webhook_id

    run(main())


def test_outcomes_reach_their_own_call(run: Any, way: str | None, async_client: Make) -> None:
    rules = [
        {
            "request": {"query": {"webhookId": str(webhook_id)}},
            "answer": {**(WEBHOOK if webhook_id % 2 else {"status": 404, "json": {}}), "delay_ms": webhook_id % 7 * 5},
        }
        for webhook_id in range(100)
    ]

    async def one(client: AsyncWebhookClient, webhook_id: int) -> None:
        if webhook_id % 2:
            assert (await client.get(webhook_id)).id == webhook_id
        else:
            with pytest.raises(NotFoundError):
                await client.get(webhook_id)

    async def main() -> None:
        async with async_client(server) as client:
            await asyncio.gather(*(one(client, webhook_id) for webhook_id in range(100)))

    with ScriptedServer(rules=rules) as server:
        run(main())


def test_a_cancelled_call_is_closed_on_the_wire(
    run: Any, way: str | None, silent: ScriptedServer, async_client: Make
) -> None:
    async def main() -> None:
        async with async_client(silent) as client:
            task = asyncio.ensure_future(client.get(7))
            while not silent.requests:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            closed = await asyncio.get_running_loop().run_in_executor(None, silent.closes, 0)
            assert closed

    run(main())


def test_a_response_that_came_in_time_can_be_read_late(run: Any, answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        async with async_client(answering, timeout=2) as client:
            task = asyncio.ensure_future(client.get(7))
            while not answering.requests:
                await asyncio.sleep(0.005)
            time.sleep(2.2)  # The loop is busy when the response comes.
            assert (await task).id == 7

    run(main())


def test_wait_for_closes_on_the_wire(run: Any, silent: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        client = async_client(silent)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.get(7), 0.7)
        assert await asyncio.get_running_loop().run_in_executor(None, silent.closes, 0)
        with pytest.raises(RequestTimeoutError):
            await client.get(7, timeout=0.7)
        assert await asyncio.get_running_loop().run_in_executor(None, silent.closes, 1)

    run(main())


def test_a_call_that_is_never_awaited_is_never_sent(answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        coroutine = async_client(answering).get(7)
        await asyncio.sleep(0.05)
        assert answering.requests == []
        coroutine.close()

    asyncio.run(main())


def test_a_coroutine_that_is_thrown_away_closes_its_request(silent: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        client = async_client(silent)
        coroutine = client.get(7)
        coroutine.send(None)
        while not silent.requests:
            await asyncio.sleep(0.005)
        coroutine.close()
        assert await asyncio.to_thread(silent.closes, 0)

    asyncio.run(main())


def test_refused_arguments_are_raised_where_they_are_awaited(answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        client = async_client(answering)
        with pytest.raises(ValidationError):
            await client.get("7")  # type: ignore[arg-type]
        await client.aclose()
        await client.aclose()
        with pytest.raises(ConfigError, match="closed"):
            await client.get(7)

    asyncio.run(main())


def test_without_a_running_loop() -> None:
    client = AsyncWebhookClient("http://127.0.0.1:1", token="t")
    coroutine = client.get(7)
    with pytest.raises(RuntimeError, match="no running event loop"):
        coroutine.send(None)


def test_one_client_on_loops_one_after_another(
    run: Any, way: str | None, answering: ScriptedServer, async_client: Make
) -> None:
    client = async_client(answering, max_connections=1)

    async def main() -> None:
        await asyncio.gather(*(client.get(webhook_id) for webhook_id in range(10)))

    run(main())
    before = descriptors()
    for _ in range(20):
        run(main())
    gc.collect()
    assert descriptors() <= before + 2, "each loop gave back what it used"
    assert len(answering.requests) == 210


def test_one_client_on_loops_that_take_turns(answering: ScriptedServer, async_client: Make) -> None:
    client = async_client(answering)
    loops = [asyncio.new_event_loop() for _ in range(3)]
    for webhook_id in range(12):
        assert loops[webhook_id % 3].run_until_complete(client.get(webhook_id)).id == webhook_id
    for loop in loops:
        loop.close()


def test_one_client_on_loops_in_threads(answering: ScriptedServer, async_client: Make) -> None:
    client = async_client(answering)
    failures: list[BaseException] = []

    async def main() -> None:
        for _ in range(5):
            await asyncio.gather(*(client.get(webhook_id) for webhook_id in range(20)))

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(answering.requests) == 400


def test_many_calls_take_few_sockets(run: Any, answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        async with async_client(answering, max_connections=5) as client:
            await asyncio.gather(*(client.get(webhook_id) for webhook_id in range(500)))

    run(main())
    # A connection on its way back to the pool may count beside its successor for a moment.
    assert answering.most_open <= 5 + 2


def test_one_connection_serves_both_clients_of_one(async_client: Make, answering: ScriptedServer) -> None:
    async def main() -> None:
        async with async_client(answering, max_connections=1) as client:
            for webhook_id in range(20):
                await client.get(webhook_id)

    asyncio.run(main())
    assert answering.connections == 1


def test_the_loop_is_not_held_up(silent: ScriptedServer, async_client: Make) -> None:
    async def main() -> float:
        client = async_client(silent)
        calls = [asyncio.ensure_future(client.get(7)) for _ in range(50)]
        slowest = 0.0
        for _ in range(50):
            start = time.perf_counter()
            await asyncio.sleep(0.002)
            slowest = max(slowest, time.perf_counter() - start)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return slowest

    assert asyncio.run(main()) < 0.5


@with_hooks
def test_a_panic_is_an_error(run: Any, way: str | None, answering: ScriptedServer, async_client: Make) -> None:
    async def main() -> None:
        assert panic_once is not None
        async with async_client(answering) as client:
            for _ in range(2):
                panic_once()
                outcomes = await asyncio.gather(*(client.get(n) for n in range(8)), return_exceptions=True)
                [panicked] = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
                assert isinstance(panicked, WebhooksError)
                assert "a panic" in str(panicked)

    run(asyncio.wait_for(main(), 20))


def test_calls_that_are_thrown_away_in_the_turn_they_were_made_in_are_never_sent(
    run: Any, answering: ScriptedServer, async_client: Make
) -> None:
    async def main() -> None:
        async with async_client(answering) as client:
            first = asyncio.ensure_future(client.get(0))
            await asyncio.sleep(0)
            for webhook_id in range(1, 20):
                coroutine = client.get(webhook_id)
                coroutine.send(None)
                coroutine.close()
            assert (await first).id == 0
            assert (await client.get(77)).id == 77

    run(main())
    assert [request.query["webhookId"] for request in answering.requests] == ["0", "77"]


def test_a_loop_without_add_reader(answering: ScriptedServer, async_client: Make) -> None:
    class Proactor(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> None:  # type: ignore[override]
            raise NotImplementedError

    loop = Proactor()
    try:
        assert loop.run_until_complete(async_client(answering).get(7)).id == 7
    finally:
        loop.close()


ENDS = {
    "a loop that is closed under a call": """
        loop = asyncio.new_event_loop()
        task = loop.create_task(client.get(7))
        loop.run_until_complete(asyncio.sleep(0.1))
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()
    """,
    "asyncio.run that ends under a call": """
        async def main():
            task = asyncio.create_task(client.get(7))
            await asyncio.sleep(0.1)
        asyncio.run(main())
    """,
    "an interpreter that ends under a call of a daemon thread": """
        threading.Thread(target=sync.get, args=(7,), daemon=True).start()
        time.sleep(0.1)
    """,
    "an interpreter that ends under calls of many daemon threads": """
        for _ in range(8):
            threading.Thread(target=sync.get, args=(7,), daemon=True).start()
        time.sleep(0.2)
    """,
    "a client that nobody closed": """
        async def main():
            try:
                await client.get(7, timeout=0.05)
            except TimeoutError:
                pass
        asyncio.run(main())
        asyncio.run(main())
    """,
    "an exit in the middle": """
        async def main():
            asyncio.create_task(client.get(7))
            await asyncio.sleep(0.1)
            raise SystemExit(0)
        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("end", ENDS)
def test_nothing_complains_at_the_end(end: str, way: str | None, silent: ScriptedServer) -> None:
    body = "\n".join(line[8:] for line in ENDS[end].splitlines())
    script = f"""
import asyncio, logging, threading, time
# Says of slow steps too, of which a busy machine has some.
logging.getLogger("asyncio").setLevel(logging.ERROR)
from blynk_webhooks import AsyncWebhookClient, WebhookClient
from blynk_webhooks import _native
if {way!r}:
    _native.force_wakeup({way!r})
client = AsyncWebhookClient({silent.url!r}, token="t")
sync = WebhookClient({silent.url!r}, token="t")
{body}
print("reached the end", flush=True)
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", script]
    start = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert ended.stderr == ""
    assert ended.returncode == 0
    assert time.monotonic() - start < 15, "the end did not wait for the call"
    assert ended.stdout.strip() == ("" if "exit" in end else "reached the end")


def descriptors() -> int:
    folder = "/proc/self/fd"
    return len(os.listdir(folder)) if os.path.isdir(folder) else 0

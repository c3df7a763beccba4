"""Forks: a client that was made before works after, on both sides."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blynk_webhooks import AsyncWebhookClient, ConfigError, WebhookClient
from scripted_server import WEBHOOK, ScriptedServer

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # What Python warns of is what is tested here.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
SHARED: dict[str, Any] = {}


def in_child(work: Callable[[], None], seconds: float = 20) -> None:
    """Runs `work` in a forked child, which must end well and in time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            gc.collect()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, "the child failed; see its traceback above"
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the child hung")


@pytest.fixture
def made(answering: ScriptedServer) -> Iterator[WebhookClient]:
    with WebhookClient(answering.url, token="t", timeout=10) as client:
        yield client


def test_sync(made: WebhookClient) -> None:
    assert made.get(1).id == 1
    in_child(lambda: check(made.get(2).id == 2))
    assert made.get(3).id == 3


def test_before_the_first_call(made: WebhookClient) -> None:
    in_child(lambda: check(made.get(2).id == 2))
    assert made.get(3).id == 3


def test_grandchildren(made: WebhookClient) -> None:
    made.get(1)

    def work() -> None:
        made.get(2)
        in_child(lambda: check(made.get(3).id == 3))
        made.get(4)

    in_child(work)
    assert made.get(5).id == 5


def test_threads_in_the_parent(made: WebhookClient) -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            made.get(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            in_child(lambda: check(made.get(2).id == 2))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_threads_in_the_child(made: WebhookClient) -> None:
    def calls(_: int) -> bool:
        return all(made.get(webhook_id).id == webhook_id for webhook_id in range(20))

    def work() -> None:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            check(all(pool.map(calls, range(4))))

    calls(0)
    in_child(work)


def test_async(answering: ScriptedServer) -> None:
    client = AsyncWebhookClient(answering.url, token="t", timeout=10)

    async def main() -> None:
        webhooks = await asyncio.gather(*(client.get(webhook_id) for webhook_id in range(50)))
        check([webhook.id for webhook in webhooks] == list(range(50)))

    asyncio.run(main())
    in_child(lambda: asyncio.run(main()))
    asyncio.run(main())


def test_a_child_that_only_lets_go(made: WebhookClient, answering: ScriptedServer) -> None:
    mine = [WebhookClient(answering.url, token="t") for _ in range(5)]
    for client in mine:
        client.get(1)
    in_child(lambda: mine.clear())
    for client in mine:
        assert client.get(2).id == 2, "the child took nothing of the parent's down"
    connections = answering.connections
    assert connections == 5


def test_a_signal_handler_that_forks(answering: ScriptedServer, client: Callable[..., WebhookClient]) -> None:
    slow = {"request": {"query": {"webhookId": "1"}}, "answer": {**WEBHOOK, "delay_ms": 300}}
    children: list[int] = []

    def handler(*_: object) -> None:
        children.append(os.fork())

    before = signal.signal(signal.SIGALRM, handler)
    with ScriptedServer(rules=[slow, {"answer": WEBHOOK}]) as server:
        made = client(server)
        parent = os.getpid()
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            try:
                outcome: object = made.get(1).id
            except ConfigError as error:
                outcome = str(error)
            if os.getpid() != parent:
                # The child goes on where the handler returned: without the parent's call, with calls of its own.
                os._exit(0 if "forked" in str(outcome) and made.get(2).id == 2 else 1)
        finally:
            if os.getpid() != parent:
                os._exit(2)
            signal.signal(signal.SIGALRM, before)
        assert outcome == 1
        [child] = children
        assert os.waitpid(child, 0)[1] == 0


def test_closed_stays_closed(made: WebhookClient) -> None:
    made.close()

    def work() -> None:
        with pytest.raises(ConfigError, match="closed"):
            made.get(1)

    in_child(work)


def test_a_child_closes_its_own(made: WebhookClient, answering: ScriptedServer) -> None:
    made.get(1)
    in_child(made.close)
    assert made.get(2).id == 2
    assert answering.connections == 1, "the parent's connection lives"


def test_logs_are_each_process_s_own(answering: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="blynk_webhooks")

    async def call(webhook_id: int) -> None:
        async with AsyncWebhookClient(answering.url, token="t", timeout=10) as client:
            await client.get(webhook_id)

    def in_the_child() -> None:
        caplog.clear()
        asyncio.run(call(2))
        check("webhookId=2" in caplog.text)
        check("webhookId=1" not in caplog.text)

    async def main() -> None:
        under_way = asyncio.create_task(call(1))
        while not answering.requests:
            await asyncio.sleep(0)
        # The answer is logged now, and its message waits for the loop.
        time.sleep(0.2)
        in_child(in_the_child)
        await under_way

    asyncio.run(main())
    assert "webhookId=1" in caplog.text


def of_pool(webhook_id: int) -> int:
    return int(SHARED["client"].get(webhook_id).id)


def test_multiprocessing(made: WebhookClient) -> None:
    made.get(1)
    SHARED["client"] = made
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(of_pool, range(30)) == list(range(30))
    SHARED.clear()


def test_tokens_are_each_process_s_own() -> None:
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 86400}
    rules: list[dict[str, Any]] = [
        {"request": {"path": "/oauth2/token"}, "answer": {"json": token}},
        {"answer": WEBHOOK},
    ]
    with ScriptedServer(rules=rules) as server, WebhookClient(server.url, client_id="i", client_secret="s") as client:
        client.get(1)
        in_child(lambda: check(client.get(1).id == 1))
        client.get(1)
        assert [request.path == "/oauth2/token" for request in server.requests].count(True) == 2


def check(holds: bool) -> None:
    if not holds:
        raise AssertionError

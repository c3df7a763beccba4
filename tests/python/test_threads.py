"""Threads and signals: one client for many threads, Ctrl-C at once, the interpreter free while a call waits."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from blynk_webhooks import RequestTimeoutError, WebhookClient
from scripted_server import Answer, Received, ScriptedServer

Make = Callable[..., WebhookClient]
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def test_threads_share_a_client(answering: ScriptedServer, client: Make) -> None:
    with client(answering) as made, ThreadPoolExecutor(16) as pool:
        webhooks = list(pool.map(made.get, range(400)))
    assert [webhook.id for webhook in webhooks] == list(range(400))


@pytest.mark.parametrize("most", [1, 2, 4, 16, 20])
def test_connections_are_bounded(client: Make, most: int) -> None:
    def script(_: int, request: Received) -> Answer:
        answer = Answer.json({"id": int(request.query["webhookId"])})
        answer.delay = 0.001
        return answer

    with ScriptedServer(script) as server, client(server, max_connections=most) as made:
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(made.get, range(600)))
        # A connection on its way back to the pool may count beside its successor for a moment.
        assert server.most_open <= most + 2


def test_one_connection_is_used_again(answering: ScriptedServer, client: Make) -> None:
    with client(answering) as made:
        for webhook_id in range(50):
            made.get(webhook_id)
    assert answering.connections == 1


def test_a_connection_that_the_server_closed_meanwhile(client: Make) -> None:
    def script(number: int, _: Received) -> Answer:
        return Answer(200, {"Connection": "close", "Content-Type": "application/json"}, b'{"id": 1}')

    with ScriptedServer(script) as server, client(server, max_retries=0) as made:
        for _ in range(5):
            assert made.get(1).id == 1
            time.sleep(0.02)


def test_the_interpreter_is_free_while_a_call_waits(silent: ScriptedServer, client: Make) -> None:
    def call() -> None:
        with pytest.raises(RequestTimeoutError):
            client(silent).get(7, timeout=1)

    thread = threading.Thread(target=call)
    thread.start()
    turns, end = 0, time.monotonic() + 0.5
    while time.monotonic() < end:
        time.sleep(0.001)
        turns += 1
    thread.join()
    assert turns > 50


@on_posix
@pytest.mark.parametrize("busy", [False, True])
def test_ctrl_c_ends_a_call_at_once(silent: ScriptedServer, client: Make, busy: bool) -> None:
    made = client(silent)

    def call() -> None:
        with pytest.raises(RequestTimeoutError):
            made.get(1, timeout=1.5)

    other = threading.Thread(target=call)
    if busy:  # The other thread drives its own call; this one's is carried by the background.
        other.start()
        wait_for(lambda: len(silent.requests) == 1)
    sent = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    start = time.monotonic()
    sent.start()
    with pytest.raises(KeyboardInterrupt):
        made.get(7)
    assert time.monotonic() - start < 1.3
    mine = next(request for request in silent.requests if request.query == {"webhookId": "7"})
    assert mine.closed.wait(2), "the request was closed on the wire"
    if busy:
        other.join()


@on_posix
def test_a_signal_handler_may_make_calls(client: Make) -> None:
    def script(_: int, request: Received) -> Answer:
        answer = Answer.json({"id": int(request.query["webhookId"])})
        answer.delay = 0.4 if request.query["webhookId"] == "1" else 0
        return answer

    seen: list[int] = []
    with ScriptedServer(script) as server, client(server) as made:
        before = signal.signal(signal.SIGALRM, lambda *_: seen.append(made.get(2).id))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            assert made.get(1).id == 1
        finally:
            signal.signal(signal.SIGALRM, before)
    assert seen == [2]


@on_posix
def test_a_signal_handler_that_raises(silent: ScriptedServer, client: Make) -> None:
    def handler(*_: Any) -> None:
        raise LookupError("from the handler")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(LookupError):
            client(silent).get(7)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_close_while_a_call_is_under_way(client: Make) -> None:
    def script(_: int, request: Received) -> Answer:
        answer = Answer.json({"id": 1})
        answer.delay = 0.3
        return answer

    with ScriptedServer(script) as server, ThreadPoolExecutor(4) as pool:
        made = client(server)
        calls = [pool.submit(made.get, 1) for _ in range(4)]
        wait_for(lambda: len(server.requests) == 4)
        made.close()
        assert [call.result(5).id for call in calls] == [1] * 4


def test_a_client_goes_with_its_connection(answering: ScriptedServer, client: Make) -> None:
    made = client(answering)
    made.get(1)
    assert answering.open == 1
    del made
    wait_for(lambda: answering.open == 0)


def test_close_closes_connections(answering: ScriptedServer, client: Make) -> None:
    made = client(answering)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(made.get, range(100)))
    made.close()
    wait_for(lambda: answering.open == 0)


def wait_for(condition: Callable[[], bool], seconds: float = 3) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)

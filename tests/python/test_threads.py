"""Threads and signals: one client for many threads, Ctrl-C at once, the interpreter free while a call waits."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from blynk_webhooks import RequestTimeoutError, WebhookClient, WebhooksError
from hooks import panic_once, with_hooks
from scripted_server import WEBHOOK, ScriptedServer

Make = Callable[..., WebhookClient]
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def test_threads_share_a_client(answering: ScriptedServer, client: Make) -> None:
    with client(answering) as made, ThreadPoolExecutor(16) as pool:
        webhooks = list(pool.map(made.get, range(400)))
    assert [webhook.id for webhook in webhooks] == list(range(400))


def after(pause_ms: int, **request: Any) -> list[dict[str, Any]]:
    """Rules that answer such requests after a pause, others at once."""
    return [{"request": request, "answer": {**WEBHOOK, "delay_ms": pause_ms}}, {"answer": WEBHOOK}]


@pytest.mark.parametrize("most", [1, 2, 4, 16, 20])
def test_connections_are_bounded(client: Make, most: int) -> None:
    with ScriptedServer(rules=after(1)) as server, client(server, max_connections=most) as made:
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
    rules = [{"answer": {"headers": {"Connection": "close"}, "json": {"id": 1}}}]
    with ScriptedServer(rules=rules) as server, client(server, max_retries=0) as made:
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
    mine = [request.query for request in silent.requests].index({"webhookId": "7"})
    assert silent.closes(mine), "the request was closed on the wire"
    if busy:
        other.join()


@on_posix
def test_a_signal_handler_may_make_calls(client: Make) -> None:
    seen: list[int] = []
    with ScriptedServer(rules=after(400, query={"webhookId": "1"})) as server, client(server) as made:
        before = signal.signal(signal.SIGALRM, lambda *_: seen.append(made.get(2).id))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            assert made.get(1).id == 1
        finally:
            signal.signal(signal.SIGALRM, before)
    assert seen == [2]


def slow_tokens(pause_ms: int) -> list[dict[str, Any]]:
    """Rules that answer a request for a token after a pause, every other request at once."""
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
    return [
        {"request": {"path": "/oauth2/token"}, "answer": {"json": token, "delay_ms": pause_ms}},
        {"answer": WEBHOOK},
    ]


@contextmanager
def on_alarm(seconds: float, handler: Callable[[], object]) -> Iterator[None]:
    """Runs a handler on the main thread after some seconds, by a signal."""
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@on_posix
@pytest.mark.parametrize("timeout", [None, 20])
def test_a_signal_handler_may_call_while_its_thread_fetches_a_token(timeout: float | None) -> None:
    seen: list[int] = []
    with (
        ScriptedServer(rules=slow_tokens(500)) as server,
        WebhookClient(server.url, client_id="i", client_secret="s", timeout=timeout) as made,
        on_alarm(0.1, lambda: seen.append(made.get(2).id)),
    ):
        assert made.get(1).id == 1
        tokens = [request for request in server.requests if request.path == "/oauth2/token"]
        assert len(tokens) == 1, "both calls wait for one token"
    assert seen == [2]


@on_posix
def test_a_slow_signal_handler_holds_up_no_other_call() -> None:
    done = threading.Event()
    waited: list[bool] = []
    with (
        ScriptedServer(rules=slow_tokens(300)) as server,
        WebhookClient(server.url, client_id="i", client_secret="s", timeout=20) as made,
    ):

        def other() -> None:
            wait_for(lambda: len(server.requests) == 1)
            made.get(2)
            done.set()

        thread = threading.Thread(target=other)
        thread.start()
        # The handler ends once the other thread's call has, which waits for the token that this thread's call fetches.
        with on_alarm(0.1, lambda: waited.append(done.wait(15))):
            assert made.get(1).id == 1
        thread.join()
    assert waited == [True]


@on_posix
def test_a_slow_signal_handler_takes_nothing_from_its_own_call_s_time(client: Make) -> None:
    # The answer comes in time, while the handler runs until after the deadline.
    with ScriptedServer(rules=after(300)) as server, client(server) as made, on_alarm(0.1, lambda: time.sleep(1.5)):
        assert made.get(1, timeout=1).id == 1


@on_posix
def test_signal_handlers_in_signal_handlers(client: Make) -> None:
    seen: list[int] = []

    def handler() -> None:
        number = len(seen) + 2
        seen.append(number)
        if number < 4:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert made.get(number).id == number

    with ScriptedServer(rules=after(200)) as server, client(server) as made, on_alarm(0.05, handler):
        assert made.get(1).id == 1
    assert seen == [2, 3, 4]


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
    with ScriptedServer(rules=after(300)) as server, ThreadPoolExecutor(4) as pool:
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


@with_hooks
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("most", [1, 100])
def test_a_panic_is_an_error(answering: ScriptedServer, client: Make, most: int) -> None:
    assert panic_once is not None
    with client(answering, max_connections=most) as made:
        for _ in range(2):
            panic_once()
            with pytest.raises(WebhooksError, match="a panic"):
                made.get(1)
            assert made.get(2).id == 2


def wait_for(condition: Callable[[], bool], seconds: float = 3) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)

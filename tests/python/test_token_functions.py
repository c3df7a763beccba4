"""Tokens that a function of the program provides."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from blynk_webhooks import (
    AsyncWebhookClient,
    ConfigError,
    RequestTimeoutError,
    UnauthorizedError,
    WebhookClient,
)
from scripted_server import WEBHOOK, ScriptedServer


@pytest.fixture
def server() -> Any:
    """Answers requests with the tokens `good-…`, refuses others."""
    rules = [
        {"request": {"headers": {"authorization": "Bearer good*"}}, "answer": WEBHOOK},
        {"answer": {"status": 401, "json": {"error": {"message": "no"}}}},
    ]
    with ScriptedServer(rules=rules) as server:
        yield server


def tokens(server: ScriptedServer) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


class Counter:
    """A function that counts its calls."""

    def __init__(self, *provided: Any) -> None:
        self.provided = provided
        self.calls = 0
        self.threads: list[str] = []

    def __call__(self) -> Any:
        self.threads.append(threading.current_thread().name)
        provided = self.provided[min(self.calls, len(self.provided) - 1)]
        self.calls += 1
        if isinstance(provided, BaseException):
            raise provided
        return provided


def get(kind: str, server: ScriptedServer, token: Callable[[], Any], calls: int = 1, **settings: Any) -> None:
    if kind == "sync":
        with WebhookClient(server.url, token=token, **settings) as client:
            for n in range(calls):
                assert client.get(n).id == n
        return

    async def main() -> None:
        async with AsyncWebhookClient(server.url, token=token, **settings) as client:
            for n in range(calls):
                assert (await client.get(n)).id == n

    asyncio.run(main())


BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


@BOTH
def test_a_function_provides_the_token_once(kind: str, server: ScriptedServer) -> None:
    token = Counter("good")
    get(kind, server, token, 5)
    assert token.calls == 1
    assert tokens(server) == ["good"] * 5


@BOTH
def test_a_coroutine_function_or_what_is_like_one(kind: str, server: ScriptedServer) -> None:
    async def provide(name: str = "good-coroutine") -> tuple[str, float]:
        assert asyncio.current_task() is not None
        await asyncio.sleep(0.01)
        return name, 100

    class Provider:
        async def __call__(self) -> str:
            return "good-object"

    ways: list[Callable[[], Any]] = [provide, functools.partial(provide, "good-partial"), Provider(), lambda: provide()]
    if kind == "async":
        for way in ways:
            get(kind, server, way, 2)
        assert tokens(server) == [
            "good-coroutine", "good-coroutine", "good-partial", "good-partial", "good-object", "good-object",
            "good-coroutine", "good-coroutine",
        ]  # fmt: skip
        return
    for way in ways[:3]:
        with pytest.raises(ConfigError, match="AsyncWebhookClient"):
            WebhookClient(server.url, token=way)
    with pytest.raises(TypeError, match="AsyncWebhookClient"):
        get(kind, server, lambda: Awaitable())


class Awaitable:
    def __await__(self) -> Any:
        raise AssertionError("nobody awaits it")


@BOTH
def test_it_is_asked_again_before_the_end_of_the_life(kind: str, server: ScriptedServer) -> None:
    token = Counter(("good-1", 0.0), ("good-2", 1000.0))
    get(kind, server, token, 4)
    assert tokens(server) == ["good-1", "good-2", "good-2", "good-2"]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("seconds", "asked"),
    [
        (None, 1),
        (float("inf"), 1),
        (1e300, 1),
        (2**70, 1),
        (timedelta(hours=1), 1),
        (0, 2),
        (-5, 2),
        (float("nan"), 2),
        (timedelta(seconds=-1), 2),
    ],
)
def test_a_life_without_end_and_one_that_is_over(
    kind: str, seconds: float | timedelta | None, asked: int, server: ScriptedServer
) -> None:
    counter = Counter(("good-1", seconds), ("good-2", seconds))
    get(kind, server, counter, calls=2)
    assert counter.calls == asked
    assert tokens(server) == (["good-1", "good-1"] if asked == 1 else ["good-1", "good-2"])


@BOTH
def test_it_is_asked_again_after_a_401(kind: str, server: ScriptedServer) -> None:
    token = Counter("stale", "good")
    get(kind, server, token, 3)
    assert token.calls == 2
    assert tokens(server) == ["stale", "good", "good", "good"]
    with pytest.raises(UnauthorizedError):
        get(kind, server, Counter("stale"))


@BOTH
def test_its_exception_reaches_the_caller_unchanged(kind: str, server: ScriptedServer) -> None:
    class VaultError(Exception):
        """Of a program."""

    raised = VaultError("sealed", 5)
    token = Counter(raised)
    with pytest.raises(VaultError) as caught:
        get(kind, server, token)
    assert caught.value is raised
    assert token.calls == 1
    assert server.requests == []
    # The next call asks again.
    with WebhookClient(server.url, token=Counter(raised, "good")) as client:
        with pytest.raises(VaultError):
            client.get(1)
        assert client.get(1).id == 1


@BOTH
def test_many_callers_wait_for_one_token(kind: str, server: ScriptedServer) -> None:
    calls: list[int] = []

    def slow() -> str:
        calls.append(1)
        time.sleep(0.2)
        return "good"

    if kind == "sync":
        with WebhookClient(server.url, token=slow) as client:
            threads = [threading.Thread(target=client.get, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    else:

        async def main() -> None:
            async with AsyncWebhookClient(server.url, token=slow) as client:
                await asyncio.gather(*(client.get(n) for n in range(8)))

        asyncio.run(main())
    assert calls == [1]
    assert len(server.requests) == 8


@BOTH
def test_its_time_counts_against_the_deadline(kind: str, server: ScriptedServer) -> None:
    release = threading.Event()

    def slow() -> str:
        release.wait(20)
        return "good"

    try:
        with pytest.raises(RequestTimeoutError):
            get(kind, server, slow, timeout=0.2)
    finally:
        release.set()
    assert server.requests == []


def test_a_slow_function_does_not_hold_up_the_event_loop(server: ScriptedServer) -> None:
    turns = 0

    async def main() -> None:
        nonlocal turns

        def slow() -> str:
            time.sleep(0.3)
            return "good"

        async with AsyncWebhookClient(server.url, token=slow) as client:
            call = asyncio.ensure_future(client.get(1))
            while not call.done():
                turns += 1
                await asyncio.sleep(0.005)

    asyncio.run(main())
    assert turns > 10


@BOTH
@pytest.mark.parametrize("provided", [5, None, b"good", ("good",), ("good", "soon"), ("good", 1, 2), ("good", True)])
def test_what_is_no_token(kind: str, provided: Any, server: ScriptedServer) -> None:
    with pytest.raises(TypeError, match="must return a string, or a string and seconds"):
        get(kind, server, Counter(provided))


def test_it_may_call_another_client(server: ScriptedServer) -> None:
    with WebhookClient(server.url, token="good-vault") as vault:
        get("sync", server, lambda: f"good-{vault.get(3).id}", 2)
    assert tokens(server) == ["good-vault", "good-3", "good-3"]


def test_one_client_on_loops_one_after_another(server: ScriptedServer) -> None:
    async def provide() -> tuple[str, float]:
        return "good", 0.0

    client = AsyncWebhookClient(server.url, token=provide)

    async def main(n: int) -> None:
        assert (await client.get(n)).id == n

    for n in range(3):
        asyncio.run(main(n))


def test_a_function_is_asked_in_each_process(server: ScriptedServer) -> None:
    from test_processes import in_child

    token = Counter("good")
    with WebhookClient(server.url, token=token) as client:
        client.get(1)

        def work() -> None:
            assert client.get(2).id == 2
            assert token.calls == 2

        in_child(work)
        client.get(3)
    assert token.calls == 1

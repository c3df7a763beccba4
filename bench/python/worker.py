"""Calls per second of one Python client: ``worker.py sync|async CLIENT MODELS LENGTH CALLS SECONDS``.

LENGTH is that of the list, 0 for one webhook, ``create`` for a new one. Ends after CALLS calls or SECONDS, whichever
comes first.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import process
from facts import CREATE_URL, ONE_URL, list_url

TASKS = 64
#: In the place of a length.
CREATE = -1
WARM_UP_SECONDS = 0.2
WARM_UP_CALLS = 256


def decoder(models: str, length: int) -> Callable[[Any], Any]:
    """What makes values of an answer's bytes."""
    module = importlib.import_module(f"models_{models}")
    decode = module.many if length > 0 else module.one
    # pydantic takes no memoryview, msgspec any buffer.
    return decode if models == "msgspec" else lambda body: decode(body if isinstance(body, bytes) else bytes(body))


def url(length: int) -> str:
    """What is called."""
    return CREATE_URL if length == CREATE else list_url(length) if length else ONE_URL


def check(value: Any, length: int) -> None:
    """A client that brings no typed values takes no part."""
    first = value[0] if length > 0 else value
    assert length <= 0 or len(value) == length, len(value)
    assert first.status == "ENABLED", first
    assert isinstance(first.trigger, str), first
    assert isinstance(first.id, int) and isinstance(first.attempt_count, int), first


def sync_call(client: str, models: str, length: int) -> Callable[[], Any]:
    """One call, from the request to the values."""
    open_client = getattr(importlib.import_module("sync_peers"), client)
    if models == "own":
        return open_client(length)
    fetch, decode = open_client(url(length)), decoder(models, length)
    return lambda: decode(fetch())


def async_call(client: str, models: str, length: int) -> Callable[[], Awaitable[Any]]:
    """One call, from the request to the values; made on the event loop that it runs on."""
    open_client = getattr(importlib.import_module("async_peers"), client)
    if models == "own":
        return open_client(length)
    fetch, decode = open_client(url(length)), decoder(models, length)

    async def call() -> Any:
        return decode(await fetch())

    return call


def run_sync(call: Callable[[], Any], calls: int, seconds: float) -> int:
    """Calls one after the other; says how many."""
    clock, done = time.perf_counter, 0
    end = clock() + seconds
    while done < calls and clock() < end:
        call()
        done += 1
    return done


async def run_async(call: Callable[[], Awaitable[Any]], calls: int, seconds: float) -> int:
    """Calls in 64 tasks; says how many."""
    clock, done, left = time.perf_counter, 0, calls
    end = clock() + seconds

    async def task() -> None:
        nonlocal done, left
        while left > 0 and clock() < end:
            left -= 1
            await call()
            done += 1

    await asyncio.gather(*(task() for _ in range(TASKS)))
    return done


def measured(done: int, began: float, used: float) -> None:
    """Reports what was done since the two clocks stood there."""
    took, used = time.perf_counter() - began, time.process_time() - used
    process.report(rate=done / took, cpu=used / done, memory=process.peak_memory(), calls=done)
    process.end()


async def main_async(client: str, models: str, length: int, calls: int, seconds: float) -> None:
    """Measures, and reports."""
    call = async_call(client, models, length)
    check(await call(), length)
    await run_async(call, min(WARM_UP_CALLS, calls), WARM_UP_SECONDS)
    began, used = time.perf_counter(), time.process_time()
    measured(await run_async(call, calls, seconds), began, used)


def main_sync(client: str, models: str, length: int, calls: int, seconds: float) -> None:
    """Measures, and reports."""
    call = sync_call(client, models, length)
    check(call(), length)
    run_sync(call, min(WARM_UP_CALLS, calls), WARM_UP_SECONDS)
    began, used = time.perf_counter(), time.process_time()
    measured(run_sync(call, calls, seconds), began, used)


if __name__ == "__main__":
    mode, client, models, what, calls, seconds = sys.argv[1:]
    length = CREATE if what == "create" else int(what)
    if mode == "sync":
        main_sync(client, models, length, int(calls), float(seconds))
    else:
        asyncio.run(main_async(client, models, length, int(calls), float(seconds)))

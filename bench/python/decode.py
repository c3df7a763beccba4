"""Time and memory of making values of a long list: ``decode.py DECODER LENGTH FILE``.

The peers decode bytes that they hold already. ``ours`` cannot be had without its call, so its figures hold the whole
call over HTTP; ``ours_read`` then also reads every field of every webhook, which makes the Python values that the
others have made while decoding.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import process

REPEATS = 5
FIELDS = (
    "id name trigger data_trigger url method content_type auth_type body oauth2_request failure_receivers status "
    "attempt_count created_at last_modified_at last_triggered_at failure_limit"
).split()


def read_all(webhooks: list[Any]) -> list[tuple[Any, ...]]:
    """Every field of every webhook as a Python value."""
    return [tuple(getattr(webhook, name) for name in FIELDS) for webhook in webhooks]


def source(name: str, length: int, file: str) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Where the decoder's input comes from, and the decoder."""
    if name.startswith("ours"):
        import sync_peers

        call = sync_peers.ours(length)
        if name == "ours":
            return lambda: None, lambda _: call()

        def call_and_read(_: None) -> Any:
            webhooks = call()
            return webhooks, read_all(webhooks)

        return lambda: None, call_and_read
    if name == "json":
        import json

        return Path(file).read_bytes, json.loads
    if name == "transport":
        # The same answer over the same server by a client that hands out bytes: the part of ``ours`` that is no decoding.
        import sync_peers
        from facts import list_url

        fetch = sync_peers.pycurl(list_url(length))
        return lambda: None, lambda _: fetch()
    return Path(file).read_bytes, importlib.import_module(f"models_{name}").many


def main() -> None:
    """Measures, and reports the median of some repeats; memory is that of the first, on a heap that was not used."""
    name, length, file = sys.argv[1:]
    load, decode = source(name, int(length), file)
    process.forget_peak()
    before = process.memory()
    values = decode(load())
    memory = process.peak_memory() - before
    del values
    times, used = zip(*(decode_one_time(load, decode) for _ in range(REPEATS)))
    process.report(seconds=median(times), cpu=median(used), memory=memory)


def decode_one_time(load: Callable[[], Any], decode: Callable[[Any], Any]) -> tuple[float, float]:
    """Wall and processor time of one decoding; the values go away outside of it."""
    body = load()
    began, used = time.perf_counter(), time.process_time()
    values = decode(body)
    took = time.perf_counter() - began, time.process_time() - used
    del values
    return took


if __name__ == "__main__":
    main()

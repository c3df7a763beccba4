"""Time and memory of making values of a long list: ``decode.py DECODER[_read] LENGTH FILE``.

The peers decode bytes that they hold already. ``ours`` cannot be had without its call, so its figures hold the whole
call over HTTP. With ``_read`` every field of every webhook is read too: ours makes Python values only then.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import process
import sync_peers
from facts import list_url

REPEATS = 5
FIELDS = (
    "id",
    "name",
    "trigger",
    "data_trigger",
    "url",
    "method",
    "content_type",
    "auth_type",
    "body",
    "oauth2_request",
    "failure_receivers",
    "status",
    "attempt_count",
    "created_at",
    "last_modified_at",
    "last_triggered_at",
    "failure_limit",
)


def read_all(webhooks: list[Any]) -> list[tuple[Any, ...]]:
    """Every field of every webhook as a Python value."""
    return [tuple(getattr(webhook, name) for name in FIELDS) for webhook in webhooks]


def values_of(name: str, length: int) -> Callable[[Any], Any]:
    """What makes values: of bytes, or by a call of its own."""
    match name:
        case "ours":
            call = sync_peers.ours(length)
            return lambda _: call()
        case "transport":
            # The same answer by a client that hands out bytes: the part of ``ours`` that is no decoding.
            fetch = sync_peers.pycurl(list_url(length))
            return lambda _: fetch()
        case "json":
            return json.loads
        case _:
            return importlib.import_module(f"models_{name}").many


def main() -> None:
    """Measures, and reports the median of some repeats; memory is that of the first, on a heap that was not used."""
    name, length, file = sys.argv[1:]
    name, _, reads = name.partition("_")
    values, load = values_of(name, int(length)), Path(file).read_bytes
    if name in ("ours", "transport"):
        load = bytes

    def decode(body: bytes) -> Any:
        made = values(body)
        return (made, read_all(made)) if reads else made

    process.forget_peak()
    before = process.memory()
    kept = decode(load())
    memory = process.peak_memory() - before
    del kept
    times, used = zip(*(decode_one_time(load, decode) for _ in range(REPEATS)), strict=True)
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

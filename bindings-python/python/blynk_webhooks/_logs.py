"""Log messages: how records are made, and how they are printed without a line of code (``BLYNK_LOG``)."""

from __future__ import annotations

import logging
import sys

LOGGER = logging.getLogger("blynk_webhooks")
LEVELS = ("debug", "info", "warning", "error")


def emit(level: int, nanoseconds: int, text: str) -> None:
    """Hands over a message of the native half, with the time at which it was logged there.

    Called by the thread and in the context of the call that the message is about.
    """
    if not LOGGER.isEnabledFor(level):
        return
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        frame = frame.f_back
    code = frame.f_code
    record = LOGGER.makeRecord(LOGGER.name, level, code.co_filename, frame.f_lineno, text, (), None, code.co_name)
    late = record.created - nanoseconds / 1e9
    record.created -= late
    record.relativeCreated -= late * 1000
    record.msecs = nanoseconds // 1_000_000 % 1000 + 0.0
    LOGGER.handle(record)


def print_logs(level: str) -> None:
    """Prints the messages of this package from ``level`` (``debug``, ``info``, …) on."""
    if level.strip().lower() not in LEVELS:
        import warnings

        warnings.warn(f"BLYNK_LOG must be {', '.join(LEVELS[:-1])} or {LEVELS[-1]}, is {level!r}", stacklevel=2)
        return
    LOGGER.setLevel(level.strip().upper())
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    LOGGER.addHandler(handler)
    # Printed once, also where the program's own logging prints everything.
    LOGGER.propagate = False

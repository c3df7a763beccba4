"""Log messages: how records are made, and how they are printed without a line of code (``BLYNK_LOG``)."""

from __future__ import annotations

import logging
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    StreamHandler = logging.StreamHandler[TextIO]
else:
    StreamHandler = logging.StreamHandler

LOGGER = logging.getLogger("blynk_webhooks")
LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
    "off": logging.CRITICAL + 1,
}


def emit(level: int, nanoseconds: int, text: str) -> None:
    """Hands over a message of the native half, with the time at which it was logged there.

    Called by the thread and in the context of the call that the message is about.
    """
    if not LOGGER.isEnabledFor(level):
        return
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - as `logging` itself does
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        frame = frame.f_back
    code = frame.f_code
    record = LOGGER.makeRecord(LOGGER.name, level, code.co_filename, frame.f_lineno, text, (), None, code.co_name)
    late = record.created - nanoseconds / 1e9
    record.created -= late
    record.relativeCreated -= late * 1000
    record.msecs = nanoseconds // 1_000_000 % 1000 + 0.0
    LOGGER.handle(record)


def report_observer(name: str, raised: BaseException) -> None:
    """Says that an observer of attempts has raised."""
    LOGGER.warning("%s has raised, which breaks no call; this is reported once", name, exc_info=raised)


def print_logs(level: str) -> None:
    """See ``blynk_webhooks.print_logs``."""
    number = LEVELS.get(level.strip().lower())
    if number is None:
        from .errors import ConfigError

        raise ConfigError(f"{level[:40]!r} is not a log level; use {', '.join([*LEVELS][:-1])} or {[*LEVELS][-1]}")
    LOGGER.setLevel(number)
    if not any(isinstance(handler, Printer) for handler in LOGGER.handlers):
        LOGGER.addHandler(Printer())
    # Printed once, also where the program's own logging prints everything.
    LOGGER.propagate = False


class Printer(StreamHandler):
    """Prints on the standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))


def print_logs_of_environment(level: str) -> None:
    """Prints from the level of ``BLYNK_LOG`` on; one that is none is told once, and nothing is printed then."""
    try:
        print_logs(level)
    except ValueError as problem:
        sys.stderr.write(f"blynk-webhooks: BLYNK_LOG: {problem}\n")

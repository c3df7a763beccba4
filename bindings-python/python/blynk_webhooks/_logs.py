"""``BLYNK_LOG``: log messages on the standard error, without a line of code."""

from __future__ import annotations

import logging
import warnings


def print_logs(level: str) -> None:
    """Prints the messages of this package from ``level`` (``debug``, ``info``, …) on."""
    logger = logging.getLogger("blynk_webhooks")
    try:
        logger.setLevel(level.upper())
    except ValueError:
        warnings.warn(f"BLYNK_LOG must be debug, info, warning or error, is {level!r}", stacklevel=2)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    # Printed once, also where the program's own logging prints everything.
    logger.propagate = False

"""The program ``blynk-webhooks``: its command line goes to the native module, its exit code comes back."""

from __future__ import annotations

import sys

from ._native import run_program


def main() -> int:
    """Runs the program with this process's command line; its exit code."""
    return run_program(["blynk-webhooks", *sys.argv[1:]])

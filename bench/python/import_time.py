"""Seconds that importing modules takes in a process that has imported nothing else: ``import_time.py MODULE…``."""

import importlib
import sys
import time

names = sys.argv[1:]
began = time.perf_counter()
for name in names:
    importlib.import_module(name)
took = time.perf_counter() - began

import process  # noqa: E402 (its own imports would be a head start)

process.report(seconds=took)

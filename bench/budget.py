"""Counts of system calls and instructions for one call of our clients, and the budget that they must keep.

Counts do not depend on how fast or how busy the machine is. ``budget.py`` checks them against ``budget.json`` and exits
with 1 where one is above; ``budget.py --write`` records what is measured now. Needs strace and valgrind.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

from measure import HERE, NODE, WORK, Measurer
from static_server import StaticServer

FILE = HERE / "budget.json"
PYTHON = [sys.executable, "-B", str(HERE / "python" / "calls.py")]
NODE_CALLS = [str(NODE), str(HERE / "node" / "calls.mjs")]
WORKLOADS = {
    "Python, sync": [*PYTHON, "sync"],
    "Python, async, 64 tasks": [*PYTHON, "async"],
    "Node, sequential": [*NODE_CALLS, "1"],
    "Node, 64 in flight": [*NODE_CALLS, "64"],
}
#: Two lengths: what starting and ending a process costs is in both, and falls out of their difference.
FEW, MANY = 640, 3_200
FEW_TRACED, MANY_TRACED = 64, 320
#: What a count may be above its budget, as a factor and a number: how calls fall into batches differs from machine to
#: machine. A system call that is made once for each call is always noticed.
TOLERANCE = 1.25
SLACK = 0.9
#: A system call that is made less often than this for a call is not part of it.
RARE = 0.05
#: Calls of the runtimes that come with time, not with calls, or that only tracing makes.
IGNORED = {"futex", "restart_syscall", "sched_yield", "madvise", "munmap", "mmap", "brk", "mprotect", "gettid"}


def _run(measurer: Measurer, command: list[str]) -> None:
    ended = subprocess.run(command, env=measurer.environment, capture_output=True, text=True, timeout=300, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {ended.stderr[-2000:]}")


def _system_calls(measurer: Measurer, workload: list[str], count: int) -> Counter[str]:
    with tempfile.NamedTemporaryFile("r") as summary:
        _run(measurer, ["strace", "-f", "-c", "-o", summary.name, *workload, str(count)])
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", summary.read(), re.MULTILINE)
    return Counter({name: int(calls) for calls, name in rows if name != "total"})


def system_calls(measurer: Measurer, workload: list[str]) -> dict[str, float]:
    """How often each system call is made for one call of the client."""
    many, few = _system_calls(measurer, workload, MANY), _system_calls(measurer, workload, FEW)
    each = {name: (many[name] - few[name]) / (MANY - FEW) for name in many if name not in IGNORED}
    return {name: round(number, 2) for name, number in sorted(each.items()) if number > RARE}


def _instructions(measurer: Measurer, workload: list[str], count: int) -> int:
    with tempfile.NamedTemporaryFile("r") as out:
        _run(
            measurer,
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *workload, str(count)],
        )
        found = re.search(r"^(?:summary|totals): (\d+)", out.read(), re.MULTILINE)
    if found is None:
        raise SystemExit("callgrind wrote no summary")
    return int(found[1])


def instructions(measurer: Measurer, workload: list[str]) -> int:
    """Instructions of the process for one call of the client."""
    difference = _instructions(measurer, workload, MANY_TRACED) - _instructions(measurer, workload, FEW_TRACED)
    return round(difference / (MANY_TRACED - FEW_TRACED))


def measure(measurer: Measurer) -> dict[str, Any]:
    """Everything that has a budget."""
    counted: dict[str, Any] = {}
    for name, workload in WORKLOADS.items():
        print(f"budget: {name}", file=sys.stderr)
        counted[name] = {"system_calls": system_calls(measurer, workload)}
    # Node's compiler works while it is counted, and asyncio's batches differ: only this one is the same each time.
    counted["Python, sync"]["instructions"] = instructions(measurer, WORKLOADS["Python, sync"])
    return {"python": platform.python_version(), "calls": counted}


def excesses(measured: dict[str, Any], budget: dict[str, Any]) -> list[str]:
    """What is above its budget, a line each."""
    found = []
    for name, counts in measured["calls"].items():
        allowed = budget["calls"][name]
        for call, number in counts["system_calls"].items():
            most = allowed["system_calls"].get(call, 0.0)
            if number > max(most * TOLERANCE, most + SLACK):
                found.append(f"{name}: {number} × {call} for each call, the budget is {most}")
        total, most = sum(counts["system_calls"].values()), sum(allowed["system_calls"].values())
        if total > max(most * TOLERANCE, most + 2 * SLACK):
            found.append(f"{name}: {total:.2f} system calls for each call, the budget is {most:.2f}")
        # The interpreter's own instructions differ between its releases.
        if "instructions" in counts and measured["python"] == budget["python"]:
            number, most = counts["instructions"], allowed["instructions"]
            if number > most * 1.1:
                found.append(f"{name}: {number:,} instructions for each call, the budget is {most:,}")
    return found


def markdown(measured: dict[str, Any]) -> list[str]:
    """The counts as a table."""
    lines = ["| | system calls for each call | instructions |", "| --- | --- | ---: |"]
    for name, counts in measured["calls"].items():
        each = counts["system_calls"]
        calls = ", ".join(f"{number:g} {call}" for call, number in sorted(each.items(), key=lambda item: -item[1]))
        number = f"{counts['instructions']:,}" if "instructions" in counts else ""
        lines.append(f"| {name} | **{sum(each.values()):.1f}**: {calls} | {number} |")
    return lines


def main() -> None:
    """Measures; writes the budget or checks it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="record what is measured as the budget")
    options = parser.parse_args()
    missing = [program for program in ("strace", "valgrind") if shutil.which(program) is None]
    if missing:
        raise SystemExit(f"missing: {' '.join(missing)}; install with the system's package manager")
    facts = json.loads((WORK / "facts.json").read_text())
    with StaticServer(WORK / "nginx", WORK / "answers", facts) as server:
        measured = measure(Measurer(server, facts, MANY, 0))
    print("\n".join(markdown(measured)))
    if options.write:
        FILE.write_text(json.dumps(measured, indent=2) + "\n")
        return
    over = excesses(measured, json.loads(FILE.read_text()))
    if over:
        raise SystemExit("above the budget:\n  " + "\n  ".join(over))
    print("the budget of system calls and instructions is kept")


if __name__ == "__main__":
    main()

"""Measures everything and writes the table: ``run.py --rounds 5 --calls 1000000 --seconds 2``.

Within a round the clients of a scenario run one after the other, each in a process of its own and alone. Fewer than
five rounds are a trial: their table goes to target/bench and leaves docs as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import budget
import cold
import emulation
import plot
import table
from figures import Figures
from measure import HERE, NODE, WORK, Measurer, Results
from scenarios import CALLS, GROWTH, MORE_CALLS, OURS, TIMES, Run
from static_server import StaticServer

ENOUGH_ROUNDS = 5
SOAK_CALLS = 1_000_000
CLIENT_SOAK_CALLS = 200_000
AT_ONCE = 10_000
PEERS = [
    "requests",
    "httpx",
    "aiohttp",
    "pydantic",
    "msgspec",
    "pycurl",
    "primp",
    "wreq",
    "pyreqwest",
    "openapi-python-client",
]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ENOUGH_ROUNDS)
    parser.add_argument("--calls", type=int, default=SOAK_CALLS, help="most calls of one measurement")
    parser.add_argument("--seconds", type=float, default=2.0, help="most time of one measurement, after its warm-up")
    return parser.parse_args()


def conditions(rounds: int, seconds: float) -> list[str]:
    """What the figures depend on."""
    node = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    locked = json.loads((HERE / "node" / "package-lock.json").read_text())["packages"]
    node_peers = {name: locked[f"node_modules/{name}"]["version"] for name in locked[""]["dependencies"]}
    installed = {distribution.name: distribution.version for distribution in distributions()}
    python_peers = ", ".join(f"{name} {installed[name]}" for name in PEERS if name in installed)
    return [
        f"- Machine: {os.cpu_count()} cores, shared by the client, the server and whatever else runs; {memory:.0f} GiB;"
        f" {platform.system()} {platform.machine()}. Load average: {load:.1f} at the start.",
        f"- Python {platform.python_version()}: {python_peers}.",
        f"- Node {node}: {', '.join(f'{name} {number}' for name, number in node_peers.items())}.",
        f"- Rounds: {rounds}, {seconds:g} s for each client and scenario; every process runs alone,"
        " and in a round the clients take turns.",
        "- Where one request is under way at a time, client and server share one core.",
        "- Server: one nginx process on loopback. Floor: wrk with one thread on the same URL.",
        "- A call is everything from the method to typed, checked values, except where a row says otherwise."
        " Processor time is that of the client's process.",
        "",
        "Written by `make bench`; [performance.md](performance.md) says how to read it.",
    ]


def rounds(measurer: Measurer, count: int) -> Figures:
    """What is measured once in each round."""
    results = Results()
    for number in range(1, count + 1):
        for scenario in (*CALLS, *MORE_CALLS, *TIMES, GROWTH):
            print(f"round {number} of {count}: {scenario.title}", file=sys.stderr)
            measurer.one_round(scenario, results)
        print(f"round {number} of {count}: emulator", file=sys.stderr)
        emulation.one_round(measurer, results)
    print("cold starts over TLS", file=sys.stderr)
    cold.measure(measurer, results, cold.RUNS if count >= ENOUGH_ROUNDS else 1)
    return Figures(results)


def once(measurer: Measurer, figures: Figures, calls: int) -> None:
    """What is measured once: sizes, memory over many calls, many calls at once."""
    dist = WORK / "dist"
    figures.once["sizes"] = {
        name: next(dist.glob(pattern)).stat().st_size for name, pattern in (("wheel", "*.whl"), ("npm", "*.tgz"))
    }
    at_once, client_calls = min(AT_ONCE, calls), min(CLIENT_SOAK_CALLS, calls)
    for name, program, script, count in (
        ("python-in-flight", "python", "in_flight.py", at_once),
        ("node-in-flight", "node", "in_flight.mjs", at_once),
        ("client-soak", "python", "soak.py", client_calls),
    ):
        print(f"once: {name}", file=sys.stderr)
        figures.once[name] = measurer.report(Run(name, program, (script, str(count)))) | {"calls": count}
    print("once: emulator-soak", file=sys.stderr)
    figures.once["emulator-soak"] = emulation.soak(measurer, min(SOAK_CALLS, calls))


def write_summary(document: Path, summary: str) -> None:
    """Puts the table in the place of the last one."""
    begin, end = "<!-- written by make bench -->", "<!-- until here -->"
    before, _, rest = document.read_text().partition(begin)
    document.write_text(f"{before}{begin}\n{summary}\n{end}{rest.partition(end)[2]}")


def main() -> None:
    """Measures, prints, writes. Ends with 1 where one of our own clients did not run or a count is above its budget.

    A peer's row may be missing.
    """
    options = arguments()
    # So that the servers are stopped when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    facts = json.loads((WORK / "facts.json").read_text())
    head = conditions(options.rounds, options.seconds)
    with StaticServer(WORK / "nginx", WORK / "answers", facts) as server:
        measurer = Measurer(server, facts, options.calls, options.seconds)
        figures = rounds(measurer, options.rounds)
        once(measurer, figures, options.calls)
        figures.once["budget"] = budget.measure(measurer)
    # First, so that nothing that was measured is lost.
    reports = {" · ".join(key): reports for key, reports in figures.results.reports.items()}
    (WORK / "results.json").write_text(json.dumps({"rounds": reports, "once": figures.once}, indent=1))
    text, picture = table.markdown(figures, head), plot.svg(figures)
    full = options.rounds >= ENOUGH_ROUNDS and options.calls >= SOAK_CALLS
    target = HERE.parent / "docs" if full else WORK
    target.mkdir(exist_ok=True)
    if full:
        write_summary(HERE.parent / "README.md", table.summary(figures))
    Path(target / "benchmark.md").write_text(text)
    Path(target / "benchmark.svg").write_text(picture)
    print(text)
    failures = figures.results.failures.items()
    failed = [f"{key}: {problem}" for (key, label), problem in failures if OURS in label or key == emulation.KEY]
    if failed:
        sys.exit("ours did not run: " + "; ".join(failed))
    over = budget.excesses(figures.once["budget"], json.loads(budget.FILE.read_text()))
    if over:
        sys.exit("above the budget of system calls and instructions:\n  " + "\n  ".join(over))


if __name__ == "__main__":
    main()

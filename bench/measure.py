"""Runs one process after the other and keeps what each said of itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios import Run, Scenario
from static_server import StaticServer

HERE = Path(__file__).parent
WORK = HERE.parent / "target" / "bench"
NODE = HERE / "node" / "node_modules" / ".bin" / "node"
LONGEST = 600


@dataclass
class Results:
    """What was measured: for each scenario and client one report a round, or why there is none."""

    reports: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[tuple[str, str], str] = field(default_factory=dict)


class Measurer:
    """Starts the processes, each alone, with what it has to know of the server."""

    def __init__(self, static: StaticServer, facts: dict[str, Any], calls: int, seconds: float) -> None:
        self.urls, self.url, self.server = static.urls, static.url, static.process_id
        self.facts, self.calls, self.seconds = facts, calls, seconds
        self.environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment |= {
            "BENCH_URL": self.url,
            "BENCH_AUTHORITIES": str(static.authorities),
            # By OpenSSL's variable, by that of requests, and beside those that Node has itself.
            "SSL_CERT_FILE": str(static.authorities),
            "REQUESTS_CA_BUNDLE": str(static.authorities),
            "NODE_EXTRA_CA_CERTS": str(static.authorities.with_name("authority.pem")),
            "BENCH_FACTS": str(WORK / "facts.json"),
            "PYTHONPATH": os.pathsep.join([str(HERE / "python"), str(WORK / "generated")]),
        }

    @property
    def whole_seconds(self) -> int:
        """How long wrk runs: it takes whole seconds only."""
        return max(1, round(self.seconds))

    def command(self, run: Run) -> list[str]:
        """The command line of one process."""
        if run.program == "wrk":
            return self.wrk(self.url, run.arguments)
        program, *arguments = run.arguments
        match program:
            case "decode.py":
                arguments.append(str(WORK / "answers" / f"list-{arguments[-1]}.json"))
            case "worker.py" | "worker.mjs":
                arguments += [str(self.calls), str(self.seconds)]
        interpreter = [sys.executable, "-B"] if run.program == "python" else [str(NODE)]
        return [*interpreter, str(HERE / run.program / program), *arguments]

    def wrk(self, url: str, arguments: tuple[str, ...], token: str = "") -> list[str]:
        """wrk with so many connections, for one webhook (length 0) or a list; one thread, whole seconds."""
        connections, length = arguments
        name, value = ("list", length) if length != "0" else ("get", "7")
        target = f"{url}{self.facts['paths'][name]}?{self.facts['parameters'][name]}={value}"
        header = f"Authorization: Bearer {token or self.facts['token']}"
        duration = f"-d{self.whole_seconds}s"
        return ["wrk", "-t1", f"-c{connections}", duration, "-H", header, target]

    def report(self, run: Run) -> dict[str, Any]:
        """Runs a process to its end. Raises ``RuntimeError`` with its last words where it fails."""
        return self.said(self.command(run), self.urls[run.way])

    def said(self, command: list[str], url: str | None = None) -> dict[str, Any]:
        """What a command reports."""
        environment = self.environment | {"BENCH_URL": url or self.url}
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise RuntimeError(str(problem)) from problem
        if ended.returncode != 0:
            raise RuntimeError((ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1])
        if command[0] == "wrk":
            if bad := re.search(r"Non-2xx.*|Socket errors.*", ended.stdout):
                raise RuntimeError(bad[0])
            found = re.search(r"Requests/sec:\s+([\d.]+)", ended.stdout)
            return {"rate": float(found[1])} if found else {}
        return json.loads(ended.stdout.splitlines()[-1])

    def one_round(self, scenario: Scenario, results: Results) -> None:
        """Each client of a scenario once. One that has failed is not tried again."""
        everywhere = os.sched_getaffinity(0)
        self._stay_on({min(everywhere)} if scenario.one_core else everywhere)
        try:
            self._each(scenario, results)
        finally:
            self._stay_on(everywhere)

    def _stay_on(self, cores: set[int]) -> None:
        """Binds the server, and what is started from now on, to cores."""
        os.sched_setaffinity(0, cores)
        os.sched_setaffinity(self.server, cores)

    def _each(self, scenario: Scenario, results: Results) -> None:
        for run in scenario.runs:
            key = scenario.key, run.label
            if key in results.failures:
                continue
            try:
                results.reports[key].append(self.report(run))
            except RuntimeError as problem:
                results.failures[key] = str(problem)
                print(f"{scenario.title}: {run.label}: {problem}", file=sys.stderr)

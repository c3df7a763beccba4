"""What is measured of the emulator: requests and deliveries a second, and its memory over many requests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from measure import HERE, Measurer, Results

KEY = "emulator"
GET, DELIVERIES = "requests answered (get)", "deliveries to a sink on loopback"
NGINX = "nginx, the same request"
CONNECTIONS = ("64", "0")


class Host:
    """The process that the emulator runs in."""

    def __init__(self, measurer: Measurer) -> None:
        command = [sys.executable, "-B", str(HERE / "python" / "emulator_host.py"), f"{measurer.url}/sink"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=measurer.environment, **pipes)
        started = self._heard()
        self.url, self.token = started["url"], started["token"]

    def ask(self, line: str) -> dict[str, Any]:
        """What it says to a line."""
        print(line, file=self._process.stdin, flush=True)
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the emulator's process has ended")
        return json.loads(line)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate("\n")


def one_round(measurer: Measurer, results: Results) -> None:
    """Each of the two rates once, and nginx's beside them."""
    try:
        with Host(measurer) as host:
            get = measurer.said(measurer.wrk(host.url, CONNECTIONS, host.token))
            results.reports[KEY, GET].append(get)
            nginx = measurer.said(measurer.wrk(measurer.url, CONNECTIONS))
            results.reports[KEY, NGINX].append(nginx)
            results.reports[KEY, DELIVERIES].append(host.ask(f"trigger {measurer.seconds}"))
    except RuntimeError as problem:
        results.failures[KEY, GET] = str(problem)
        print(f"emulator: {problem}", file=sys.stderr)


def soak(measurer: Measurer, calls: int) -> dict[str, Any]:
    """Resident memory of the emulator after about a tenth of the calls, and after all of them."""
    with Host(measurer) as host:
        done, memory, last = 0.0, [], 0
        while done < calls:
            rate = measurer.said(measurer.wrk(host.url, CONNECTIONS, host.token))["rate"]
            done += rate * measurer.whole_seconds
            last = host.ask("memory")["memory"]
            if not memory and done >= calls / 10:
                memory.append(last)
        return {"calls": int(done), "memory": [*memory, last]}

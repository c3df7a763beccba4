"""A script that starts, lists once over TLS and ends: wall and processor time above the bare interpreter.

Each client runs as a process of its own, in turn with the others. All read the same authorities.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from measure import NODE, Measurer, Results
from scenarios import OURS

KEY = "cold"
RUNS = 15
LENGTH = 100
BARE = {"python": "Python, bare interpreter", "node": "Node, bare interpreter"}

#: ``{url}`` is the server, ``{list}`` the URL of the list, ``{token}`` the token, ``{ca}`` the file of authorities.
PYTHON = {
    BARE["python"]: "pass",
    f"Python, {OURS}": """
from blynk_webhooks import WebhookClient
with WebhookClient("{url}", token="{token}") as client:
    assert len(client.list(org_id={length})) == {length}
""",
    "Python, urllib + json": """
import json, urllib.request
request = urllib.request.Request("{list}", headers={{"Authorization": "Bearer {token}"}})
assert len(json.load(urllib.request.urlopen(request))) == {length}
""",
    "Python, pycurl + msgspec": """
import pycurl, models_msgspec
curl = pycurl.Curl()
curl.setopt(pycurl.URL, "{list}")
curl.setopt(pycurl.CAINFO, "{ca}")
curl.setopt(pycurl.HTTPHEADER, ["Authorization: Bearer {token}"])
assert len(models_msgspec.many(curl.perform_rb())) == {length}
""",
    "Python, requests + pydantic": """
import requests, models_pydantic
response = requests.get("{list}", headers={{"Authorization": "Bearer {token}"}})
assert len(models_pydantic.many(response.content)) == {length}
""",
    "Python, httpx + pydantic": """
import httpx, models_pydantic
response = httpx.get("{list}", headers={{"Authorization": "Bearer {token}"}})
assert len(models_pydantic.many(response.content)) == {length}
""",
}
NODE_SCRIPTS = {
    BARE["node"]: "",
    f"Node, {OURS}": """
const {{ WebhookClient }} = require('blynk-webhooks')
const client = new WebhookClient({{ baseUrl: '{url}', token: '{token}' }})
client.list({{ orgId: {length} }}).then((list) => {{ if (list.length !== {length}) process.exitCode = 1 }})
""",
    "Node, fetch": """
fetch('{list}', {{ headers: {{ authorization: 'Bearer {token}' }} }}).then((response) => response.json())
  .then((list) => {{ if (list.length !== {length}) process.exitCode = 1 }})
""",
    "Node, undici + zod": """
const {{ request }} = require('undici')
import('{models}').then(({{ check }}) => request('{list}', {{ headers: {{ authorization: 'Bearer {token}' }} }})
  .then(({{ body }}) => body.json()).then((list) => {{ if (check(1)(list).length !== {length}) process.exitCode = 1 }}))
""",
}


def measure(measurer: Measurer, results: Results, runs: int) -> None:
    """Each client ``runs`` times, in turn."""
    url, environment = measurer.urls["https"], measurer.environment
    facts, here = measurer.facts, os.fspath(NODE.parents[2])
    listed = f"{url}{facts['paths']['list']}?{facts['parameters']['list']}={LENGTH}"
    told = {"url": url, "list": listed, "token": facts["token"], "length": LENGTH}
    told |= {"ca": environment["BENCH_AUTHORITIES"], "models": f"file://{here}/models.mjs"}
    commands = {
        **{label: [sys.executable, "-B", "-c", code.format(**told)] for label, code in PYTHON.items()},
        **{label: [str(NODE), "-e", code.format(**told)] for label, code in NODE_SCRIPTS.items()},
    }
    for _ in range(runs):
        for label, command in commands.items():
            if (KEY, label) in results.failures:
                continue
            try:
                results.reports[KEY, label].append(_timed(command, environment, here))
            except RuntimeError as problem:
                results.failures[KEY, label] = str(problem)
                print(f"cold: {label}: {problem}", file=sys.stderr)


def _timed(command: list[str], environment: dict[str, str], folder: str) -> dict[str, Any]:
    """Wall and processor time of a process from its start to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError((errors.decode().strip().splitlines() or [f"exit code {process.returncode}"])[-1])
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime}

"""The emulator program, started anew for each test that asks for it."""

import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAM = Path(os.environ.get("EMULATOR_PROGRAM", HERE.parent.parent / "target/debug/blynk-webhooks-emulator"))


@dataclass
class Program:
    """A running emulator."""

    url: str
    welcome: str

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Send a request; return what was answered, read as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def token(self, client_id: str = "tests", client_secret: str = "tests-secret") -> str:
        """Return a new access token."""
        query = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        return self.ask("POST", f"{self.path_of('getToken')}?{urllib.parse.urlencode(query)}")["access_token"]

    def path_of(self, operation: str) -> str:
        """Return the path of an operation that is posted to, as the document has it."""
        paths = self.ask("GET", "/_emulator/openapi.json")["paths"]
        return next(path for path, item in paths.items() if item.get("post", {}).get("operationId") == operation)


@contextmanager
def running(*arguments: str) -> Iterator[Program]:
    """Start the program, and end it when it is no longer needed."""
    process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        welcome = ""
        while "Ctrl-C ends it" not in welcome:
            line = process.stdout.readline()
            assert line, f"the emulator ended after: {welcome}"
            welcome += line
        url = next(line.split()[-1] for line in welcome.splitlines() if line.strip().startswith("API"))
        yield Program(url, welcome)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture
def emulator() -> Iterator[Program]:
    """An emulator with the seed of these tests."""
    with running("--seed", str(HERE / "seed.json")) as program:
        yield program

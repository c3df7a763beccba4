"""A client of the scripted server that the tests of all languages share (``tests/server``)."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "scripted-server"
WEBHOOK: dict[str, Any] = {
    "headers": {"Content-Type": "application/json"},
    "text": '{"id": ${webhookId:-1}, "name": "Doors"}',
}
"""An answer: the webhook that was asked for."""
SILENCE: dict[str, Any] = {"fault": "silence"}
"""No answer; the connection stays open."""
_LOCK = threading.Lock()


@cache
def _program() -> subprocess.Popen[bytes]:
    """The program, which starts with the first server and ends with this process."""
    path = PROGRAM.with_suffix(".exe") if sys.platform == "win32" else PROGRAM
    if not path.exists():
        subprocess.run(["cargo", "build", "--quiet", "--package", "scripted-server"], cwd=ROOT, check=True)
    program = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(program.communicate)
    return program


def _ask(command: str, **arguments: Any) -> Any:
    """Sends a command to the program."""
    with _LOCK:
        program = _program()
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(json.dumps({command: arguments}).encode() + b"\n")
        program.stdin.flush()
        result = json.loads(program.stdout.readline())
    assert "error" not in result, result["error"]
    return result


@dataclass
class Received:
    """One request as it came: the path without the query, names of headers in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


class ScriptedServer:
    """A server that answers by a script.

    Args:
        keep: whether it keeps the requests.
        script: ``rules=[...]`` or ``exchange=[...]``: see ``Script`` and ``Step`` in ``tests/server/src/script.rs``.
    """

    def __init__(self, *, keep: bool = True, **script: list[dict[str, Any]]) -> None:
        started = _ask("start", script=script, keep=keep)
        self.url: str = started["url"]
        self._number: int = started["server"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Closes all connections; what did not go as the script says fails the test, where nothing else has."""
        problems = _ask("stop", server=self._number)["problems"]
        assert kind is not None or problems == [], problems

    def go_on_with(self, **script: list[dict[str, Any]]) -> None:
        """Answers by another script from now on."""
        _ask("script", server=self._number, script=script)

    def release(self) -> None:
        """Sends the answers that are ``held``, now and from now on."""
        _ask("release", server=self._number)

    @property
    def requests(self) -> list[Received]:
        """The requests so far."""
        return [Received(**request) for request in self._state()["requests"]]

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return int(self._state()["connections"])

    @property
    def open(self) -> int:
        """How many connections are open."""
        return int(self._state()["open"])

    @property
    def most_open(self) -> int:
        """How many connections were open at once, at the most."""
        return int(self._state()["most_open"])

    def closes(self, number: int, seconds: float = 2) -> bool:
        """Waits until the client has closed the connection of a request that silence answers; false if it does not."""
        end = time.monotonic() + seconds
        while number not in self._state()["closed"]:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def _state(self) -> Any:
        return _ask("state", server=self._number, **{"from": 0})

"""A client of the scripted server that the tests of all languages share (``tests/server``)."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "scripted-server"
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


def ask(command: dict[str, Any]) -> Any:
    """Sends a command to the program."""
    with _LOCK:
        program = _program()
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(json.dumps(command).encode() + b"\n")
        program.stdin.flush()
        result = json.loads(program.stdout.readline())
    assert "error" not in result, result["error"]
    return result


class Exchange:
    """A server that expects the exchanges of a case."""

    def __init__(self, exchange: list[dict[str, Any]]) -> None:
        started = ask({"start": {"script": {"exchange": exchange}}})
        self.url: str = started["url"]
        self._number: int = started["server"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        problems = ask({"stop": {"server": self._number}})["problems"]
        assert kind is not None or problems == [], problems

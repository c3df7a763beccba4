"""The transcripts of the program in ``cli/tests/cmd``: command lines with what they print and how they end."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "cli" / "tests" / "cmd"
STATE = ROOT / "cli" / "tests" / "support" / "state.json"


@dataclass
class Step:
    """One command line."""

    line: int
    arguments: list[str]
    code: int = 0
    output: list[str] = field(default_factory=list)

    def matches(self, printed: str, variables: dict[str, str]) -> bool:
        """Whether a text is the expected one: ``[..]`` stands for any text on a line, ``...`` for any lines."""
        pattern = ""
        for line in self.output:
            if line == "...":
                pattern += r"(?:.*\n)*?"
                continue
            for name, value in variables.items():
                line = line.replace(name, value)
            pattern += ".*".join(re.escape(part) for part in line.split("[..]")) + "\n"
        return re.fullmatch(pattern.rstrip("\n") + r"\n*", printed.replace("\\", "/")) is not None


def read(path: Path) -> list[Step]:
    """The steps of a file, in order."""
    steps: list[Step] = []
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif inside and line.startswith("$ "):
            program, *arguments = shlex.split(line[2:])
            assert program == "blynk-webhooks"
            steps.append(Step(number, arguments))
        elif inside and line.startswith("? "):
            steps[-1].code = int(line[2:])
        elif inside and steps:
            steps[-1].output.append(line)
    for step in steps:
        while step.output and not step.output[-1]:
            step.output.pop()
    return steps

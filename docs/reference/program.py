"""The program's reference: what `--help` of each command prints, which clap makes from the code."""

from __future__ import annotations

import re
import subprocess
import textwrap
from pathlib import Path

# Where a line's text begins: after its indent, and after a name that has a column of its own.
_DESCRIPTION = re.compile(r" *(?:\S+(?: \S+)* {2,})?")
_COMMAND = re.compile(r"^  ([a-z][a-z-]*)(?:  +(.*))?$")


def build(root: Path) -> Path:
    """Builds the program by the dev profile and gives its path."""
    subprocess.run(["cargo", "build", "--quiet", "--package", "blynk-webhooks-cli"], check=True, cwd=root)
    return root / "target/debug/blynk-webhooks"


def render(program: Path) -> str:
    """The page, as Markdown."""
    top = _help(program, [])
    out = [
        "# Program\n",
        "`blynk-webhooks` comes with each package: `pip install`, `npm install` and `cargo install` all bring it. "
        "`pipx run blynk-webhooks`, `uvx blynk-webhooks` and `npx blynk-webhooks` run it without an installation.\n",
        "This page shows what `--help` prints.\n",
        "## `blynk-webhooks` { #all-commands }\n",
        _block(top),
        "## Exit codes { #exit-codes }\n",
        _block(_run(program, ["help", "exit-codes"])),
        "## Credentials { #credentials }\n",
        _block(_run(program, ["help", "credentials"])),
    ]
    for command in _commands(top):
        out += _command(program, [command], 2)
    return "\n".join(out)


# Sections that the help of every command repeats.
COMMON = ("Options of every command:", "Server and credentials")


def _command(program: Path, path: list[str], level: int) -> list[str]:
    text = _help(program, path)
    name = " ".join(["blynk-webhooks", *path])
    out = [f"{'#' * level} `{name}` {{ #{'-'.join(path)} }}\n", _block(_without_common(text))]
    for command in _commands(text):
        out += _command(program, [*path, command], level + 1)
    return out


def _block(text: str) -> str:
    """The text as it is printed, but for lines that no page has room for."""
    lines = []
    for line in text.splitlines():
        indent = " " * _DESCRIPTION.match(line).end()
        lines += textwrap.wrap(line, 88, subsequent_indent=indent) or [""]
    return "```text\n" + "\n".join(line.rstrip() for line in lines) + "\n```\n"


def _without_common(text: str) -> str:
    """The help of a command without the options that all commands have."""
    kept: list[str] = []
    common = False
    for line in text.splitlines():
        if line and not line.startswith(" "):
            common = line.startswith(COMMON)
        if not common:
            kept.append(line)
    return "\n".join(kept).strip()


def _help(program: Path, path: list[str]) -> str:
    return _run(program, [*path, "--help"])


def _run(program: Path, arguments: list[str]) -> str:
    environment = {"COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(
        [program, *arguments], check=True, capture_output=True, text=True, env=environment
    ).stdout.rstrip()


def _commands(text: str) -> list[str]:
    found = []
    inside = False
    for line in text.splitlines():
        if line == "Commands:":
            inside = True
        elif inside and line and not line.startswith(" "):
            inside = False
        elif inside and (match := _COMMAND.match(line)):
            found.append(match[1])
    return [command for command in found if command != "help"]

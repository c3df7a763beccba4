"""The program's reference: what `--help` of each command prints, which clap makes from the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_COMMAND = re.compile(r"^  ([a-z][a-z-]*)(?:  +(.*))?$")


def build(root: Path) -> Path:
    """Builds the program by the dev profile and gives its path."""
    subprocess.run(["cargo", "build", "--quiet", "--package", "blynk-webhooks-cli"], check=True, cwd=root)
    return root / "target/debug/blynk-webhooks"


def render(program: Path) -> str:
    """The page, as Markdown."""
    out = [
        "# Program\n",
        "`blynk-webhooks` comes with each package: `pip install`, `npm install` and `cargo install` all bring the same program. "
        "`pipx run blynk-webhooks`, `uvx blynk-webhooks` and `npx blynk-webhooks` run it without an installation.\n",
        "Data goes to the standard output, everything else to the standard error. "
        "It asks only on a terminal; elsewhere a write needs `--yes`. It never looks for updates and sends no telemetry.\n",
        "## Exit codes\n",
        "| Code | Meaning |\n| ---: | --- |",
        *[f"| {code} | {meaning} |" for code, meaning in EXIT_CODES],
        "",
    ]
    out += _command(program, [], 2)
    return "\n".join(out)


EXIT_CODES = [
    (0, "Done"),
    (1, "Failure"),
    (2, "Wrong usage: an unknown option, a missing argument"),
    (3, "There are differences: `plan --check`, `drift`"),
    (4, "Authentication failed, or there are no credentials"),
    (5, "Refused: by a guard, a plan that has changed, or a conflict"),
    (6, "Partly done, or the outcome is unknown: run it again"),
    (7, "Unhealthy: `doctor` found a webhook that is disabled or silent"),
    (130, "Interrupted by Ctrl-C"),
]


def _command(program: Path, path: list[str], level: int) -> list[str]:
    text = _help(program, path)
    name = " ".join(["blynk-webhooks", *path])
    out = [f"{'#' * min(level, 3)} `{name}` {{ #{'-'.join(path) or 'all-commands'} }}\n", f"```text\n{text}\n```\n"]
    for command in _commands(text):
        if command != "help":
            out += _command(program, [*path, command], level + 1)
    return out


def _help(program: Path, path: list[str]) -> str:
    run = subprocess.run(
        [program, *path, "--help"], check=True, capture_output=True, text=True, env={"COLUMNS": "100", "NO_COLOR": "1"}
    )
    return run.stdout.rstrip()


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
    return found

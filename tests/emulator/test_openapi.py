"""The served OpenAPI document against the server itself, by schemathesis with all its checks.

``FULL=1`` makes at least 2,000 cases of each half of the document; otherwise there are enough to notice a break.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import HERE, Program

FULL = os.environ.get("FULL") == "1"


# The halves run apart: a state that is put or a clock that is set would end the tokens that the other half uses.
@pytest.mark.parametrize(
    ("half", "examples", "least"),
    [
        ("^/(api|oauth2)/", 600 if FULL else 50, 2000 if FULL else 400),
        ("^/_emulator/", 100 if FULL else 8, 2000 if FULL else 400),
    ],
)
def test_schemathesis_finds_nothing(emulator: Program, half: str, examples: int, least: int, tmp_path: Path) -> None:
    command = [
        Path(sys.executable).parent / "schemathesis",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{emulator.url}/_emulator/openapi.json",
        f"--include-path-regex={half}",
        f"--max-examples={examples}",
        "--checks=all",
        "--workers=2",
        "--seed=1",
        "--no-color",
        "--generation-database=none",
    ]
    environment = {**os.environ, "EMULATOR_TOKEN": emulator.token(), "PYTHONPATH": str(HERE), "COLUMNS": "120"}
    found = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    cases = re.search(r"([0-9]+) generated, ([0-9]+) passed", found.stdout)
    assert found.returncode == 0, found.stdout + found.stderr
    assert cases, found.stdout
    print(f"schemathesis, {half}: {cases[0]}")
    assert int(cases[1]) == int(cases[2]) >= least, found.stdout

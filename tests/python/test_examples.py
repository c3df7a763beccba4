"""The examples run, as their readers run them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "python"
SAYS = {
    "quickstart.py": ["created: 1", "disabled: DISABLED", "DEVICE_ADDED?", "gone: 404"],
    "fastapi_service.py": [
        "documented: True",
        "created: 201 1 Doors",
        "list: ['Doors']",
        "unknown: 404",
        "refused: [{'path': 'method'",
    ],
    "prefork_workers.py": ["100 webhooks disabled by", "statuses now: {'DISABLED'}"],
    "notebook.py": ["'DEVICE_ADDED': 3", "Report 5", "status='ENABLED'"],
}
NEEDS = {"fastapi_service.py": "fastapi"}


def test_every_example_is_run() -> None:
    assert {file.name for file in FOLDER.glob("*.py")} == set(SAYS)


@pytest.mark.parametrize("name", SAYS)
def test_example(name: str) -> None:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    if name == "prefork_workers.py" and sys.platform == "win32":
        pytest.skip("no fork here")
    command = [sys.executable, str(FOLDER / name)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    for text in SAYS[name]:
        assert text in ran.stdout

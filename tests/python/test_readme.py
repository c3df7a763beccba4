"""The examples of the package's page run as they stand, each as a program of its own."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from blynk_webhooks import Emulator

FILE = Path(__file__).parents[2] / "bindings-python" / "README.md"
PAGE = FILE.read_text(encoding="utf-8")


def examples() -> list[object]:
    found: list[object] = []
    title = ""
    for match in re.finditer(r"^## (?P<title>[^\n]*)$|^```python\n(?P<code>.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        title = match["title"] or title
        if match["code"]:
            found.append(pytest.param(match["code"], id=f"{len(found) + 1}, {title}"))
    return found


def test_the_page_has_examples() -> None:
    assert len(examples()) >= 11


@pytest.mark.parametrize("code", examples())
def test_example(code: str, tmp_path: Path) -> None:
    test = "def test_" in code
    path = tmp_path / ("test_example.py" if test else "example.py")
    path.write_text(code, encoding="utf-8")
    command = [sys.executable, "-W", "error"]
    command += ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if test else []
    with Emulator() as emulator:
        with emulator.client() as client:
            client.create(
                name="Doors",
                trigger="DEVICE_ADDED",
                url="https://example.com/{device_id}",
                method="POST",
                content_type="JSON",
                auth_type="NONE",
            )
        ran = subprocess.run(
            [*command, str(path)],
            cwd=tmp_path,
            env={**os.environ, **emulator.environ(), "BLYNK_LOOPBACK_ONLY": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout or not test, ran.stdout


def test_what_the_page_says_is_printed() -> None:
    code = next(
        code
        for code in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "placeholders()" in code
    )
    said = re.findall(r"^print\(.*\)  # ([\[{].*)$", code, re.MULTILINE)
    printed = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8").splitlines()
    assert len(said) == 2
    assert printed[-2:] == said


def test_pypi_shows_the_page() -> None:
    metadata = importlib.metadata.distribution("blynk-webhooks").read_text("METADATA")
    assert metadata is not None
    assert metadata.partition("\n\n")[2].strip() == PAGE.strip()
    links = re.findall(r"\]\(([^)]*)\)", PAGE)
    assert all(link.startswith(("https://", "#")) for link in links), "PyPI resolves no relative link"


def test_links_within_the_page() -> None:
    titles = {
        title.lower().replace(" ", "-").replace(",", "") for title in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    }
    assert {link[1:] for link in re.findall(r"\]\((#[^)]*)\)", PAGE)} <= titles

"""Where the tests of the documentation find things, and an emulator for each example."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WORK = ROOT / "target/docs/examples"
SITE = ROOT / "target/site"

sys.path.insert(0, str(ROOT / "docs"))

from blynk_webhooks.emulator import Emulator  # noqa: E402


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """What a user has set, with an emulator as the server; its state is `state.json`."""
    with Emulator(state=HERE / "state.json") as emulator:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BLYNK_")}
        yield {
            **kept,
            "BLYNK_BASE_URL": emulator.url,
            "BLYNK_CLIENT_ID": emulator.client_id,
            "BLYNK_CLIENT_SECRET": emulator.client_secret,
            "BRANCH_CLIENT_ID": "oa2-client-id_branch",
            "BRANCH_CLIENT_SECRET": "secret-of-the-branch",
            "GATEWAY_TOKEN": _token(emulator),
            "INGEST_SECRET": "secret-of-ingest",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def _token(emulator: Emulator) -> str:
    basic = base64.b64encode(f"{emulator.client_id}:{emulator.client_secret}".encode()).decode()
    request = urllib.request.Request(
        f"{emulator.url}/oauth2/token?grant_type=client_credentials",
        b"",
        {"Authorization": f"Basic {basic}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["access_token"])


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """A folder in which the Node package and the test frameworks are installed."""
    folder = WORK / "node"
    folder.mkdir(parents=True, exist_ok=True)
    lock = HERE / "package-lock.json"
    if not (folder / "package-lock.json").is_file() or (folder / "package-lock.json").read_bytes() != lock.read_bytes():
        shutil.copy(HERE / "package.json", folder)
        subprocess.run(["cp", str(lock), str(HERE / ".npmrc"), str(folder)], check=True)
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=folder, check=True)
    link = folder / "node_modules/blynk-webhooks"
    if not link.exists():
        link.symlink_to(ROOT)
    return folder

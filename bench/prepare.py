"""Writes what the measured processes read: the emulator's document, the facts in it, and the answers."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import contract
import data

from blynk_webhooks.emulator import Emulator

DOCUMENT = "/_emulator/openapi.json"


def main(folder: Path) -> None:
    """Fills the folder."""
    with Emulator() as emulator, urllib.request.urlopen(emulator.url + DOCUMENT) as answer:
        (folder / "openapi.json").write_bytes(answer.read())
    facts = contract.read(folder / "openapi.json")
    (folder / "facts.json").write_text(json.dumps(facts))
    data.write(folder / "answers", facts["enums"]["Trigger"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The reference has every public name of each package."""

from __future__ import annotations

import json
import subprocess

import blynk_webhooks
import blynk_webhooks.emulator

from conftest import ROOT, SITE
from test_links import read


def anchors(page: str) -> set[str]:
    return read(SITE / f"reference/{page}.html").anchors


def test_python() -> None:
    public = {*blynk_webhooks.__all__, *blynk_webhooks.emulator.__all__} - {"__version__"}
    client = blynk_webhooks.WebhookClient
    names = [name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))]
    methods = {f"WebhookClient.{name}" for name in names}
    assert (public | methods) - anchors("python") == set()


def test_node() -> None:
    script = """
        const names = ['.', './bindings-node/dist/emulator.js'].flatMap((path) => Object.keys(require(path)))
        console.log(JSON.stringify(names))
    """
    done = subprocess.run(["node", "-e", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert set(json.loads(done.stdout)) - anchors("node") == set()


def test_rust() -> None:
    for crate in ("blynk_webhooks", "blynk_webhooks_emulator", "blynk_webhooks_plan"):
        assert (SITE / "rust" / crate / "index.html").is_file()


def test_program() -> None:
    commands = (
        "list get create update delete enable disable validate render send import plan apply drift doctor "
        "profile whoami emulate probe completions schema"
    )
    assert set(commands.split()) - anchors("program") == set()


def test_settings_and_errors() -> None:
    text = (SITE / "reference/settings.html").read_text(encoding="utf-8")
    for name in ("max_connections", "maxConnections", "BLYNK_CLIENT_SECRET", "BLYNK_LOOPBACK_ONLY"):
        assert name in text, name
    text = (SITE / "reference/errors.html").read_text(encoding="utf-8")
    for name in blynk_webhooks.__all__:
        if name.endswith("Error"):
            assert name in text, name

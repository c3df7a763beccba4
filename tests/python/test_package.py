"""The package as it is installed: quick to import, nothing heavy, nothing needed, typed, with a plugin."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import blynk_webhooks
from blynk_webhooks import _native
from blynk_webhooks._wire_name import WireName

# Loaded by the first call that needs them, or never.
LATER = {"asyncio", "datetime", "inspect", "json", "logging", "re", "threading", "typing", "pydantic"}


def test_import_loads_nothing_heavy() -> None:
    code = "import sys; before = set(sys.modules); import blynk_webhooks; print(*(set(sys.modules) - before))"
    loaded = subprocess.check_output([sys.executable, "-I", "-c", code], text=True).split()
    assert "blynk_webhooks._native" in loaded
    assert set(loaded) & LATER == set()


def test_metadata() -> None:
    metadata = importlib.metadata.metadata("blynk-webhooks")
    assert metadata["Version"] == blynk_webhooks.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert importlib.metadata.requires("blynk-webhooks") is None, "nothing is needed at run time"
    plugins = importlib.metadata.entry_points(group="pytest11")
    assert "blynk_webhooks.pytest_plugin" in {plugin.value for plugin in plugins}
    assert (Path(blynk_webhooks.__file__).parent / "py.typed").exists()


def test_every_public_name_is_documented() -> None:
    for name in blynk_webhooks.__all__:
        value = getattr(blynk_webhooks, name)
        if name != "__version__":
            assert value.__doc__, name
            assert value.__module__.startswith("blynk_webhooks"), name
    for kind in (blynk_webhooks.WebhookSpec, blynk_webhooks.Webhook, blynk_webhooks.WebhookClient):
        for name, value in vars(kind).items():
            if not name.startswith("_"):
                assert value.__doc__, f"{kind.__name__}.{name}"


def test_every_enum_of_the_wire_is_a_public_name() -> None:
    enums = {name for name, value in vars(_native).items() if isinstance(value, type) and issubclass(value, WireName)}
    assert "Trigger" in enums
    assert enums <= set(blynk_webhooks.__all__)


def test_editors_show_the_docs_of_native_names() -> None:
    def compare(found: ast.ClassDef | ast.FunctionDef, native: object, name: str) -> None:
        assert ast.get_docstring(found) == inspect.getdoc(native), name

    stub = ast.parse((Path(blynk_webhooks.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))
    for found in stub.body:
        if isinstance(found, (ast.ClassDef, ast.FunctionDef)) and found.name in blynk_webhooks.__all__:
            native = getattr(blynk_webhooks, found.name)
            compare(found, native, found.name)
            members = found.body if isinstance(found, ast.ClassDef) else []
            for member in members:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    compare(member, getattr(native, member.name), f"{found.name}.{member.name}")

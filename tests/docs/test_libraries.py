"""CONTRIBUTING.md says of each dependency why it is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import tomllib

from conftest import ROOT

# What the benchmark compares the packages with, which the table names as a whole.
PEERS = ("bench/",)


def manifests(pattern: str) -> list[Path]:
    found = [
        path
        for path in ROOT.rglob(pattern)
        if not {"target", "node_modules", ".venv"} & set(path.relative_to(ROOT).parts)
        and not str(path.relative_to(ROOT)).startswith(PEERS)
    ]
    assert found, pattern
    return found


def crates() -> set[str]:
    names: set[str] = set()
    for path in manifests("Cargo.toml"):
        manifest = tomllib.loads(path.read_text())
        tables = [manifest, manifest.get("workspace", {}), *manifest.get("target", {}).values()]
        for table in tables:
            for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
                for name, what in table.get(kind, {}).items():
                    real = what.get("package", name) if isinstance(what, dict) else name
                    # A member that takes the workspace's entry has the name that is used there.
                    # What has a path is a crate of this workspace.
                    if not (isinstance(what, dict) and ("workspace" in what or "path" in what)):
                        names.add(real)
    return names


def python_packages() -> set[str]:
    lines = [line for path in manifests("requirements*.txt") for line in path.read_text().splitlines()]
    return {match[0] for line in lines if (match := re.match(r"[\w-]+(?===)", line))}


def npm_packages() -> set[str]:
    names: set[str] = set()
    for path in manifests("package.json"):
        manifest = json.loads(path.read_text())
        names |= {*manifest.get("dependencies", {}), *manifest.get("devDependencies", {})}
    return names


def test_each_dependency_has_a_reason() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("## Libraries") :]
    named = set(re.findall(r"`([^`]+)`", "\n".join(line for line in table.splitlines() if line.startswith("| "))))
    used = crates() | python_packages() | npm_packages()
    assert len(used) > 60
    assert sorted(used - named) == []
    assert sorted(named - used - {"raw_value", "float_roundtrip", "kill -9", "2h", "get_or_try_init", "unsafe"}) == []

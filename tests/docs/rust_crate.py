"""All Rust examples as one crate: programs as modules of a binary, tests as modules of a test target."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from examples import Block

LIBRARIES = {"blynk-webhooks": "core", "blynk-webhooks-emulator": "emulator", "blynk-webhooks-plan": "plan"}
DEPENDENCIES = """\
reqwest = { version = "0.13", default-features = false }
rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
tracing = { version = "0.1", default-features = false, features = ["std"] }
tracing-subscriber = { version = "0.3", default-features = false, features = ["fmt"] }
"""


def is_test(block: Block) -> bool:
    return block.title is not None and block.title.startswith("tests/")


def write(folder: Path, root: Path, blocks: list[Block]) -> None:
    """Writes the crate."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("src", "tests"):
        (folder / name).mkdir(parents=True)
    paths = "".join(f"{name} = {{ path = {json.dumps(str(root / place))} }}\n" for name, place in LIBRARIES.items())
    manifest = '[package]\nname = "documentation-examples"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n'
    (folder / "Cargo.toml").write_text(manifest + paths + DEPENDENCIES)
    shutil.copy(root / "Cargo.lock", folder)
    programs = [block for block in blocks if not is_test(block)]
    for block in programs:
        (folder / f"src/{block.name}.rs").write_text(_program(block))
    modules = "".join(f"mod {block.name};\n" for block in programs)
    arms = "".join(f'        "{block.name}" => {block.name}::run(),\n' for block in programs)
    (folder / "src/main.rs").write_text(
        f"//! Every program of the pages; the argument says which.\n\n{modules}\n"
        "fn main() -> std::process::ExitCode {\n"
        "    match std::env::args().nth(1).as_deref().unwrap_or_default() {\n"
        f"{arms}"
        '        other => panic!("there is no example {other}"),\n'
        "    }\n}\n"
    )
    tests = [block for block in blocks if is_test(block)]
    for block in tests:
        (folder / "tests" / block.name).mkdir()
        (folder / "tests" / block.name / "mod.rs").write_text(block.code)
    (folder / "tests/pages.rs").write_text("".join(f"mod {block.name};\n" for block in tests))


def _program(block: Block) -> str:
    """The block as a module with a function `run`."""
    lines = [line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in block.code.splitlines()]
    code = "\n".join(lines)
    if "fn main()" in code:
        return (
            f"{code}\n\npub fn run() -> std::process::ExitCode {{\n    std::process::Termination::report(main())\n}}\n"
        )
    return (
        "#[tokio::main]\npub async fn example() -> Result<(), Box<dyn std::error::Error>> {\n"
        f"{code}\nOk(())\n}}\n\n"
        "pub fn run() -> std::process::ExitCode {\n    std::process::Termination::report(example())\n}\n"
    )


def build(folder: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs cargo on the crate, in the repository's own target folder."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(root / "target")}
    return subprocess.run(
        ["cargo", *arguments, "--manifest-path", str(folder / "Cargo.toml"), "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
    )

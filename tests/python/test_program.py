"""The program ``blynk-webhooks``, as this package carries it: what it prints, and how it ends."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import transcripts

from blynk_webhooks.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPT = Path(sysconfig.get_path("scripts"), "blynk-webhooks" + sysconfig.get_config_var("EXE"))
MODULE = [sys.executable, "-m", "blynk_webhooks"]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(state=transcripts.STATE) as running:
        yield running


@pytest.fixture
def environment(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BLYNK_") and name != "NO_COLOR"}
    return kept | {
        "BLYNK_BASE_URL": emulator.url,
        "BLYNK_CLIENT_ID": emulator.client_id,
        "BLYNK_CLIENT_SECRET": emulator.client_secret,
        "XDG_CONFIG_HOME": str(tmp_path),
    }


def run(arguments: list[str], environment: Mapping[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **options,
    )


@pytest.mark.parametrize("path", sorted(transcripts.FOLDER.glob("*.trycmd")), ids=lambda path: path.stem)
def test_it_prints_what_cargos_program_prints(
    path: Path, emulator: Emulator, environment: dict[str, str], tmp_path: Path
) -> None:
    steps = transcripts.read(path)
    assert steps
    inputs = path.with_suffix(".in")
    for step in steps:
        # In the place of the script, whose start-up is not what is tested here.
        ended = subprocess.run(
            [*MODULE, *step.arguments],
            env=environment,
            cwd=inputs if inputs.exists() else tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        about = f"{path.name}:{step.line}\n{ended.stdout}"
        assert ended.returncode == step.code, about
        assert step.matches(ended.stdout, {"[SERVER]": emulator.url, "[CONFIG]": str(tmp_path)}), about


def test_the_script_is_installed(environment: dict[str, str]) -> None:
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="blynk-webhooks")
    assert entry.value == "blynk_webhooks._program:main"
    printed = subprocess.check_output([SCRIPT, "--version"], env=environment, text=True)
    assert printed == f"blynk-webhooks {importlib.metadata.version('blynk-webhooks')}\n"
    assert run(["list"], environment).stdout.count("\n") == 5


def test_it_imports_the_native_module_alone() -> None:
    code = "import sys; before = set(sys.modules); import blynk_webhooks._program; print(*set(sys.modules) - before)"
    loaded = set(subprocess.check_output([sys.executable, "-I", "-c", code], text=True).split())
    ours = {name for name in loaded if name.startswith("blynk_webhooks")}
    # Of the package's own modules the native one asks for the base class of its enums.
    assert ours == {f"blynk_webhooks{name}" for name in ("", "._native", "._program", "._wire_name")}
    assert not loaded & {"argparse", "asyncio", "json", "logging", "re", "signal", "threading", "typing"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no bytes in command lines")
def test_an_argument_that_is_no_text_is_refused(environment: dict[str, str]) -> None:
    ended = run([os.fsdecode(b"get"), os.fsdecode(b"\xff")], environment)
    assert ended.returncode == 2
    assert "invalid UTF-8" in ended.stderr


@posix_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_call(number: signal.Signals, code: int, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment["BLYNK_BASE_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(
            [*MODULE, "list"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            # It has come as far as the call.
            connection, _ = silent.accept()
            process.send_signal(number)
            printed, told = process.communicate(timeout=60)
            connection.close()
    assert (process.returncode, printed) == (code, "")
    assert "Traceback" not in told
    assert told.count("\n") == 1


@posix_only
def test_ctrl_c_ends_the_emulator(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*MODULE, "emulate", "--json"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "}\n":
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


@posix_only
def test_a_pipe_that_does_not_block_loses_nothing(environment: dict[str, str]) -> None:
    expected = run(["completions", "bash"], environment).stdout
    assert len(expected) > 70_000, "more than a pipe holds"
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([*MODULE, "completions", "bash"], env=environment, stdout=writing) as process:
        os.close(writing)
        time.sleep(0.2)
        with open(reading, encoding="utf-8") as pipe:
            assert pipe.read() == expected
    assert process.returncode == 0


class Terminal:
    """A process whose standard streams are a terminal, which controls it."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        import pty

        self._master, slave = pty.openpty()
        # The leader of a session gets the first terminal that it opens.
        script = 'exec <"$0" >"$0" 2>&1; exec "$@"'
        self.process = subprocess.Popen(
            ["sh", "-c", script, os.ttyname(slave), *MODULE, *arguments],
            env={**environment, "TERM": "xterm"},
            start_new_session=True,
        )
        self.shown = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._slave = slave

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._master, 4096)
            except OSError:
                return
            if not part:
                return
            self.shown += part.decode()

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            time.sleep(0.01)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self._slave)
        self._reader.join(timeout=60)
        os.close(self._master)
        return code


@posix_only
@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 3), ("n\n", 5, 4), ("\n", 5, 4), ("\x04", 5, 4), ("\x03", 130, 4)]
)
def test_a_person_at_a_terminal_is_asked(
    answer: str, code: int, left: int, emulator: Emulator, environment: dict[str, str]
) -> None:
    terminal = Terminal(["delete", "3"], environment)
    terminal.wait_for("[y/N] ")
    assert len(emulator.client().list()) == 4
    terminal.type(answer)
    assert terminal.end() == code, terminal.shown
    assert len(emulator.client().list()) == left


@posix_only
def test_a_terminal_shows_colours_unless_it_shall_not(environment: dict[str, str]) -> None:
    colored = Terminal(["list"], environment)
    assert colored.end() == 0
    assert "\x1b[1m" in colored.shown
    plain = Terminal(["list"], {**environment, "NO_COLOR": "1"})
    assert plain.end() == 0
    assert "\x1b" not in plain.shown
    assert "Device status" in plain.shown


@posix_only
def test_a_program_that_prints_the_secret_may_ask_at_the_terminal(
    emulator: Emulator, environment: dict[str, str], tmp_path: Path
) -> None:
    secret = environment.pop("BLYNK_CLIENT_SECRET")
    folder = tmp_path / "blynk-webhooks"
    folder.mkdir()
    command = (
        "printf 'Passphrase: ' >&2; stty -echo; read -r word; stty echo; [ \\\"$word\\\" = open ] && printf '%s' "
        + secret
    )
    (folder / "profiles.toml").write_text(
        f'default = "p"\n[profile.p]\ncredential_command = "{command}"\n', encoding="utf-8"
    )
    terminal = Terminal(["whoami"], environment)
    terminal.wait_for("Passphrase: ")
    terminal.type("open\n")
    assert terminal.end() == 0, terminal.shown
    assert "accepted by the server; 4 webhooks" in terminal.shown
    assert secret not in terminal.shown

"""A server on loopback that answers by a script and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    closed: threading.Event = field(default_factory=threading.Event)
    """Set once the connection it came on is closed by the client; watched where the answer is silence."""


@dataclass
class Answer:
    """What is answered to one request; `fault` as the conformance README names them."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str | None = None
    delay: float = 0

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Answer:
        return cls(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


class ScriptedServer:
    """Answers request number n with `script(n, request)`; `requests` holds all that came."""

    def __init__(self, script: Callable[[int, Received], Answer]) -> None:
        self.script = script
        self.requests: list[Received] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            # A connection that nobody uses any more does not keep the test's process from ending.
            connection.settimeout(30)
            with connection, connection.makefile("rb") as stream:
                while (received := read(stream)) is not None and self._answer(connection, received):
                    pass
        except OSError:
            pass
        finally:
            with self._lock:
                self.open -= 1

    def _answer(self, connection: socket.socket, received: Received) -> bool:
        with self._lock:
            number = len(self.requests)
            self.requests.append(received)
        answer = self.script(number, received)
        time.sleep(answer.delay)
        match answer.fault:
            case None:
                connection.sendall(head(answer, len(answer.body)) + answer.body)
                return True
            case "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "close":
                pass
            case "truncate":
                connection.sendall(head(answer, 1000) + b"[")
            case "garbage":
                connection.sendall(b"\x00\x01\x02 this is not HTTP\r\n\r\n")
            case "silence":
                while not self._done.is_set():
                    connection.settimeout(0.02)
                    try:
                        if connection.recv(1) == b"":
                            received.closed.set()
                            break
                    except TimeoutError:
                        continue
                    except OSError:
                        received.closed.set()
                        break
            case other:
                raise AssertionError(f"no fault is called {other}")
        return False


def head(answer: Answer, length: int) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {value}" for name, value in answer.headers.items())]
    if answer.status not in (204, 304):
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read(stream: Any) -> Received | None:
    line = stream.readline().decode()
    if not line:
        return None
    method, target, _ = line.split()
    headers: dict[str, str] = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    return Received(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)

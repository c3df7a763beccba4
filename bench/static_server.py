"""The static server that all clients call: one nginx process on loopback, over plain HTTP and over TLS."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

CONFIGURATION = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
worker_rlimit_nofile 32768;
http {{
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    open_file_cache max=100;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    ssl_session_cache shared:bench:1m;
    server {{
        listen 127.0.0.1:{http} backlog=16384;
        listen 127.0.0.1:{https} ssl backlog=16384;
        listen 127.0.0.1:{h2} ssl http2 backlog=16384;
        root {answers};
        location = {token} {{
            return 200 '{{"access_token":"{access_token}","token_type":"Bearer","expires_in":86400}}';
        }}
        location = {get} {{ try_files /one.json =500; }}
        location = {create} {{ return 200 '{one}'; }}
        location = {list} {{ try_files /list-$arg_{organization}.json =404; }}
        location /sink {{ return 200 'ok'; }}
    }}
}}
"""


SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]


def _certificate(folder: Path) -> Path:
    """An authority and the server's certificate in the folder. Returns the system's bundle with the authority added."""
    authority, key = folder / "authority.pem", folder / "authority.key"
    request, extensions = folder / "server.csr", folder / "server.ext"
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")

    def openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    openssl("req", "-x509", *ec, "-keyout", key, "-out", authority, "-days", "2", "-subj", "/CN=Benchmark authority")
    openssl("req", *ec, "-keyout", folder / "server.key", "-out", request, "-subj", "/CN=127.0.0.1")
    openssl(
        *("x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-CAcreateserial"),
        *("-days", "2", "-extfile", extensions, "-out", folder / "server.pem"),
    )
    bundle = folder / "bundle.pem"
    system = SYSTEM_BUNDLE.read_text() if SYSTEM_BUNDLE.exists() else ""
    bundle.write_text(system + authority.read_text())
    return bundle


class StaticServer:
    """nginx with the answers of a folder, from the first line of a ``with`` statement to its end."""

    def __init__(self, folder: Path, answers: Path, facts: dict[str, Any]) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise SystemExit("nginx is missing: install it with the system's package manager (it need not be started)")
        ports = dict(zip(("http", "https", "h2"), _free_ports(3), strict=True))
        self.address = ("127.0.0.1", ports["http"])
        #: Of each way to reach it: plain HTTP/1.1, HTTP/1.1 over TLS, HTTP/2 over TLS.
        self.urls = {way: f"{'http' if way == 'http' else 'https'}://127.0.0.1:{port}" for way, port in ports.items()}
        self.url = self.urls["http"]
        folder.mkdir(parents=True, exist_ok=True)
        #: The system's authorities and the one of this server: what each client reads, as it would read the system's.
        self.authorities = _certificate(folder)
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                **ports,
                answers=answers,
                one=(answers / "one.json").read_text().replace("\\", r"\\").replace("'", r"\'"),
                access_token=facts["token"],
                organization=facts["parameters"]["list"],
                **facts["paths"],
            )
        )
        self._command = [program, "-p", str(folder), "-c", str(configuration)]

    @property
    def process_id(self) -> int:
        """Of the one process that it is."""
        return self._process.pid

    def __enter__(self) -> StaticServer:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(self.address, timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nginx does not start; see error.log in the folder of its configuration")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

"""The static server that all clients call: one nginx process on loopback with settings of its own."""

from __future__ import annotations

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
    server {{
        listen 127.0.0.1:{port} backlog=16384;
        root {answers};
        location = {token} {{
            return 200 '{{"access_token":"{access_token}","token_type":"Bearer","expires_in":86400}}';
        }}
        location = {get} {{ try_files /one.json =500; }}
        location = {list} {{ try_files /list-$arg_{organization}.json =404; }}
        location /sink {{ return 200 'ok'; }}
    }}
}}
"""


class StaticServer:
    """nginx with the answers of a folder, from the first line of a ``with`` statement to its end."""

    def __init__(self, folder: Path, answers: Path, facts: dict[str, Any]) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise SystemExit("nginx is missing: install it with the system's package manager (it need not be started)")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = ("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                port=port,
                answers=answers,
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

"""Prefork workers, as Celery and gunicorn run them: one client, made before the fork, used in every process.

``python prefork_workers.py`` lets four workers disable a hundred webhooks of an emulator.
"""

from __future__ import annotations

import multiprocessing
import os

from blynk_webhooks import WebhookClient
from blynk_webhooks.emulator import Emulator

WORKERS = 4
client: WebhookClient | None = None


def disable(webhook_id: int) -> tuple[int, str]:
    """A task: runs in a worker, with the client that the parent made."""
    assert client is not None
    return os.getpid(), str(client.disable(webhook_id).status)


def main() -> None:
    """Makes the webhooks, forks, and collects what the workers did."""
    global client
    with Emulator() as emulator, emulator.client() as client:
        ids = [
            client.create(
                name=f"Hook {number}",
                trigger="DEVICE_ADDED",
                url="https://example.com/webhook/{device_id}",
                method="POST",
                content_type="JSON",
                auth_type="NONE",
            ).id
            for number in range(100)
        ]
        with multiprocessing.get_context("fork").Pool(WORKERS) as workers:
            done = workers.map(disable, ids, chunksize=5)
        processes = {process for process, _ in done}
        print(f"{len(done)} webhooks disabled by {len(processes)} worker processes")
        print("statuses now:", {str(webhook.status) for webhook in client.list()})


if __name__ == "__main__":
    main()

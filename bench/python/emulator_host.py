"""An emulator in a process of its own, told by lines on its standard input what to do: ``emulator_host.py SINK``.

``memory``: says what is resident. ``trigger SECONDS``: lets events happen one after the other, each of which runs every
webhook, and says how many deliveries that made. An empty line or the end: stops.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request

import process

from blynk_webhooks.emulator import Emulator

WEBHOOKS = 500
EVENT = "DEVICE_ADDED"
MANY = 2**31 - 1


def state(sink: str) -> dict[str, object]:
    """Webhooks that all answer to one event, and no limits in their way."""
    spec = {
        "trigger": EVENT,
        "url": f"{sink}/{{device_id}}",
        "method": "POST",
        "contentType": "JSON",
        "authType": "NONE",
        "body": '{"device_id": "{device_id}"}',
    }
    webhooks = [{"id": number, "name": f"Webhook {number}", **spec} for number in range(1, WEBHOOKS + 1)]
    limits = {"runsPerMinute": MANY, "requestsPerMinute": MANY, "webhooks": WEBHOOKS}
    return {"webhooks": webhooks, "lastWebhookId": WEBHOOKS, "limits": limits}


def token(emulator: Emulator, path: str) -> str:
    """An access token, for a client that has none of its own."""
    query = f"grant_type=client_credentials&client_id={emulator.client_id}&client_secret={emulator.client_secret}"
    request = urllib.request.Request(f"{emulator.url}{path}?{query}", method="POST")
    return json.load(urllib.request.urlopen(request))["access_token"]


def deliver(emulator: Emulator, seconds: float) -> None:
    """Triggers events for some time, and reports."""
    deliveries, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        ended = emulator.trigger(EVENT, {"device_id": 7})
        assert len(ended) == WEBHOOKS and all(delivery.status_code == 200 for delivery in ended), ended[0]
        deliveries += len(ended)
    process.report(rate=deliveries / (time.perf_counter() - began))


def main() -> None:
    """Runs until it is told to stop."""
    from facts import FACTS

    with Emulator(state=state(sys.argv[1])) as emulator:
        process.report(url=emulator.url, token=token(emulator, FACTS["paths"]["token"]))
        for line in sys.stdin:
            match line.split():
                case ["memory"]:
                    process.report(memory=process.memory())
                case ["trigger", seconds]:
                    deliver(emulator, float(seconds))
                case _:
                    return


if __name__ == "__main__":
    main()

"""What a measured process is told: the server, and the facts of the contract."""

import json
import os
from pathlib import Path

FACTS = json.loads(Path(os.environ["BENCH_FACTS"]).read_text())
BASE_URL = os.environ["BENCH_URL"]
AUTHORITIES = os.environ["BENCH_AUTHORITIES"]
HEADERS = {"Authorization": f"Bearer {FACTS['token']}"}
ONE_URL = f"{BASE_URL}{FACTS['paths']['get']}?{FACTS['parameters']['get']}=7"


def list_url(length: int) -> str:
    """The URL of a list of this length: the static server tells them apart by the organization."""
    return f"{BASE_URL}{FACTS['paths']['list']}?{FACTS['parameters']['list']}={length}"


#: What is created, by its wire names; the static server answers with the webhook that it always answers with.
SPEC = {
    "name": "Device Status Notification",
    "trigger": "DEVICE_ADDED",
    "url": "https://example.com/webhook/{device_id}",
    "method": "POST",
    "contentType": "JSON",
    "authType": "NONE",
    "body": '{"device_id": "{device_id}"}',
    "failureLimit": 10,
}
CREATE_URL = BASE_URL + FACTS["paths"]["create"]

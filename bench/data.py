"""The webhooks that the static server answers with: every field but oAuth2Request, about 460 bytes each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LENGTHS = (100, 1_000, 10_000, 100_000)


def webhook(number: int, triggers: list[str]) -> dict[str, Any]:
    """One webhook; every third has a trigger with a data trigger, every eighth a name that is not ASCII."""
    trigger = triggers[number % len(triggers)]
    answer: dict[str, Any] = {
        "id": number,
        "name": f"Device Status Notification {number}" + (" – Überwachung" if number % 8 == 0 else ""),
        "trigger": trigger,
    }
    if number % 3 == 0:
        answer["dataTrigger"] = {"templateId": number, "dataStreamIds": [1, 2, 3]}
    answer |= {
        "url": f"https://example.com/webhook/{number}/{{device_id}}",
        "method": "POST",
        "contentType": "JSON",
        "authType": "NONE",
        "body": '{"device_id": "{device_id}", "at": "{timestamp_iso8601}"}',
        "failureReceivers": [1001, 1002],
        "status": "ENABLED",
        "attemptCount": number % 1000,
        "createdAt": 1_707_244_800_000 + number,
        "lastModifiedTs": 1_707_244_900_000 + number,
        "lastTriggeredTs": 1_707_245_000_000 + number,
        "failureLimit": 10,
    }
    return answer


def write(folder: Path, triggers: list[str]) -> None:
    """One file for each answer: one webhook, and lists."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = [json.dumps(webhook(7, triggers), ensure_ascii=False, separators=(",", ":"))]
    (folder / "one.json").write_text(answers[0])
    for length in LENGTHS:
        items = (webhook(number, triggers) for number in range(1, length + 1))
        text = json.dumps(list(items), ensure_ascii=False, separators=(",", ":"))
        (folder / f"list-{length}.json").write_text(text)

"""Plays ``tests/conformance/emulator/*.json``: see the README there for the format."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import blynk_webhooks
from blynk_webhooks import WebhookClient
from blynk_webhooks.emulator import Emulator
from scripted_server import ScriptedServer

FILES = sorted((Path(__file__).parent.parent / "conformance" / "emulator").glob("*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text())]
assert len(CASES) > 3, "no cases were found"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], target: ScriptedServer) -> None:
    case = json.loads(json.dumps(case).replace("http://target", target.url))
    with Emulator(state=case.get("state")) as emulator, emulator.client() as client:
        for step in case["steps"]:
            if "target" in step:
                target.go_on_with(rules=[{"answer": {"status": step["target"]}}])
            elif "error" in step:
                with pytest.raises(getattr(blynk_webhooks, step["error"])):
                    play(emulator, client, step)
            else:
                value = play(emulator, client, step)
                assert holds(value, step.get("value")), f"{step}: {value}"
    assert [request.path for request in target.requests] == case["received"]


def play(emulator: Emulator, client: WebhookClient, step: dict[str, Any]) -> Any:
    if "call" in step:
        call = dict(step["call"])
        operation = call.pop("operation")
        value = getattr(client, operation)(*call.values())
        return [webhook.to_dict() for webhook in value] if operation == "list" else value.to_dict()
    command, given = step["command"]["do"], step["command"].get("with", {})
    match command:
        case "trigger":
            return wire(emulator.trigger(given["trigger"], given.get("values")))
        case "redeliver":
            return wire(emulator.redeliver(given["deliveryId"]))
        case "deliveries":
            names = {"webhookId": "webhook_id", "outcome": "outcome", "after": "after"}
            return wire(emulator.deliveries(**{names[name]: value for name, value in given["filter"].items()}))
        case "notices":
            return wire(emulator.notices())
        case "advance_time":
            return emulator.advance_time(given["byMs"] / 1000)
        case "fail_next":
            fault = dict(given["fault"])
            kind = fault.pop("kind")
            rest = {name: given[name] for name in ("times", "operation") if name in given}
            return emulator.fail_next(**(fault if kind == "status" else {kind: True}), **rest)
    raise AssertionError(f"no command is called {command}")


def wire(value: Any) -> Any:
    """A value of the emulator with the wire's names."""
    if is_dataclass(value) and not isinstance(value, type):
        return wire(asdict(value))
    if isinstance(value, dict):
        return {camel(name): wire(member) for name, member in value.items()}
    if isinstance(value, list):
        return [wire(item) for item in value]
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def holds(value: Any, expected: Any) -> bool:
    """Objects hold at least the members named, lists are as long."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(holds(value.get(name), member) for name, member in expected.items())
    if isinstance(expected, list):
        return len(value) == len(expected) and all(map(holds, value, expected))
    return bool(value == expected)

"""Webhooks as code: the cases of `tests/conformance/plan`, and what only Python has."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import blynk_webhooks
from blynk_webhooks import AsyncPlan, ConfigError, Plan, ValidationError, Webhook, WebhooksError, WebhookSpec
from blynk_webhooks.emulator import Emulator
from blynk_webhooks.plans import ApplyReport, PlanProgress

FOLDER = Path(__file__).parents[1] / "conformance" / "plan"
CASES = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text("utf-8"))]
BOTH = pytest.mark.parametrize("kind", ["sync", "async"])


def wire(name: str, **fields: Any) -> dict[str, Any]:
    of_all = {"trigger": "DEVICE_ADDED", "url": "https://e.example", "method": "POST", "contentType": "JSON"}
    return {"name": name, **of_all, "authType": "NONE", **fields}


def make(kind: str, emulator: Emulator, desired: Any, **options: Any) -> Plan | AsyncPlan:
    if kind == "sync":
        with emulator.client() as client:
            return client.plan(desired, **options)

    async def main() -> AsyncPlan:
        async with emulator.async_client() as client:
            return await client.plan(desired, **options)

    return asyncio.run(main())


def make_and_apply(kind: str, emulator: Emulator, desired: Any, **options: Any) -> ApplyReport:
    if kind == "sync":
        with emulator.client() as client:
            return client.plan(desired).apply(**options)

    async def main() -> ApplyReport:
        async with emulator.async_client() as client:
            return await (await client.plan(desired)).apply(**options)

    return asyncio.run(main())


def shown(plan: Plan | AsyncPlan) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for item in plan.items:
        changes = [{"field": each.field, "before": each.before, "after": each.after} for each in item.changes]
        one: dict[str, Any] = {"action": item.action, "name": item.name, "id": item.id, "changes": changes}
        if item.cannot_compare:
            one["cannotCompare"] = list(item.cannot_compare)
        if item.disabled_by_platform:
            one["disabledByPlatform"] = True
        items.append(one)
    return items


@BOTH
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], kind: str) -> None:
    assert set(case) <= {"name", "desired", "live", "options", "items", "error", "applied", "secrets"}
    live = [{"id": place, **webhook} for place, webhook in enumerate(case["live"], 1)]
    with Emulator(state={"webhooks": live, "limits": {"webhooks": 1000}}) as emulator:
        if "error" in case:
            with pytest.raises(getattr(blynk_webhooks, case["error"]["class"])) as caught:
                make(kind, emulator, case["desired"], **case.get("options", {}))
            assert isinstance(caught.value, WebhooksError)
            for text in case["error"].get("contains", []):
                assert text in str(caught.value)
            return
        plan = make(kind, emulator, case["desired"], **case.get("options", {}))
        assert shown(plan) == case["items"]
        assert len(plan.digest) == 32
        assert make(kind, emulator, case["desired"], **case.get("options", {})).digest == plan.digest
        for secret in case.get("secrets", []):
            assert secret not in plan.to_json()
            assert secret not in f"{plan} {plan!r}"
        if "applied" not in case:
            return
        if kind == "sync":
            with emulator.client() as client:
                report = client.plan(case["desired"], **case.get("options", {})).apply()
        else:

            async def main() -> ApplyReport:
                async with emulator.async_client() as client:
                    return await (await client.plan(case["desired"], **case.get("options", {}))).apply()

            report = asyncio.run(main())
        assert report.is_complete
        held = emulator.snapshot()["webhooks"]
        for expected in case["applied"]:
            assert any(expected.items() <= webhook.items() for webhook in held), expected
        assert make(kind, emulator, case["desired"]).is_empty


@BOTH
def test_progress_and_the_report(kind: str) -> None:
    told: list[tuple[PlanProgress, str]] = []
    with Emulator() as emulator:
        report = make_and_apply(
            kind,
            emulator,
            [wire(f"n{n}") for n in range(20)],
            concurrency=4,
            on_progress=lambda progress: told.append((progress, threading.current_thread().name)),
        )
    assert report.is_complete
    assert not report.interrupted
    assert report.summary == {"done": 20}
    assert [progress.done for progress, _ in told] == list(range(1, 21))
    assert {progress.total for progress, _ in told} == {20}
    assert {thread for _, thread in told} == {"MainThread"}
    assert {progress.item.outcome for progress, _ in told} == {"done"}
    assert sorted(item.id or 0 for item in report.items) == list(range(1, 21))


@BOTH
def test_a_refused_item_tells_the_code_of_its_error(kind: str, blynk_emulator: Emulator) -> None:
    blynk_emulator.fail_next(operation="create", status=403)
    (item,) = make_and_apply(kind, blynk_emulator, [wire("Doors")]).items
    assert (item.outcome, item.code) == ("failed", "FORBIDDEN")
    (item,) = make_and_apply(kind, blynk_emulator, [wire("Doors")]).items
    assert (item.outcome, item.code) == ("done", None)


@BOTH
def test_progress_that_raises_breaks_nothing(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    def raising(_: PlanProgress) -> None:
        raise ValueError("from the function")

    with Emulator() as emulator:
        assert make_and_apply(kind, emulator, [wire("a"), wire("b")], on_progress=raising).is_complete
    assert caplog.text.count("on_progress has raised") == 1


def test_what_may_be_wanted(tmp_path: Path, blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        assert client.plan([WebhookSpec.from_dict(wire("a"))]).apply().is_complete
        held = client.list()[0]
        plan = client.plan([held, WebhookSpec.from_dict(wire("b"))])
        assert [(item.action, item.name, item.id) for item in plan.items] == [
            ("unchanged", "a", held.id),
            ("create", "b", None),
        ]
        [renamed] = client.plan([{**wire("c"), "was": "a"}]).items
        assert (renamed.action, renamed.id) == ("update", held.id)
        file = tmp_path / "webhooks.toml"
        file.write_text(
            'version = 1\n[webhook."a"]\ntrigger = "DEVICE_ADDED"\nurl = "https://other.example"\nmethod = "POST"\n'
            'contentType = "JSON"\nauthType = "NONE"\n'
        )
        for desired in (file, str(file), [file], tmp_path):
            [item] = client.plan(desired).items
            assert [(change.field, change.after) for change in item.changes] == [("url", "https://other.example")]
        file.write_text("version = 1\nwebhok = 5\n")
        with pytest.raises(ValidationError, match=r"webhooks\.toml:2:1"):
            client.plan(file)
        assert client.plan({"version": 1, "webhook": {"a": {"absent": True}}}).items[0].action == "delete"


def test_a_secret_comes_from_os_environ(blynk_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    secret = {"oAuth2Request": {"clientId": "i", "clientSecret": {"env": "PLAN_SECRET"}}, "authType": "OAUTH2"}
    with blynk_emulator.client() as client:
        with pytest.raises(ValidationError, match="PLAN_SECRET"):
            client.plan([wire("a", **secret)])
        monkeypatch.setattr(os, "environ", {**os.environ, "PLAN_SECRET": "hunter2"})
        plan = client.plan([wire("a", **secret)])
        assert "hunter2" not in f"{plan} {plan!r} {plan.to_json()} {plan.items}"
        plan.apply()
        assert (client.list()[0].oauth2_request or {})["clientSecret"] == "hunter2"


@pytest.mark.parametrize("desired", [5, None, [5], [], [None], {}, object()])
def test_what_cannot_be_wanted(desired: Any, blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client, pytest.raises(ValidationError):
        client.plan(desired)


def test_another_digest_is_refused(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        plan = client.plan([wire("a")])
        with pytest.raises(ConfigError, match="digest"):
            plan.apply(digest="0" * 32)
        assert client.list() == []
        assert plan.apply(digest=plan.digest[:12]).is_complete
        for wrong in ({"concurrency": 0}, {"on_progress": 5}):
            with pytest.raises(ConfigError):
                plan.apply(**wrong)  # type: ignore[arg-type]


def test_a_plan_shows_itself(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        plan = client.plan([wire("a", url="http://e.example")])
    assert "create" in str(plan)
    assert plan.digest[:12] in repr(plan)
    assert plan.summary["create"] == 1
    assert plan.guard.deletes == 0
    assert plan.server == blynk_emulator.url
    assert [warning.code for warning in plan.warnings] == ["plain_http"]
    assert not plan.is_empty
    assert isinstance(Webhook.from_dict({"id": 1}), Webhook)

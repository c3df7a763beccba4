"""Plays `tests/conformance/*.json`, whose README says how, with both clients."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

import blynk_webhooks
from blynk_webhooks import AsyncWebhookClient, Webhook, WebhookClient, WebhooksError, WebhookSpec
from scripted_server import ScriptedServer

FOLDER = Path(__file__).parents[1] / "conformance"
CASES = [(file.stem, case) for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text("utf-8"))]
PURE = ("validate", "placeholders", "render")


def test_cases_are_found() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("client", ["sync", "async"])
@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case['name']}" for file, case in CASES])
def test_case(file: str, case: dict[str, Any], client: str) -> None:
    assert set(case) <= {"name", "client", "call", "exchange", "value", "error", "response", "attempts"}
    assert ("value" in case) != ("error" in case)
    attempts: list[blynk_webhooks.Attempt] = []

    with ScriptedServer(exchange=case.get("exchange", [])) as server:
        outcome: Any
        try:
            call, arguments = case["call"], settings(case.get("client", {}), server.url, client)
            if "attempts" in case:
                arguments["on_attempt"] = attempts.append
            if call["operation"] in PURE:
                outcome = play_pure(call)
            else:
                outcome = play(call, arguments, client, with_response="response" in case)
        except (WebhooksError, ProvidersOwnError) as error:
            outcome = error
        if "provider_error" in case.get("error", {}):
            assert type(outcome) is ProvidersOwnError
            assert str(outcome) == case["error"]["provider_error"]
        elif "error" in case:
            assert isinstance(outcome, WebhooksError), f"an error was expected, not {outcome!r}"
            check_error(case["error"], outcome)
        elif "response" in case:
            check_response(case["response"], outcome)
            assert plain(outcome.value) == case["value"]
        else:
            assert plain(outcome) == case["value"]
        # Those for a token are made beside the call, and may be told before others that began earlier.
        attempts.sort(key=lambda attempt: attempt.started)
        told = [[attempt.operation, attempt.method, attempt.number, attempt.status] for attempt in attempts]
        assert told == case.get("attempts", [])


def settings(client: dict[str, Any], url: str, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = {"base_url": url, "timeout": client.get("timeout_ms", 5000) / 1000}
    made |= {name: value for name, value in client.items() if name not in ("timeout_ms", "provided")}
    if "provided" in client:
        made["token"] = token_function(client["provided"], kind)
    return made if "client_id" in client else {"token": "test-token", **made}


class ProvidersOwnError(Exception):
    """What a token function raises."""


def token_function(provided: list[dict[str, Any]], kind: str) -> Any:
    """A function that gives these tokens in turn; for an asynchronous client a coroutine function."""
    left = iter(provided)

    def give() -> Any:
        given = next(left)
        if "error" in given:
            raise ProvidersOwnError(given["error"])
        return (given["token"], given["expires_in"]) if "expires_in" in given else given["token"]

    async def give_async() -> Any:
        return give()

    return give_async if kind == "async" else give


def play_pure(call: dict[str, Any]) -> Any:
    spec = WebhookSpec.from_dict(call["spec"])
    if call["operation"] == "validate":
        return [[found.path, found.code, found.severity] for found in spec.validate(call.get("for"))]
    if call["operation"] == "placeholders":
        return spec.placeholders()
    request = spec.render(call["values"])
    return {"method": request.method, "url": request.url, "headers": request.headers, "body": request.body}


def play(call: dict[str, Any], arguments: dict[str, Any], client: str, *, with_response: bool) -> Any:
    operation = call["operation"]
    positional = [call["webhook_id"]] if "webhook_id" in call else []
    positional += [call["spec"]] if "spec" in call else []
    keywords = {name: value for name, value in call.get("options", {}).items() if name != "timeout_ms"}
    if "timeout_ms" in call.get("options", {}):
        keywords["timeout"] = call["options"]["timeout_ms"] / 1000
    for name, value in call.get("changes", {}).items():
        keyword = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name.replace("oAuth2", "oauth2"))
        if keyword in WebhookSpec.__match_args__:
            keywords[keyword] = value
        else:
            keywords.setdefault("extra", {})[name] = value

    if "expected" in call:
        keywords["expected"] = Webhook.from_dict(call["expected"])

    def operations(opened: Any) -> Any:
        return opened.with_response if with_response else opened

    async def play_async() -> Any:
        async with AsyncWebhookClient(**arguments) as opened:
            return await getattr(operations(opened), operation)(*positional, **keywords)

    if client == "async":
        return asyncio.run(play_async())
    with WebhookClient(**arguments) as opened:
        return getattr(operations(opened), operation)(*positional, **keywords)


def plain(value: Any) -> Any:
    """A value as the cases have it."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.to_dict() if isinstance(value, Webhook) else value


def check_response(expected: dict[str, Any], response: Any) -> None:
    assert set(expected) <= {"status", "attempts", "request_id", "headers"}
    found = (response.status, response.attempts, response.request_id)
    assert found == (expected["status"], expected["attempts"], expected["request_id"])
    assert response.elapsed > 0
    for name, value in expected.get("headers", {}).items():
        assert response.headers[name] == value


def check_error(expected: dict[str, Any], error: WebhooksError) -> None:
    assert type(error) is getattr(blynk_webhooks, expected["class"]), repr(error)
    for text in expected.get("contains", []):
        assert text in str(error)
    shown = f"{error} {error!r} {vars(error)}"
    for secret in expected.get("secrets", []):
        assert secret not in shown
    for name in ("status", "request_id", "retry_after", "outcome_unknown"):
        if name in expected:
            assert getattr(error, name) == expected[name], name
    if "current" in expected:
        assert isinstance(error, blynk_webhooks.PreconditionFailedError)
        assert error.current.to_dict() == expected["current"]
    if "violations" in expected:
        assert isinstance(error, blynk_webhooks.ValidationError)
        found = [[item.path, item.code] for item in error.violations if item.severity == "error"]
        assert found == expected["violations"]
    if "auth_error" in expected:
        assert isinstance(error, blynk_webhooks.AuthError)
        assert error.error == expected["auth_error"]
        assert error.error_description == expected.get("auth_error_description")

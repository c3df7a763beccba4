"""Arguments: what their own methods raise, the environment they come from, signatures and type hints."""

from __future__ import annotations

import importlib.util
import inspect
import os
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

import blynk_webhooks
import blynk_webhooks.emulator
from blynk_webhooks import AsyncWebhookClient, ConfigError, ValidationError, Violation, WebhookClient, WebhookSpec
from blynk_webhooks.emulator import Emulator
from scripted_server import ScriptedServer

BOTH = pytest.mark.parametrize("kind", [WebhookClient, AsyncWebhookClient])
VARIABLES = ("BLYNK_BASE_URL", "BLYNK_TOKEN", "BLYNK_CLIENT_ID", "BLYNK_CLIENT_SECRET", "BLYNK_ORG_ID")


class Raising:
    """A value whose methods raise."""

    def __init__(self, raised: BaseException) -> None:
        self.raised = raised

    def __index__(self) -> int:
        raise self.raised


class RaisingMapping(Mapping[str, Any]):
    def __init__(self, raised: BaseException) -> None:
        self.raised = raised

    def __getitem__(self, name: str) -> Any:
        raise self.raised

    def __iter__(self) -> Iterator[str]:
        raise self.raised

    def __len__(self) -> int:
        return 1


def calls(raised: BaseException) -> dict[str, Callable[[WebhookClient], object]]:
    value, mapping = Raising(raised), RaisingMapping(raised)
    wrong: Any = value
    return {
        "an ID": lambda client: client.get(wrong),
        "an option": lambda client: client.get(1, max_retries=wrong),
        "headers": lambda client: client.list(headers=mapping),
        "a spec": lambda client: client.update(1, mapping),
        "a field": lambda client: client.create(name="n", data_trigger=mapping),
        "extra": lambda client: client.patch(1, extra=mapping),
        "a spec's field": lambda _: WebhookSpec(data_trigger=mapping),
        "a value of a placeholder": lambda _: WebhookSpec(url="https://e.com/{a}").render(mapping),
        "a setting": lambda _: WebhookClient(token="t", headers=mapping),
        "a webhook": lambda _: blynk_webhooks.Webhook.from_dict(mapping),
        "values of an event": lambda _: Emulator().trigger("DEVICE_ADDED", mapping),
    }


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("call", calls(ValueError()))
def test_what_is_no_exception_goes_through(call: str, raised: type[BaseException], answering: ScriptedServer) -> None:
    with WebhookClient(answering.url, token="t") as client, pytest.raises(raised):
        calls(raised())[call](client)
    assert answering.requests == []


@pytest.mark.parametrize("call", calls(ValueError()))
def test_an_exception_is_a_finding(call: str, answering: ScriptedServer) -> None:
    with (
        WebhookClient(answering.url, token="t") as client,
        pytest.raises((ValidationError, ConfigError), match="from its own method"),
    ):
        calls(ValueError("from its own method"))[call](client)
    assert answering.requests == []


@BOTH
def test_from_env_runs_the_constructor_of_a_subclass(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(kind):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            self.settings = settings

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BLYNK_TOKEN", "of-the-environment")
    monkeypatch.setenv("BLYNK_ORG_ID", " 7 ")
    mine = Mine.from_env(timeout=3)
    assert isinstance(mine, Mine)
    assert mine.settings == {"token": "of-the-environment", "org_id": 7, "timeout": 3}


@pytest.mark.parametrize(
    ("environment", "passed", "expected"),
    [
        ({"BLYNK_TOKEN": "e"}, {"token": "p"}, "Bearer p"),
        ({"BLYNK_CLIENT_ID": "e", "BLYNK_CLIENT_SECRET": "e"}, {"token": "p"}, "Bearer p"),
        ({"BLYNK_TOKEN": "e"}, {"client_id": "p", "client_secret": "p"}, "Basic cDpw"),
        ({"BLYNK_TOKEN": "e", "BLYNK_CLIENT_ID": ""}, {"token": None}, "Bearer e"),
        ({"BLYNK_TOKEN": "e", "BLYNK_BASE_URL": "http://127.0.0.1:1"}, {}, "Bearer e"),
    ],
)
def test_from_env_takes_overrides(
    environment: dict[str, str],
    passed: dict[str, Any],
    expected: str,
    answering: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with WebhookClient.from_env(base_url=answering.url, **passed) as client:
        assert client.base_url == answering.url
        try:
            client.get(1)
        except blynk_webhooks.WebhooksError:
            assert expected.startswith("Basic"), "the server of this test grants no token"
    assert answering.requests[0].headers["authorization"] == expected


@BOTH
def test_the_environment_is_that_of_os_environ(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program may put another mapping in the place of `os.environ`, which the C environment does not follow.
    monkeypatch.setattr(os, "environ", {"BLYNK_TOKEN": "t", "BLYNK_LOOPBACK_ONLY": "1"})
    with pytest.raises(ConfigError, match="loopback"):
        kind.from_env()
    with pytest.raises(ConfigError, match="loopback"):
        kind("https://example.com", token="t")
    monkeypatch.setattr(os, "environ", {"BLYNK_TOKEN": "t"})
    assert kind.from_env().base_url == "https://blynk.cloud"


@BOTH
def test_loopback_only_is_not_avoided_through_a_proxy(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLYNK_LOOPBACK_ONLY", "1")
    with pytest.raises(ConfigError, match="proxy"):
        kind("http://127.0.0.1:1", token="t", proxy="http://proxy.example.com:3128", allow_http=True)
    kind("http://127.0.0.1:1", token="t", proxy="http://127.0.0.1:2")


def public() -> Iterator[tuple[str, Any]]:
    """Everything that can be called and that a user may name."""
    for module in (blynk_webhooks, blynk_webhooks.emulator):
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                yield f"{module.__name__}.{name}", value
            if isinstance(value, type):
                for member in dir(value):
                    if callable(getattr(value, member)) and (not member.startswith("_") or member == "__init__"):
                        yield f"{module.__name__}.{name}.{member}", getattr(value, member)


def test_type_hints_can_be_asked_for() -> None:
    seen = 0
    for name, value in public():
        hints = typing.get_type_hints(value)
        # What the standard library wrote, e.g. of enums, says nothing of itself.
        ours = (getattr(value, "__module__", None) or "").startswith("blynk_webhooks")
        if ours and (inspect.isfunction(value) or inspect.ismethod(value)):
            seen += 1
            parameters = set(inspect.signature(value).parameters) - {"self", "cls"}
            assert parameters <= set(hints), name
            assert "return" in hints, name
    assert seen > 40
    assert typing.get_type_hints(WebhookClient.get)["return"] is blynk_webhooks.Webhook
    assert typing.get_type_hints(AsyncWebhookClient.list)["return"] == list[blynk_webhooks.Webhook]


@BOTH
@pytest.mark.parametrize("method", ["create", "patch"])
def test_editors_complete_the_fields(kind: Any, method: str) -> None:
    shown = set(inspect.signature(getattr(kind, method)).parameters)
    assert {*inspect.signature(WebhookSpec).parameters, "timeout", "max_retries", "headers"} <= shown


def test_the_signature_of_a_spec_has_every_field() -> None:
    assert set(inspect.signature(WebhookSpec).parameters) == set(WebhookSpec.__match_args__)


def test_a_wrong_type_is_reported_alone() -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookSpec(name=5)  # type: ignore[arg-type]
    assert [(violation.path, violation.code) for violation in caught.value.violations] == [("name", "wrong_type")]


def test_values_show_what_they_hold_to_vars(spec: WebhookSpec) -> None:
    assert vars(spec) == spec.to_dict()
    assert vars(Violation("a", "b", "c", "error")) == {"path": "a", "code": "b", "message": "c", "severity": "error"}
    request = spec.render({"device_id": 7})
    assert vars(request)["url"] == request.url
    webhook = blynk_webhooks.Webhook.from_dict({"id": 1, "x": 2})
    assert vars(webhook) == {"id": 1, "x": 2}
    for value in (spec, request, webhook):
        with pytest.raises(AttributeError):
            value.anything = 1  # type: ignore[union-attr]


def test_a_property_asks_for_its_own_class() -> None:
    for name in ("name", "trigger", "failure_receivers"):
        descriptor = vars(WebhookSpec)[name]
        for other in (5, blynk_webhooks.Webhook.from_dict({"id": 1})):
            with pytest.raises(TypeError):
                descriptor.__get__(other, type(other))


def test_a_violation_without_a_path() -> None:
    assert str(Violation("", "wrong_type", "must be a JSON object", "error")) == "must be a JSON object [wrong_type]"


@pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="fastapi is not installed")
def test_a_wrong_body_in_fastapi_is_a_422() -> None:
    code = """
from typing import Annotated
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from blynk_webhooks import Violation, WebhookSpec

app = FastAPI()

@app.post("/spec")
async def take(spec: Annotated[WebhookSpec, Body()]) -> list[Violation]:
    return spec.validate()

with TestClient(app) as http:
    for body in ({"name": 5}, {"failureReceivers": ["x"]}, [], "text", None):
        assert http.post("/spec", json=body).status_code == 422, body
    answered = http.post("/spec", json={"name": "x"})
    assert answered.status_code == 200 and answered.json()[0]["code"] == "required", answered.text
    assert "severity" in http.get("/openapi.json").text
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr

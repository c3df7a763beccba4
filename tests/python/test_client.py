"""Settings, options, ways to pass a spec, closing."""

from __future__ import annotations

import gc
import inspect
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from blynk_webhooks import (
    AsyncWebhookClient,
    ConfigError,
    NotFoundError,
    ValidationError,
    Webhook,
    WebhookClient,
    WebhookSpec,
    set_loopback_only,
)
from blynk_webhooks.emulator import Emulator
from scripted_server import ScriptedServer

BOTH = pytest.mark.parametrize("kind", [WebhookClient, AsyncWebhookClient])
Make = Callable[..., WebhookClient]


@BOTH
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "BLYNK_TOKEN"),
        ({"token": "t", "client_id": "i"}, "not both"),
        ({"client_id": "i"}, "client_secret"),
        ({"token": "line\nend"}, "token"),
        ({"token": 5}, "token: must be a string, is a number"),
        ({"token": "t", "base_url": "example.com"}, "base_url"),
        ({"token": "t", "base_url": 5}, "base_url"),
        ({"token": "t", "base_url": "http://example.com"}, "allow_http"),
        ({"token": "t", "timeout": 0}, "timeout"),
        ({"token": "t", "timeout": -1}, "timeout"),
        ({"token": "t", "timeout": float("nan")}, "timeout"),
        ({"token": "t", "timeout": "3"}, "timeout: must be a number of seconds"),
        ({"token": "t", "timeout": True}, "timeout"),
        ({"token": "t", "connect_timeout": 0}, "connect_timeout"),
        ({"token": "t", "max_retries": -1}, "max_retries"),
        ({"token": "t", "max_retries": 2.5}, "max_retries"),
        ({"token": "t", "max_connections": 0}, "max_connections"),
        ({"token": "t", "max_connections": -5}, "max_connections"),
        ({"token": "t", "validate": "no"}, "validate: must be a boolean"),
        ({"token": "t", "org_id": 2**31}, "org_id: must be an integer from"),
        ({"token": "t", "headers": {"X-A": 5}}, "headers"),
        ({"token": "t", "headers": {"Authorization": "x"}}, "authorization"),
        ({"token": "t", "ca_file": "/no/such/file"}, "ca_file"),
        ({"token": "t", "ca_file": 5}, "ca_file"),
        ({"token": "t", "proxy": "::"}, "proxy"),
        ({"token": "t", "max_retires": 5}, "did you mean 'max_retries'"),
        ({"token": "t", "on_atempt": print}, "did you mean 'on_attempt'"),
        ({"token": "t", "open_telemtry": False}, "did you mean 'open_telemetry'"),
    ],
)
def test_settings_that_cannot_work(kind: Any, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        kind(**settings)


@BOTH
def test_the_signature_shows_the_core_s_defaults(kind: Any) -> None:
    parameters = inspect.signature(kind).parameters
    shown = {name: parameter.default for name, parameter in parameters.items()}
    assert list(shown) == [
        "base_url",
        "token",
        "client_id",
        "client_secret",
        "org_id",
        "timeout",
        "connect_timeout",
        "max_retries",
        "validate",
        "proxy",
        "ca_file",
        "ca",
        "allow_http",
        "headers",
        "max_connections",
        "user_agent",
        "on_attempt",
        "open_telemetry",
    ]
    assert shown["base_url"] == "https://blynk.cloud"
    assert (shown["timeout"], shown["connect_timeout"], shown["max_retries"]) == (30.0, 10.0, 2)
    assert shown["max_connections"] == 100


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(AsyncWebhookClient) - {"aclose"} == public(WebhookClient) - {"close"}
    for name in public(WebhookClient) - {"close", "from_env"}:
        sync, other = getattr(WebhookClient, name), getattr(AsyncWebhookClient, name)
        assert inspect.iscoroutinefunction(other)
        assert inspect.signature(sync) == inspect.signature(other)
        assert sync.__doc__
        assert f"WebhookClient.{name}" in (other.__doc__ or "")


@BOTH
def test_from_env(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BLYNK_BASE_URL", "BLYNK_TOKEN", "BLYNK_CLIENT_ID", "BLYNK_CLIENT_SECRET", "BLYNK_ORG_ID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="BLYNK_TOKEN"):
        kind.from_env()
    monkeypatch.setenv("BLYNK_TOKEN", "t")
    assert isinstance(kind.from_env(timeout=3), kind)
    monkeypatch.setenv("BLYNK_ORG_ID", "many")
    with pytest.raises(ConfigError, match="BLYNK_ORG_ID"):
        kind.from_env()


def test_from_env_reaches_the_server(answering: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLYNK_BASE_URL", answering.url)
    monkeypatch.setenv("BLYNK_TOKEN", "of-the-environment")
    with WebhookClient.from_env() as client:
        assert client.get(5).id == 5
    assert answering.requests[0].headers["authorization"] == "Bearer of-the-environment"
    assert "python/3." in answering.requests[0].headers["user-agent"]


@BOTH
def test_loopback_only(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_loopback_only(True)
    try:
        with pytest.raises(ConfigError, match="loopback"):
            kind(token="t")
        kind("http://127.0.0.1:1", token="t")
    finally:
        set_loopback_only(False)
    kind(token="t")
    monkeypatch.setenv("BLYNK_LOOPBACK_ONLY", "1")
    with pytest.raises(ConfigError, match="loopback"):
        kind(token="t")


@pytest.mark.parametrize(
    ("options", "path", "code"),
    [
        ({"timeout": "3"}, "timeout", "wrong_type"),
        ({"timeout": -1}, "timeout", "out_of_range"),
        ({"timeout": float("inf")}, "timeout", "out_of_range"),
        ({"max_retries": -1}, "max_retries", "out_of_range"),
        ({"max_retries": 2**40}, "max_retries", "out_of_range"),
        ({"max_retries": "1"}, "max_retries", "wrong_type"),
        ({"headers": [("a", "b")]}, "headers", "wrong_type"),
        ({"headers": {"a": 1}}, "headers", "wrong_type"),
        ({"tiemout": 3}, "tiemout", "unknown_field"),
        ({"org_id": 3}, "org_id", "unknown_field"),
    ],
)
def test_options_that_cannot_work(
    answering: ScriptedServer, client: Make, options: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        client(answering).get(1, **options)
    assert [(item.path, item.code) for item in caught.value.violations] == [(path, code)]
    assert answering.requests == []


@pytest.mark.parametrize("webhook_id", ["7", 7.0, None, True, 2**31, -(2**31) - 1, 2**70, b"7"])
def test_ids_that_are_none(answering: ScriptedServer, client: Make, webhook_id: Any) -> None:
    for call in (client(answering).get, client(answering).delete, client(answering).enable):
        with pytest.raises(ValidationError, match="webhook_id"):
            call(webhook_id)
    assert answering.requests == []


def test_an_integer_of_another_kind_is_an_id(answering: ScriptedServer, client: Make) -> None:
    class Number:
        def __index__(self) -> int:
            return 9

    assert client(answering).get(Number()).id == 9  # type: ignore[arg-type]


def test_options_reach_the_wire(answering: ScriptedServer, client: Make) -> None:
    made = client(answering, headers={"X-A": "client", "X-B": "client"})
    made.get(webhook_id=1, headers=MappingProxyType({"X-A": "call"}), timeout=None, max_retries=None)
    headers = answering.requests[0].headers
    assert (headers["x-a"], headers["x-b"]) == ("call", "client")


WIRE = {
    "name": "Doors",
    "trigger": "DEVICE_ADDED",
    "url": "https://example.com",
    "method": "POST",
    "contentType": "JSON",
    "authType": "NONE",
}


def ways() -> dict[str, Callable[[WebhookClient], Webhook]]:
    fields: dict[str, Any] = {
        "name": "Doors",
        "trigger": "DEVICE_ADDED",
        "url": "https://example.com",
        "method": "POST",
        "content_type": "JSON",
        "auth_type": "NONE",
    }
    return {
        "spec": lambda client: client.create(WebhookSpec(**fields)),
        "mapping": lambda client: client.create(WIRE),
        "other mapping": lambda client: client.create(MappingProxyType(WIRE)),
        "keywords": lambda client: client.create(**fields),
        "keywords and options": lambda client: client.create(**fields, timeout=3, headers={"X-A": "b"}),
    }


@pytest.mark.parametrize("way", ways())
def test_ways_to_pass_a_spec(way: str) -> None:
    with Emulator() as emulator, emulator.client() as client:
        made = ways()[way](client)
        assert made.spec.replace(status=None) == WebhookSpec.from_dict(WIRE)
        assert client.update(made.id, made).spec == made.spec
        assert client.update(made.id, WIRE).name == "Doors"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda client: client.create(WebhookSpec(), name="x"), "spec.replace"),
        (lambda client: client.create("DEVICE_ADDED"), "is str"),
        (lambda client: client.create(nam="x"), "did you mean 'name'"),
        (lambda client: client.update(1, None), "is NoneType"),
        (lambda client: client.patch(1, nam="x"), "did you mean 'name'"),
        (lambda client: client.patch(1, name=5), "must be a string"),
        (lambda client: client.patch(1, extra={"id": 5}), "decided by the server"),
        (lambda client: client.patch(1, extra=None), "name its fields"),
        (lambda client: client.patch(1, org_id=5), "org_id"),
        (lambda client: client.patch(1, expectd=None), "did you mean 'expected'"),
        (lambda client: client.delete(1, expectd=None), "did you mean 'expected'"),
        (lambda client: client.get(1, expectd=None), "known names: timeout, max_retries, headers "),
    ],
)
def test_specs_that_are_none(answering: ScriptedServer, client: Make, call: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        call(client(answering))
    assert answering.requests == []


def test_a_keyword_argument_of_the_caller_stays_whole(answering: ScriptedServer, client: Make) -> None:
    fields: dict[str, Any] = {"name": "x", "timeout": 3}
    with pytest.raises(ValidationError):
        client(answering).create(**fields)
    assert fields == {"name": "x", "timeout": 3}


def test_use_after_close(answering: ScriptedServer, client: Make) -> None:
    made = client(answering)
    with made as opened:
        assert opened is made
        opened.get(1)
    made.close()
    assert repr(made) == f"<WebhookClient {answering.url} closed>"
    for call in (made.list, lambda: made.get(1), lambda: made.delete(1)):
        with pytest.raises(ConfigError, match="closed"):
            call()


def test_a_client_of_a_user_s_own_class(answering: ScriptedServer) -> None:
    class Mine(WebhookClient):
        def get(self, webhook_id: int, **options: Any) -> Webhook:
            return super().get(webhook_id + 1, **options)

    mine = Mine(answering.url, token="t")
    assert mine.get(1).id == 2
    assert weakref.ref(mine)() is mine


def test_ca_file_takes_a_path(tmp_path: Path) -> None:
    file = tmp_path / "authorities.pem"
    file.write_text("nothing")
    with pytest.raises(ConfigError, match="no PEM certificate"):
        WebhookClient(token="t", ca_file=file)


def test_lists_are_lists_of_webhooks(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        assert client.list() == []
        made = client.create(WIRE)
        listed = client.list()
        assert type(listed) is list
        assert listed == [made]
        client.delete(made.id)
        with pytest.raises(NotFoundError):
            client.get(made.id)


def test_webhooks_of_calls_are_no_work_for_the_garbage_collector(blynk_emulator: Emulator) -> None:
    with blynk_emulator.client() as client:
        made = client.create(WIRE)
        listed = client.list()
        assert not any(map(gc.is_tracked, [made, *listed]))
        gc.collect()
        assert listed[0].name == made.name
        del listed, made
        gc.collect()


def test_a_mapping_of_a_user_s_own_class(blynk_emulator: Emulator) -> None:
    class Wire(Mapping[str, Any]):
        def __getitem__(self, name: str) -> Any:
            return WIRE[name]

        def __iter__(self) -> Any:
            return iter(WIRE)

        def __len__(self) -> int:
            return len(WIRE)

    with blynk_emulator.client() as client:
        assert client.create(Wire()).name == "Doors"

"""Errors: the core's own tree, each under the built-in it resembles, whole after pickling."""

from __future__ import annotations

import copy
import pickle

import pytest

import blynk_webhooks
from blynk_webhooks import (
    ApiError,
    ConfigError,
    ConnectError,
    NotFoundError,
    RequestTimeoutError,
    TransportError,
    ValidationError,
    WebhookClient,
    WebhooksError,
    errors,
)
from blynk_webhooks._native import ERROR_TREE
from scripted_server import ScriptedServer


def test_the_tree_is_the_core_s() -> None:
    classes = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
    assert set(classes) == set(ERROR_TREE)
    for name, (_, parent) in ERROR_TREE.items():
        assert classes[name].__bases__[0].__name__ == (parent or "Exception")
        assert getattr(blynk_webhooks, name) is classes[name]


def test_built_ins_that_they_resemble() -> None:
    assert issubclass(RequestTimeoutError, TimeoutError)
    assert issubclass(ConnectError, ConnectionError)
    assert issubclass(ValidationError, ValueError)
    assert issubclass(ConfigError, ValueError)


@pytest.fixture
def api_error() -> ApiError:
    answer = {
        "status": 404,
        "headers": {"X-Request-Id": "r-1", "Retry-After": "7"},
        "json": {"error": {"message": "no such webhook"}},
    }
    with ScriptedServer(rules=[{"answer": answer}]) as server, WebhookClient(server.url, token="t") as client:
        with pytest.raises(NotFoundError) as caught:
            client.get(7)
        return caught.value


def test_attributes(api_error: ApiError) -> None:
    assert (api_error.status, api_error.message, api_error.method) == (404, "no such webhook", "GET")
    assert api_error.url.endswith("webhookId=7")
    assert (api_error.request_id, api_error.retry_after, api_error.outcome_unknown) == ("r-1", 7.0, False)
    assert "no such webhook" in api_error.body
    assert "list()" in str(api_error), "says what to do"


def test_copies_are_whole(api_error: ApiError) -> None:
    made: list[WebhooksError] = [api_error]
    for call in (
        lambda: WebhookClient("http://127.0.0.1:1", token="t", max_retries=0).list(),
        lambda: WebhookClient(),
        lambda: WebhookClient(token="t").create(name="x"),
    ):
        with pytest.raises(WebhooksError) as caught:
            call()
        made.append(caught.value)
    assert [type(error).__name__ for error in made] == [
        "NotFoundError",
        "ConnectError",
        "ConfigError",
        "ValidationError",
    ]
    for error in made:
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(twin) is type(error)
            assert str(twin) == str(error)
            assert vars(twin) == vars(error)


def test_every_class_can_be_made_and_raised_by_users() -> None:
    for name in ERROR_TREE:
        error = getattr(errors, name)("for a test")
        assert str(error) == "for a test"
        assert pickle.loads(pickle.dumps(error)).args == ("for a test",)


def test_time_is_up(silent: ScriptedServer) -> None:
    with WebhookClient(silent.url, token="t", timeout=0.7) as client:
        with pytest.raises(TimeoutError) as caught:
            client.get(7)
        assert isinstance(caught.value, TransportError)
        assert silent.closes(0), "the request was closed on the wire"


def test_nothing_listens() -> None:
    with pytest.raises(ConnectionError, match="base_url"):
        WebhookClient("http://127.0.0.1:1", token="t", max_retries=0).list()

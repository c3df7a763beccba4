"""Values: frozen, equal by content, copied and pickled whole, shown without secrets."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest

import blynk_webhooks
from blynk_webhooks import (
    AuthType,
    ContentType,
    Method,
    RenderedRequest,
    Status,
    Trigger,
    ValidationError,
    Violation,
    Webhook,
    WebhookSpec,
    types,
)

WEBHOOK = {
    "id": 1,
    "name": "Doors",
    "trigger": "DEVICE_ADDED",
    "dataTrigger": {"pin": 3, "big": 18446744073709551617},
    "url": "https://user:hunter2@example.com/{device_id}",
    "method": "POST",
    "contentType": "JSON",
    "authType": "OAUTH2",
    "body": '{"id": "{device_id}"}',
    "oAuth2Request": {"clientId": "c", "clientSecret": "hunter2"},
    "failureReceivers": [1, 2],
    "status": "DISABLED_DUE_TO_ERRORS",
    "failureLimit": 10,
    "formBody": {"password": "hunter2"},
    "attemptCount": 42,
    "createdAt": 1707244800123,
    "lastModifiedTs": 1707244800124,
    "lastTriggeredTs": None,
}


@pytest.fixture
def webhook() -> Webhook:
    return Webhook.from_dict(WEBHOOK)


def test_fields_are_converted(webhook: Webhook) -> None:
    assert (webhook.id, webhook.name, webhook.attempt_count) == (1, "Doors", 42)
    assert webhook.trigger is Trigger.DEVICE_ADDED
    assert webhook.method is Method.POST
    assert webhook.content_type is ContentType.JSON
    assert webhook.auth_type is AuthType.OAUTH2
    assert webhook.status is Status.DISABLED_DUE_TO_ERRORS
    assert webhook.data_trigger == {"pin": 3, "big": 18446744073709551617}
    assert webhook.failure_receivers == [1, 2]
    assert webhook.extra == {"formBody": {"password": "hunter2"}}
    assert webhook.created_at == datetime(2024, 2, 6, 18, 40, 0, 123000, timezone.utc)
    assert webhook.created_at.utcoffset() == timedelta(0)
    assert webhook.last_modified_at == webhook.created_at + timedelta(milliseconds=1)
    assert webhook.last_triggered_at is None


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = (
    (end.replace(tzinfo=timezone.utc) - EPOCH) // timedelta(milliseconds=1) for end in (datetime.min, datetime.max)
)


@pytest.mark.parametrize("millis", [FIRST, FIRST + 1, -(10**12) - 1, -1, 0, 1, 951_782_399_999, 10**12 + 7, LAST])
def test_times_are_exact_to_the_millisecond(millis: int) -> None:
    moment = Webhook.from_dict({"id": 1, "createdAt": millis}).created_at
    assert moment == EPOCH + timedelta(milliseconds=millis)
    assert moment.tzinfo is timezone.utc
    assert Webhook(1, created_at=moment).to_dict()["createdAt"] == millis
    with pytest.raises(ValidationError) as raised:
        Webhook(1, created_at=moment.replace(tzinfo=None))
    assert raised.value.violations[0].path == "created_at"
    assert pickle.loads(pickle.dumps(moment)) == moment


@pytest.mark.parametrize("millis", [FIRST - 1, LAST + 1, -(2**63), 2**63 - 1])
def test_a_time_outside_the_years_of_datetime_says_so(millis: int) -> None:
    webhook = Webhook.from_dict({"id": 1, "createdAt": millis})
    with pytest.raises(ValidationError, match="createdAt"):
        _ = webhook.created_at
    assert webhook.to_dict()["createdAt"] == millis


def test_times_are_the_same_without_the_c_interface_of_datetime() -> None:
    program = """
import datetime, sys
if sys.argv[1] == "without":
    del datetime.datetime_CAPI
from blynk_webhooks import Webhook
print([repr(Webhook.from_dict({"id": 1, "createdAt": int(millis)}).created_at) for millis in sys.argv[2:]])
"""
    times = [str(millis) for millis in (FIRST, -1, 0, 951_782_399_999, LAST)]
    seen = [
        subprocess.run([sys.executable, "-c", program, way, *times], capture_output=True, text=True, check=True).stdout
        for way in ("with", "without")
    ]
    assert seen[0] == seen[1]
    assert seen[0].count("tzinfo=datetime.timezone.utc") == len(times)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a": [], "b": [[1, -2, [3]], {"c": null}], "d": [true, false]}',
        '{"integers": [0, -0, 9223372036854775807, -9223372036854775808, 18446744073709551615, 1e2]}',
        '{"large": [18446744073709551616, -9223372036854775809, 123456789012345678901234567890]}',
        '{"floats": [0.1, -0.0, 1e23, 5e-324, 1.7976931348623157e308, 1e400, 9007199254740993.0]}',
        '{"texts": ["", "\\n\\"\\u00e9\\ud83d\\ude00", "\u00fc\U0001f600"], "\\u0061\u00df": "\\u0000"}',
        '{"half": "a\\ud800b", "\\udc00": 1}',
        '{"twice": 1, "between": 2, "twice": 3}',
        '{"deep": ' + "[" * 200 + "]" * 200 + "}",
        ' { "spaces" : [ 1 , 2 ] } ',
    ],
)
def test_an_object_is_what_json_makes_of_it(text: str) -> None:
    expected = json.loads(text)
    held = Webhook.from_json('{"id": 1, "dataTrigger": ' + text + "}")
    for value in (held.data_trigger, held.spec.data_trigger, held.to_dict()["dataTrigger"]):
        # Also tells 1 from 1.0 and from True, and 0 from -0.0.
        assert repr(value) == repr(expected)
    assert held.data_trigger is not held.data_trigger, "a caller may change what it gets"


@pytest.mark.parametrize(
    "text", ["[]", "[ ]", "[7]", " [ 1 , 2.0,-3 , 1e1 ] ", "[9223372036854775807,-9223372036854775808]"]
)
def test_lists_of_integers_are_lists_of_integers(text: str) -> None:
    held = Webhook.from_json('{"id": 1, "failureReceivers": ' + text + "}")
    assert repr(held.failure_receivers) == repr([int(item) for item in json.loads(text)])


def test_text_with_and_without_escapes_stands_in_one_webhook() -> None:
    held = Webhook.from_json(
        '{"id": 1, "name": "\\"a\\"", "name": "b", "url": "c", "url": "\\u0064", "body": "", "status": "EN\\u0041BLED"}'
    )
    assert (held.name, held.url, held.body, held.status) == ("b", "d", "", Status.ENABLED)
    assert Webhook.from_json(held.to_json()) == held


def test_there_and_back(webhook: Webhook) -> None:
    held = {name: value for name, value in WEBHOOK.items() if value is not None}
    assert webhook.to_dict() == held
    assert json.loads(webhook.to_json()) == held
    assert Webhook.from_json(webhook.to_json()) == webhook
    spec = webhook.spec
    assert WebhookSpec.from_dict(spec.to_dict()) == spec
    assert WebhookSpec.from_json(spec.to_json()) == spec
    assert WebhookSpec.from_dict(webhook.to_dict()) == spec, "a whole webhook is a spec too"
    assert spec.to_dict()["dataTrigger"]["big"] == 18446744073709551617


@pytest.mark.parametrize("part", ["webhook", "spec", "violation", "member"])
def test_copies_are_equal(webhook: Webhook, part: str) -> None:
    value: Any = {
        "webhook": webhook,
        "spec": webhook.spec,
        "violation": WebhookSpec().validate()[0],
        "member": Trigger.DEVICE_ADDED,
    }[part]
    for twin in (copy.copy(value), copy.deepcopy(value), *(pickle.loads(pickle.dumps(value, n)) for n in range(2, 6))):
        assert twin == value
        assert hash(twin) == hash(value)
        assert type(twin) is type(value)
    assert value != "something else"


def test_a_pickled_spec_keeps_its_trust() -> None:
    spec = Webhook.from_dict({**WEBHOOK, "trigger": "BRAND_NEW"}).spec
    assert [found.severity for found in spec.validate() if found.code == "unknown_value"] == ["warning"]
    mistyped = spec.replace(method="PSOT")
    for of_server in (spec, mistyped):
        twin = pickle.loads(pickle.dumps(of_server))
        assert twin.validate() == of_server.validate()
    severities = {found.path: found.severity for found in twin.validate() if found.code == "unknown_value"}
    assert severities == {"trigger": "warning", "method": "error"}
    of_a_person = WebhookSpec.from_dict(spec.to_dict())
    assert [found.severity for found in of_a_person.validate() if found.code == "unknown_value"] == ["error"]


def test_values_are_frozen(webhook: Webhook) -> None:
    for value in (webhook, webhook.spec, WebhookSpec().validate()[0]):
        with pytest.raises(AttributeError):
            value.name = "x"  # type: ignore[misc, union-attr]
        with pytest.raises(AttributeError):
            value.path = "x"  # type: ignore[misc, union-attr]
    changed = webhook.data_trigger
    assert changed is not None
    changed["pin"] = 4
    assert webhook.data_trigger == WEBHOOK["dataTrigger"], "what is handed out is a copy"


def test_equality_is_about_content() -> None:
    assert WebhookSpec(data_trigger={"a": 1, "b": 2}) == WebhookSpec(data_trigger={"b": 2, "a": 1})
    assert hash(WebhookSpec(data_trigger={"a": 1, "b": 2})) == hash(WebhookSpec(data_trigger={"b": 2, "a": 1}))
    assert WebhookSpec(failure_receivers=[]) != WebhookSpec()
    assert WebhookSpec(trigger="DEVICE_ADDED") == WebhookSpec(trigger=Trigger.DEVICE_ADDED)
    assert len({WebhookSpec(name="a"), WebhookSpec(name="a"), WebhookSpec(name="b")}) == 2


def test_repr_shows_no_secret(webhook: Webhook) -> None:
    for value in (webhook, webhook.spec, [webhook], webhook.spec.render({"device_id": "hunter2-free"})):
        assert "hunter2" not in repr(value).replace("hunter2-free", "")
        assert "hunter2" not in str(value).replace("hunter2-free", "")
    assert repr(WebhookSpec(name="a'b", failure_limit=3)) == 'WebhookSpec(name="a\'b", failure_limit=3)'
    assert repr(Webhook.from_dict({"id": 1})) == "Webhook(id=1)"


def test_match() -> None:
    match WebhookSpec(name="a", trigger="DEVICE_ADDED"):
        case WebhookSpec("a", Trigger.DEVICE_ADDED):
            pass
        case _:
            pytest.fail("no match")
    match Violation("path", "code", "message", "error"):
        case Violation(path, code, _, "error"):
            assert (path, code) == ("path", "code")
        case _:
            pytest.fail("no match")


def test_replace(spec: WebhookSpec) -> None:
    changed = spec.replace(name="Gates", body=None, failure_receivers=[], extra={"formBody": {"a": None}})
    assert (changed.name, changed.body, changed.failure_receivers) == ("Gates", None, [])
    assert changed.extra == {"formBody": {"a": None}}
    assert changed.url == spec.url
    assert changed.replace(extra=None).extra == {}
    assert spec.name == "Doors"
    assert spec.replace() == spec
    assert spec.__replace__(name="Gates").name == "Gates", "copy.replace of Python 3.13 calls it"
    with pytest.raises(ValidationError) as caught:
        spec.replace(name=5, urll="x", extra={"name": "x"})  # type: ignore[call-arg, arg-type]
    found = {(item.path, item.code) for item in caught.value.violations}
    assert found == {("name", "wrong_type"), ("urll", "unknown_field"), ("name", "unknown_field")}


def test_each_field_is_replaced_and_cleared() -> None:
    values: dict[str, Any] = {
        "name": "n",
        "trigger": Trigger.NEW_USER,
        "data_trigger": {"a": 1},
        "url": "https://example.com",
        "method": Method.GET,
        "content_type": ContentType.JSON,
        "auth_type": AuthType.NONE,
        "body": "b",
        "oauth2_request": {"a": 1},
        "failure_receivers": [1],
        "failure_limit": 1,
        "status": Status.ENABLED,
        "extra": {"x": 1},
    }
    assert tuple(values) == WebhookSpec.__match_args__
    full = WebhookSpec(**values)
    for name, value in values.items():
        assert getattr(full, name) == value
        one = WebhookSpec().replace(**{name: value})
        assert getattr(one, name) == value
        assert one == WebhookSpec(**{name: value})
        assert getattr(full.replace(**{name: None}), name) in (None, {})


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"name": 5}, "name", "wrong_type"),
        ({"name": b"x"}, "name", "wrong_type"),
        ({"name": "\ud800"}, "name", "wrong_type"),
        ({"trigger": 5}, "trigger", "wrong_type"),
        ({"data_trigger": []}, "dataTrigger", "wrong_type"),
        ({"data_trigger": {"a": float("nan")}}, "dataTrigger", "wrong_type"),
        ({"data_trigger": {"a": object()}}, "dataTrigger", "wrong_type"),
        ({"failure_receivers": "12"}, "failureReceivers", "wrong_type"),
        ({"failure_receivers": [2**63]}, "failureReceivers[0]", "out_of_range"),
        ({"failure_limit": 2**31}, "failureLimit", "out_of_range"),
        ({"failure_limit": True}, "failureLimit", "wrong_type"),
        ({"failure_limit": 10**5000}, "failureLimit", "wrong_type"),
        ({"extra": 5}, "extra", "wrong_type"),
        ({"extra": {5: 5}}, "extra", "wrong_type"),
        ({"extra": {"contentType": "JSON"}}, "contentType", "unknown_field"),
        ({"contenttype": "JSON"}, "contenttype", "unknown_field"),
    ],
)
def test_a_wrong_value_is_named(fields: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookSpec(**fields)
    assert (path, code) in {(item.path, item.code) for item in caught.value.violations}


def test_deep_and_endless_values_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    endless: dict[str, Any] = {}
    endless["self"] = endless
    for value in (deep, endless):
        with pytest.raises(ValidationError):
            WebhookSpec(data_trigger=value)
        with pytest.raises(ValidationError):
            WebhookSpec().render({"device_id": value})
    while deep:
        deep = deep.pop("a")


def test_a_misspelt_keyword_names_the_one_that_was_meant() -> None:
    with pytest.raises(ValidationError, match="did you mean 'content_type'"):
        WebhookSpec(contenttype="JSON")  # type: ignore[call-arg]


def test_render_and_placeholders(spec: WebhookSpec) -> None:
    request = spec.render({"device_id": 'a"b'})
    assert isinstance(request, RenderedRequest)
    assert request.method is Method.POST
    assert request.url == "https://example.com/webhook/a%22b"
    assert request.headers == {"Content-Type": "application/json"}
    assert json.loads(request.body or "") == {"device_id": 'a"b'}
    assert request == spec.render({"device_id": 'a"b'})
    assert spec.placeholders() == ["device_id"]
    with pytest.raises(ValidationError, match="device_id"):
        spec.render({})
    with pytest.raises(ValidationError):
        spec.render([("device_id", 1)])  # type: ignore[arg-type]


def test_violations_read_well() -> None:
    violation = WebhookSpec().validate()[0]
    assert str(violation) == f"{violation.path}: {violation.message} [{violation.code}]"
    assert repr(violation).startswith(
        "Violation(path='name', code='required', message='is required', severity='error')"
    )
    with pytest.raises(ValidationError):
        WebhookSpec().validate("delete")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Trigger", "Method", "ContentType", "AuthType", "Status"])
def test_members_are_strings(name: str) -> None:
    enum: Any = getattr(blynk_webhooks, name)
    assert enum.__module__ == "blynk_webhooks"
    for member in enum:
        assert issubclass(type(member), str)
        assert member == member.name == member.value == str(member) == f"{member}"
        assert json.dumps(member) == f'"{member}"'
        assert hash(member) == hash(member.name)
        assert enum(member.name) is member
    assert get_args(getattr(types, f"{name}Name")) == tuple(enum), "the literals for editors are those of the core"


def test_unknown_values_are_plain_strings() -> None:
    webhook = Webhook.from_dict({"id": 1, "trigger": "BRAND_NEW", "status": "PAUSED"})
    assert webhook.trigger == "BRAND_NEW"
    assert type(webhook.trigger) is str
    assert type(webhook.status) is str

"""What the emulator's log holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from ._native import Trigger

__all__ = ["Delivery", "EventReport", "Notice", "SentRequest", "TargetRequest", "WebhookMatch"]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class SentRequest:
    """A request as the emulator sent it, but for the value of ``Authorization``."""

    method: str
    """HTTP method."""
    url: str
    """URL with every placeholder replaced, as it went out: without user name, password and fragment."""
    headers: dict[str, str]
    """Headers by name."""
    body: str | None
    """Body with every placeholder replaced."""


@dataclass(frozen=True)
class Delivery:
    """One run of a webhook.

    Example::

        [delivery] = emulator.trigger("DEVICE_ADDED", {"device_id": 7})
        assert delivery.outcome == "ok" and delivery.request.url.endswith("/7")
    """

    id: int
    """Number of the delivery, from 1, in the order in which they ended; 0 for one that ended after a reset."""
    webhook_id: int | None
    """The webhook; ``None`` for a spec that was only tested."""
    trigger: Trigger | str | None
    """The event."""
    at: datetime
    """When it began, on the emulator's clock (UTC)."""
    request: SentRequest | None
    """The request as sent; ``None`` where nothing was sent."""
    status_code: int | None
    """Status code of the response."""
    response_body: str | None
    """The response, as far as it was read."""
    outcome: Literal["ok", "failed", "not_sent"]
    """How it ended."""
    reason: str | None
    """Why it failed or was not sent, and what came of it, e.g. that the webhook is disabled."""
    duration: float
    """How long it took, in seconds of the machine."""
    redelivery_of: int | None
    """The delivery that this one repeats."""
    response_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers of the response; names in lower case."""
    test: bool = False
    """True for a test, like the console's Test button."""
    warnings: tuple[str, ...] = ()
    """Warnings about the event's values, e.g. a name that no webhook uses."""


@dataclass(frozen=True)
class Notice:
    """A mail that the platform would have sent to a failure receiver."""

    user_id: int
    """User ID of the receiver."""
    webhook_id: int
    """The webhook that was disabled."""
    at: datetime
    """When, on the emulator's clock (UTC)."""


@dataclass(frozen=True)
class WebhookMatch:
    """Whether an event runs a webhook."""

    webhook_id: int
    """The webhook."""
    name: str | None
    """Its name."""
    runs: bool
    """True if the event runs it."""
    reason: str | None
    """Why the event does not run it."""


@dataclass(frozen=True)
class EventReport:
    """What came of an event.

    Example::

        report = emulator.trigger_report("DEVICE_ADDED", {"device_id": 7})
        for webhook in report.webhooks:
            print(webhook.name, webhook.runs, webhook.reason)
    """

    deliveries: list[Delivery]
    """The deliveries, in the order of their webhooks."""
    webhooks: list[WebhookMatch]
    """Every webhook of the organization, with the reason if it did not run."""
    warnings: list[str]
    """Warnings about the event's values, e.g. a misspelt name."""


@dataclass(frozen=True)
class TargetRequest:
    """A request that a target received."""

    method: str
    """HTTP method."""
    path: str
    """Path and query, e.g. ``/doors/7?open=1``."""
    headers: Mapping[str, str]
    """Headers; names in lower case."""
    body: str
    """The body as text."""


def moment(millis: int) -> datetime:
    """Milliseconds since 1970 as a time."""
    return EPOCH + timedelta(milliseconds=millis)


def delivery(wire: dict[str, Any]) -> Delivery:
    """A delivery of its JSON."""
    request: dict[str, Any] | None = wire.get("request")
    trigger: str | None = wire.get("trigger")
    return Delivery(
        id=wire["id"],
        webhook_id=wire.get("webhookId"),
        trigger=Trigger.__members__.get(trigger, trigger) if trigger else None,
        at=moment(wire["at"]),
        request=SentRequest(request["method"], request["url"], request["headers"], request.get("body"))
        if request
        else None,
        status_code=wire.get("statusCode"),
        response_body=wire.get("responseBody"),
        outcome=wire["outcome"],
        reason=wire.get("reason"),
        duration=wire["durationMs"] / 1000,
        redelivery_of=wire.get("redeliveryOf"),
        response_headers=wire.get("responseHeaders", {}),
        test=wire.get("test", False),
        warnings=tuple(wire.get("warnings", ())),
    )


def notice(wire: dict[str, Any]) -> Notice:
    """A notice of its JSON."""
    return Notice(user_id=wire["userId"], webhook_id=wire["webhookId"], at=moment(wire["at"]))


def match(wire: dict[str, Any]) -> WebhookMatch:
    """Whether an event runs a webhook, of its JSON."""
    return WebhookMatch(wire["webhookId"], wire.get("name"), wire["runs"], wire.get("reason"))


def report(wire: dict[str, Any]) -> EventReport:
    """What came of an event, of its JSON."""
    return EventReport(
        [delivery(each) for each in wire["deliveries"]],
        [match(each) for each in wire["webhooks"]],
        wire.get("warnings", []),
    )


def target_request(wire: dict[str, Any]) -> TargetRequest:
    """A request of its JSON."""
    return TargetRequest(wire["method"], wire["path"], wire["headers"], wire["body"])

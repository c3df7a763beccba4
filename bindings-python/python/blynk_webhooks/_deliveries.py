"""What the emulator's log holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from ._native import Trigger

__all__ = ["Delivery", "Notice", "SentRequest"]

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


@dataclass(frozen=True)
class Notice:
    """A mail that the platform would have sent to a failure receiver."""

    user_id: int
    """User ID of the receiver."""
    webhook_id: int
    """The webhook that was disabled."""
    at: datetime
    """When, on the emulator's clock (UTC)."""


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
    )


def notice(wire: dict[str, Any]) -> Notice:
    """A notice of its JSON."""
    return Notice(user_id=wire["userId"], webhook_id=wire["webhookId"], at=moment(wire["at"]))

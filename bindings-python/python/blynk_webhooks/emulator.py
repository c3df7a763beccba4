"""The same API on this machine, from test code: with webhooks that run, faults on purpose and a clock of its own.

Example::

    from blynk_webhooks.emulator import Emulator

    with Emulator() as emulator, emulator.client() as client:
        client.create(
            name="Doors",
            trigger="DEVICE_ADDED",
            url="http://127.0.0.1:8000/doors/{device_id}",
            method="POST",
            content_type="JSON",
            auth_type="NONE",
        )
        [delivery] = emulator.trigger("DEVICE_ADDED", {"device_id": 7})
        print(delivery.outcome, delivery.status_code, delivery.request)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from . import _annotations as t
from ._deliveries import EPOCH, Delivery, Notice, SentRequest, delivery, moment, notice
from ._native import EmulatorServer, Webhook, WebhookSpec
from .errors import ConfigError
from .generated.clients import AsyncWebhookClient, WebhookClient

__all__ = ["Delivery", "Emulator", "Notice", "SentRequest"]


class Emulator:
    """An emulator on loopback, in this process; it takes requests from the moment it is made until ``close()``.

    Methods that wait have an async twin with the suffix ``_async``: it alone lets a target on the same loop answer.

    Args:
        port: Port on 127.0.0.1; 0 takes any free one.
        state: What it holds at first and after ``reset()``: a ``snapshot()``, some of its members, or the path of
            a JSON file that holds them.
        allow_remote_targets: Allows deliveries to hosts other than loopback.

    Raises:
        OSError: The port cannot be had, or the file cannot be read.
        ConfigError: The port is no port, or the state cannot be loaded.

    Example::

        with Emulator(port=0) as emulator:
            client = emulator.client()
    """

    __slots__ = ("__weakref__", "_server")

    def __init__(
        self,
        port: int = 0,
        *,
        state: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        allow_remote_targets: bool = False,
    ) -> None:
        held = state if state is None or isinstance(state, Mapping) else _read(state)
        self._server = EmulatorServer(port, held, allow_remote_targets)

    @property
    def url(self) -> str:
        """The base URL, e.g. ``http://127.0.0.1:49152``."""
        return self._server.url

    @property
    def client_id(self) -> str:
        """ID of the OAuth2 client."""
        return self._server.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth2 client."""
        return self._server.client_secret

    def client(self, **settings: t.Unpack[t.ClientSettings]) -> WebhookClient:
        """A client of this emulator; ``settings`` as ``WebhookClient`` takes them."""
        return WebhookClient(self.url, client_id=self.client_id, client_secret=self.client_secret, **settings)

    def async_client(self, **settings: t.Unpack[t.ClientSettings]) -> AsyncWebhookClient:
        """An async client of this emulator; ``settings`` as ``AsyncWebhookClient`` takes them."""
        return AsyncWebhookClient(self.url, client_id=self.client_id, client_secret=self.client_secret, **settings)

    def trigger(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> list[Delivery]:
        """Lets an event happen: every enabled webhook that matches is rendered and really sent.

        Args:
            trigger: The event.
            values: Its placeholder values; the emulator fills in what they leave open.
            org_id: The organization; without it the first.

        Returns:
            The deliveries, in the order of their webhooks, when all have ended.

        Raises:
            ValidationError: There is no such trigger.

        Example::

            [delivery] = emulator.trigger("DEVICE_ADDED", {"device_id": 7})
        """
        return [delivery(wire) for wire in self._server.command("trigger", _event(trigger, values, org_id))]

    async def trigger_async(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> list[Delivery]:
        """``trigger`` for async code."""
        return [delivery(wire) for wire in await self._server.command_async("trigger", _event(trigger, values, org_id))]

    def test(self, spec: WebhookSpec | Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Delivery:
        """Runs a spec once without a webhook, as the console's button does; no counter moves.

        Raises:
            ValidationError: The spec breaks the contract.
        """
        return delivery(self._server.command("test", _trial(spec, values)))

    async def test_async(
        self, spec: WebhookSpec | Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> Delivery:
        """``test`` for async code."""
        return delivery(await self._server.command_async("test", _trial(spec, values)))

    def redeliver(self, delivery_id: int) -> Delivery:
        """Sends the request of an earlier delivery once more.

        Raises:
            ValidationError: The log holds no such delivery.
        """
        return delivery(self._server.command("redeliver", {"deliveryId": delivery_id}))

    async def redeliver_async(self, delivery_id: int) -> Delivery:
        """``redeliver`` for async code."""
        return delivery(await self._server.command_async("redeliver", {"deliveryId": delivery_id}))

    def deliveries(
        self,
        *,
        webhook_id: int | None = None,
        outcome: Literal["ok", "failed", "not_sent"] | None = None,
        after: int | None = None,
    ) -> list[Delivery]:
        """The log, oldest first: deliveries of a webhook, that ended a certain way, with an id above ``after``."""
        chosen = {"filter": _filter(webhook_id, outcome, after)}
        return [delivery(wire) for wire in self._server.command("deliveries", chosen)]

    def wait_for_delivery(
        self,
        timeout: float = 10.0,
        *,
        webhook_id: int | None = None,
        outcome: Literal["ok", "failed", "not_sent"] | None = None,
        after: int | None = None,
    ) -> Delivery:
        """The first delivery that is meant, as soon as there is one; ``after`` waits for a new one.

        Raises:
            RequestTimeoutError: There was none within ``timeout`` seconds.
        """
        chosen = {"filter": _filter(webhook_id, outcome, after), "timeoutMs": _millis(timeout)}
        return delivery(self._server.command("wait_for_delivery", chosen))

    async def wait_for_delivery_async(
        self,
        timeout: float = 10.0,
        *,
        webhook_id: int | None = None,
        outcome: Literal["ok", "failed", "not_sent"] | None = None,
        after: int | None = None,
    ) -> Delivery:
        """``wait_for_delivery`` for async code."""
        chosen = {"filter": _filter(webhook_id, outcome, after), "timeoutMs": _millis(timeout)}
        return delivery(await self._server.command_async("wait_for_delivery", chosen))

    def notices(self) -> list[Notice]:
        """Mails that failure receivers would have got, oldest first."""
        return [notice(wire) for wire in self._server.command("notices", {})]

    def fail_next(
        self,
        status: int | None = None,
        times: int = 1,
        retry_after: int | None = None,
        *,
        reset: bool = False,
        truncate: bool = False,
        malformed: bool = False,
        delay: float | None = None,
        operation: Literal["list", "get", "create", "update", "delete", "token"] | None = None,
    ) -> None:
        """Scripts one fault for the next requests; faults come in the order in which they were scripted.

        Args:
            status: An answer with this HTTP status, 200 to 599; 503 where no fault is named.
            times: For how many requests.
            retry_after: ``Retry-After`` in seconds, with ``status``.
            reset: The connection is reset.
            truncate: The answer promises more bytes than come.
            malformed: An answer that is not JSON.
            delay: The operation is carried out, only so many seconds later.
            operation: Only requests of this operation; without it any but the token endpoint's.

        Raises:
            ConfigError: More than one fault is named.
            ValidationError: The fault cannot be.

        Example::

            emulator.fail_next(status=503, times=2)
            emulator.fail_next(reset=True)
        """
        named = {"reset": reset, "truncate": truncate, "malformed": malformed}
        faults: list[dict[str, Any]] = [{"kind": kind} for kind, wanted in named.items() if wanted]
        if delay is not None:
            faults.append({"kind": "delay", "delayMs": _millis(delay)})
        if status is not None or not faults:
            status = 503 if status is None else status
            faults.append({"kind": "status", "status": status, "retryAfter": retry_after})
        if len(faults) > 1:
            raise ConfigError(f"one fault at a time, not {' and '.join(fault['kind'] for fault in faults)}")
        [fault] = faults
        self._server.command("fail_next", {"fault": fault, "operation": operation, "times": times})

    def clear_faults(self) -> None:
        """Forgets the faults that are still to come."""
        self._server.command("clear_faults", {})

    def now(self) -> datetime:
        """The emulator's time (UTC)."""
        return moment(self._server.command("now", {}))

    def set_time(self, now: datetime) -> None:
        """Sets the emulator's time, an aware ``datetime``; it stands still from now on.

        Raises:
            ConfigError: The time names no zone.
        """
        if not isinstance(now, datetime) or now.tzinfo is None:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError("the time must be an aware datetime, e.g. datetime(2030, 1, 1, tzinfo=timezone.utc)")
        self._server.command("set_time", {"now": (now - EPOCH) // timedelta(milliseconds=1)})

    def advance_time(self, by: timedelta | float) -> None:
        """Moves the emulator's time forward, by seconds or a ``timedelta``: tokens expire, limits end."""
        self._server.command("advance_time", {"byMs": _millis(by)})

    def snapshot(self) -> dict[str, Any]:
        """Organizations, clients, webhooks and limits as they are now, for ``Emulator(state=…)``. Holds secrets."""
        state: dict[str, Any] = self._server.command("snapshot", {})
        return state

    def reset(self) -> None:
        """Goes back to the state it was made with. The log, tokens and faults are forgotten."""
        self._server.command("reset", {})

    def close(self) -> None:
        """Stops the emulator. Does nothing the second time."""
        self._server.stop()

    async def aclose(self) -> None:
        """Stops the emulator: ``close()`` for async code."""
        self.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Emulator {self.url}>"


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    if not isinstance(path, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"state must be a mapping or a path, is {type(path).__name__}")
    with open(path, encoding="utf-8") as file:
        try:
            state: dict[str, Any] = json.load(file)
        except ValueError as problem:
            raise ConfigError(f"the state in {os.fspath(path)} is no JSON: {problem}") from None
    return state


def _event(trigger: t.TriggerLike, values: Mapping[str, Any] | None, org_id: int | None) -> dict[str, Any]:
    return {"trigger": trigger, "values": {} if values is None else values, "orgId": org_id}


def _trial(spec: WebhookSpec | Mapping[str, Any], values: Mapping[str, Any] | None) -> dict[str, Any]:
    wire = spec.to_dict() if isinstance(spec, (WebhookSpec, Webhook)) else spec
    return {"spec": wire, "values": {} if values is None else values}


def _filter(webhook_id: int | None, outcome: str | None, after: int | None) -> dict[str, Any]:
    return {"webhookId": webhook_id, "outcome": outcome, "after": after}


def _millis(time: timedelta | float) -> int:
    try:
        seconds = time.total_seconds() if isinstance(time, timedelta) else float(time)
        return round(seconds * 1000)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"a time must be seconds (a finite number) or a timedelta, is {time!r}") from None

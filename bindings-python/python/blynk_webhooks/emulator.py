"""The same API on this machine, for tests: with webhooks that really run, faults on request and its own clock.

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

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from . import _annotations as t
from ._deliveries import (
    EPOCH,
    Delivery,
    EventReport,
    Notice,
    SentRequest,
    TargetRequest,
    WebhookMatch,
    delivery,
    match,
    moment,
    notice,
    report,
    target_request,
)
from ._native import EmulatorServer, Webhook, WebhookSpec
from .errors import ConfigError
from .generated.clients import AsyncWebhookClient, WebhookClient

__all__ = ["Delivery", "Emulator", "EventReport", "Notice", "SentRequest", "Target", "TargetRequest", "WebhookMatch"]

Outcome = Literal["ok", "failed", "not_sent"]


class Emulator:
    """An emulator on loopback, in this process. It accepts requests from its creation until ``close()``.

    Methods that wait have an async version with the suffix ``_async``. Use it if the target runs on the same loop.

    Args:
        port: Port on 127.0.0.1; 0 takes any free one.
        state: The initial state, also after ``reset()``: a ``snapshot()``, a part of one, JSON text of the
            same shape, or the path of a JSON file. ``blynk_webhooks.types.EmulatorState`` has every member, e.g.
            ``{"limits": {"webhooks": 1000}}`` where the platform's 100 webhooks for each organization are too few.
        allow_remote_targets: Allows deliveries to every host, not to loopback only.
        allow_targets: Hosts that deliveries may reach besides loopback, e.g. ``["app:3000"]``, or ``"app"`` for every
            port.
        target_ca: Certificate authorities to trust for targets on https, as PEM text or bytes.

    Raises:
        OSError: The port is not available, or the file cannot be read.
        ConfigError: The port, the state, a host or a certificate is not valid.

    Example::

        with Emulator(port=0) as emulator:
            client = emulator.client()
    """

    __slots__ = ("__weakref__", "_server")

    def __init__(
        self,
        port: int = 0,
        *,
        state: t.EmulatorState | Mapping[str, Any] | str | os.PathLike[str] | None = None,
        allow_remote_targets: bool = False,
        allow_targets: Sequence[str] = (),
        target_ca: str | bytes | None = None,
    ) -> None:
        held = state if state is None or isinstance(state, Mapping) else _read(state)
        self._server = EmulatorServer(port, held, allow_remote_targets, allow_targets, target_ca)

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

    def client(self, **settings: t.Unpack[t.FromEnvSettings]) -> WebhookClient:
        """A client of this emulator; ``settings`` as ``WebhookClient`` takes them.

        They take precedence over the emulator's URL and credentials.
        """
        return WebhookClient(**self._settings(settings))

    def async_client(self, **settings: t.Unpack[t.FromEnvSettings]) -> AsyncWebhookClient:
        """A client of this emulator for asyncio; ``settings`` as ``AsyncWebhookClient`` takes them.

        They take precedence over the emulator's URL and credentials.
        """
        return AsyncWebhookClient(**self._settings(settings))

    def _settings(self, settings: t.FromEnvSettings) -> t.FromEnvSettings:
        own: t.FromEnvSettings = {"base_url": self.url}
        if settings.get("token") is None:
            own |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return own | settings

    def environ(self) -> dict[str, str]:
        """The environment variables with which ``from_env`` creates a client of this emulator.

        Example::

            for name, value in emulator.environ().items():
                monkeypatch.setenv(name, value)
            client = WebhookClient.from_env()
        """
        environ: dict[str, str] = self._server.command("environ", {})
        return environ

    def target(self, *, tls: bool = False) -> Target:
        """Starts a target on loopback: a server that records requests and sends the responses you set.

        It runs until the emulator stops.

        Args:
            tls: Whether it is on https, with a certificate that deliveries trust.

        Example::

            target = emulator.target()
            client.create(name="Doors", url=f"{target.url}/doors/{{device_id}}", ...)
            emulator.trigger("DEVICE_ADDED", {"device_id": 7})
            assert target.requests[0].path == "/doors/7"
        """
        return Target(self._server, self._server.command("target", {"tls": tls}))

    def target_ca(self) -> str:
        """The certificate authority of targets on https, as PEM."""
        pem: str = self._server.command("target_ca", {})
        return pem

    def trigger(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> list[Delivery]:
        """Triggers an event: the emulator renders and really sends every enabled webhook that matches.

        Args:
            trigger: The event.
            values: Its placeholder values. Other placeholders get samples.
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

    def trigger_report(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> EventReport:
        """Like ``trigger``; also returns for each webhook of the organization whether it ran, and why not."""
        return report(self._server.command("trigger_report", _event(trigger, values, org_id)))

    async def trigger_report_async(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> EventReport:
        """``trigger_report`` for async code."""
        return report(await self._server.command_async("trigger_report", _event(trigger, values, org_id)))

    def explain(
        self, trigger: t.TriggerLike, values: Mapping[str, Any] | None = None, *, org_id: int | None = None
    ) -> list[WebhookMatch]:
        """Returns for each webhook of the organization whether an event would run it, and why not. Sends nothing.

        Example::

            for webhook in emulator.explain("DEVICE_ADDED"):
                print(webhook.name, webhook.runs, webhook.reason)
        """
        return [match(wire) for wire in self._server.command("explain", _event(trigger, values, org_id))]

    def test_webhook(self, webhook_id: int, values: Mapping[str, Any] | None = None) -> Delivery:
        """Sends one webhook once, like the console's Test button, regardless of its status and rate limit."""
        return delivery(self._server.command("test_webhook", {"webhookId": webhook_id, "values": values or {}}))

    async def test_webhook_async(self, webhook_id: int, values: Mapping[str, Any] | None = None) -> Delivery:
        """``test_webhook`` for async code."""
        chosen = {"webhookId": webhook_id, "values": values or {}}
        return delivery(await self._server.command_async("test_webhook", chosen))

    def test(self, spec: WebhookSpec | Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Delivery:
        """Runs a spec once without a webhook, like the console's Test button. No counter changes.

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
        """Sends the request of an earlier delivery again.

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
        outcome: Outcome | None = None,
        after: int | None = None,
        trigger: t.TriggerLike | None = None,
        status_code: int | None = None,
        search: str | None = None,
    ) -> list[Delivery]:
        """The log, oldest first: all deliveries, or those that match.

        Args:
            webhook_id: Only of this webhook.
            outcome: Only with this outcome.
            after: Only with a greater number.
            trigger: Only of this event.
            status_code: Only those whose target answered with this status.
            search: Only those whose URL, body, response, reason or webhook name contains this text.
        """
        chosen = _filter(webhook_id, outcome, after, trigger, status_code, search)
        return [delivery(wire) for wire in self._server.command("deliveries", chosen)]

    def expect(
        self,
        count: int = 1,
        *,
        webhook_id: int | None = None,
        outcome: Outcome | None = None,
        after: int | None = None,
        trigger: t.TriggerLike | None = None,
        status_code: int | None = None,
        search: str | None = None,
        timeout: timedelta | float = 5.0,
    ) -> list[Delivery]:
        """Waits until ``count`` deliveries match, and returns them. ``expect(0)``: none may match in that time.

        Args:
            count: Number of deliveries to wait for.
            webhook_id: Only of this webhook.
            outcome: Only with this outcome.
            after: Only with a greater number.
            trigger: Only of this event.
            status_code: Only those whose target answered with this status.
            search: Only those that contain this text.
            timeout: Seconds.

        Raises:
            RequestTimeoutError: Too few match in time. The message names the closest deliveries and how they differ.

        Example::

            [delivery] = emulator.expect(1, outcome="ok", search="/doors/7")
        """
        chosen = _filter(webhook_id, outcome, after, trigger, status_code, search)
        chosen |= {"count": count, "timeoutMs": _millis(timeout)}
        return [delivery(wire) for wire in self._server.command("expect", chosen)]

    async def expect_async(
        self,
        count: int = 1,
        *,
        webhook_id: int | None = None,
        outcome: Outcome | None = None,
        after: int | None = None,
        trigger: t.TriggerLike | None = None,
        status_code: int | None = None,
        search: str | None = None,
        timeout: timedelta | float = 5.0,
    ) -> list[Delivery]:
        """``expect`` for async code."""
        chosen = _filter(webhook_id, outcome, after, trigger, status_code, search)
        chosen |= {"count": count, "timeoutMs": _millis(timeout)}
        return [delivery(wire) for wire in await self._server.command_async("expect", chosen)]

    def wait_for_delivery(
        self,
        timeout: timedelta | float = 10.0,
        *,
        webhook_id: int | None = None,
        outcome: Outcome | None = None,
        after: int | None = None,
    ) -> Delivery:
        """Waits for the first delivery that matches, and returns it; ``after`` waits for a new one.

        Raises:
            RequestTimeoutError: There was none within ``timeout`` seconds.
        """
        chosen = {**_filter(webhook_id, outcome, after), "timeoutMs": _millis(timeout)}
        return delivery(self._server.command("wait_for_delivery", chosen))

    async def wait_for_delivery_async(
        self,
        timeout: timedelta | float = 10.0,
        *,
        webhook_id: int | None = None,
        outcome: Outcome | None = None,
        after: int | None = None,
    ) -> Delivery:
        """``wait_for_delivery`` for async code."""
        chosen = {**_filter(webhook_id, outcome, after), "timeoutMs": _millis(timeout)}
        return delivery(await self._server.command_async("wait_for_delivery", chosen))

    def notices(self) -> list[Notice]:
        """The mails that the platform would have sent to failure receivers, oldest first."""
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
        delay: timedelta | float | None = None,
        operation: Literal["list", "get", "create", "update", "delete", "token"] | None = None,
    ) -> None:
        """Adds a fault for the next requests. Faults apply in the order in which they were added.

        Args:
            status: A response with this HTTP status, 200 to 599. Default if no fault is named: 503.
            times: Number of requests.
            retry_after: ``Retry-After`` in seconds, with ``status``.
            reset: The connection is reset.
            truncate: The response announces more bytes than it has.
            malformed: A response that is not JSON.
            delay: The operation runs after so many seconds.
            operation: Only requests of this operation. Default: every operation except ``token``.

        Raises:
            ConfigError: More than one fault is named.
            ValidationError: The status or ``times`` is out of range.

        Example::

            emulator.fail_next(status=503, times=2)
            emulator.fail_next(reset=True)
        """
        named = {
            "status": status,
            "retryAfter": retry_after,
            "reset": reset,
            "truncate": truncate,
            "malformed": malformed,
        }
        named["delayMs"] = None if delay is None else _millis(delay)
        self._server.command("fail_next", {**named, "operation": operation, "times": times})

    def fail_next_delivery(
        self,
        times: int = 1,
        *,
        drop: bool = False,
        reset: bool = False,
        duplicate: bool = False,
        delay: timedelta | float | None = None,
        webhook_id: int | None = None,
    ) -> None:
        """Adds a fault for the next deliveries. Faults apply in the order in which they were added.

        Args:
            times: Number of deliveries.
            drop: The request never arrives, and the delivery fails.
            reset: The request arrives, the connection is reset before the response is read, and the delivery fails.
            duplicate: The request arrives twice; the first response counts.
            delay: The request is sent after so many seconds.
            webhook_id: Only deliveries of this webhook.

        Raises:
            ValidationError: No fault is named.
            ConfigError: More than one fault is named.

        Example::

            emulator.fail_next_delivery(drop=True)
        """
        named = {"drop": drop, "reset": reset, "duplicate": duplicate}
        named_delay = None if delay is None else _millis(delay)
        chosen = {**named, "delayMs": named_delay, "webhookId": webhook_id, "times": times}
        self._server.command("fail_next_delivery", chosen)

    def clear_faults(self) -> None:
        """Removes all pending faults, of requests and of deliveries."""
        self._server.command("clear_faults", {})

    def now(self) -> datetime:
        """The emulator's time (UTC)."""
        return moment(self._server.command("now", {}))

    def set_time(self, now: datetime) -> None:
        """Sets the emulator's time, an aware ``datetime``, and stops the clock.

        Raises:
            ConfigError: The time has no time zone.
        """
        if not isinstance(now, datetime) or now.tzinfo is None:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError("the time must be an aware datetime, e.g. datetime(2030, 1, 1, tzinfo=timezone.utc)")
        self._server.command("set_time", {"now": (now - EPOCH) // timedelta(milliseconds=1)})

    def advance_time(self, by: timedelta | float) -> None:
        """Moves the emulator's time forward, by seconds or a ``timedelta``: tokens expire, rate limits reset."""
        self._server.command("advance_time", {"byMs": _millis(by)})

    def snapshot(self) -> dict[str, Any]:
        """Organizations, clients, webhooks and limits as they are now, for ``Emulator(state=…)``. Contains secrets."""
        state: dict[str, Any] = self._server.command("snapshot", {})
        return state

    def snapshot_json(self) -> str:
        """``snapshot`` as JSON text, for ``Emulator(state=…)``. Keeps every digit of every number."""
        return self._server.snapshot_json()

    def restore(self, state: t.EmulatorState | Mapping[str, Any]) -> None:
        """Replaces the state. Clears the log and tokens. ``reset()`` still restores the initial state.

        Raises:
            ConfigError: The state cannot be used.
        """
        self._server.command("restore", {"state": state})

    def reset(self) -> None:
        """Restores the initial state. Clears the log, tokens and faults."""
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


class Target:
    """A target of an emulator: it records requests and sends the responses you set. ``Emulator.target`` starts one."""

    __slots__ = ("_id", "_server", "url")

    url: str
    """Its base URL, e.g. ``http://127.0.0.1:49153``."""

    def __init__(self, server: EmulatorServer, wire: dict[str, Any]) -> None:
        self._server = server
        self._id: int = wire["id"]
        self.url = wire["url"]

    @property
    def requests(self) -> list[TargetRequest]:
        """The requests that it received, oldest first."""
        return [target_request(wire) for wire in self._server.command("target_requests", {"targetId": self._id})]

    def respond(
        self,
        status: int = 200,
        *,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        delay: timedelta | float | None = None,
        times: int | None = None,
    ) -> None:
        """Sets the response from now on, or for the next ``times`` requests.

        Args:
            status: HTTP status, 200 to 599.
            headers: Headers of the response.
            body: Its body.
            delay: Seconds that it waits before it answers.
            times: Number of requests. Later requests get the earlier response.

        Raises:
            ValidationError: The response cannot be.

        Example::

            target.respond(status=500, times=2)
        """
        chosen = {"status": status, "headers": headers, "body": body, "times": times}
        chosen |= {"targetId": self._id, "delayMs": None if delay is None else _millis(delay)}
        self._server.command("target_respond", chosen)

    def clear(self) -> None:
        """Clears the requests and the responses."""
        self._server.command("clear_target", {"targetId": self._id})

    def __repr__(self) -> str:
        return f"<Target {self.url}>"


def _read(state: str | os.PathLike[str]) -> str:
    """The JSON text of a state: the text itself, or that of a file."""
    if not isinstance(state, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"state must be a mapping or a path, is {type(state).__name__}")
    if isinstance(state, str) and state.lstrip().startswith("{"):
        return state
    with open(state, encoding="utf-8-sig") as file:
        text = file.read()
    try:
        EmulatorServer.check_state(text)
    except ConfigError as problem:
        raise ConfigError(f"{os.fspath(state)}: {problem}") from None
    return text


def _event(trigger: t.TriggerLike, values: Mapping[str, Any] | None, org_id: int | None) -> dict[str, Any]:
    return {"trigger": trigger, "values": {} if values is None else values, "orgId": org_id}


def _trial(spec: WebhookSpec | Mapping[str, Any], values: Mapping[str, Any] | None) -> dict[str, Any]:
    wire = spec.to_dict() if isinstance(spec, (WebhookSpec, Webhook)) else spec
    return {"spec": wire, "values": {} if values is None else values}


def _filter(
    webhook_id: int | None,
    outcome: str | None,
    after: int | None,
    trigger: str | None = None,
    status_code: int | None = None,
    search: str | None = None,
) -> dict[str, Any]:
    return {
        "webhookId": webhook_id,
        "outcome": outcome,
        "after": after,
        "trigger": trigger,
        "statusCode": status_code,
        "search": search,
    }


def _millis(time: timedelta | float) -> int:
    try:
        seconds = time.total_seconds() if isinstance(time, timedelta) else float(time)
        return round(seconds * 1000)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"a time must be seconds (a finite number) or a timedelta, is {time!r}") from None

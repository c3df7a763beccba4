"""Webhooks as code: plan changes and apply them.

Example::

    plan = client.plan("webhooks.toml")
    print(plan)
    if not plan.is_empty:
        plan.apply()
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ._native import AsyncCalls, BlockingCalls, NativePlan, Violation

__all__ = [
    "ApplyReport",
    "AsyncPlan",
    "ItemReport",
    "Plan",
    "PlanChange",
    "PlanGuard",
    "PlanItem",
    "PlanProgress",
]

Action = Literal["update", "create", "delete", "unchanged", "unmanaged"]
ItemOutcome = Literal["done", "conflict", "failed", "unknown", "skipped"]


@dataclass(frozen=True)
class PlanChange:
    """One field that changes. Secrets are ``***``."""

    field: str
    """The field's wire name."""
    before: Any
    """The value on the server; ``None`` if there is none."""
    after: Any
    """The desired value; ``None`` if the field is cleared."""


@dataclass(frozen=True)
class PlanItem:
    """One webhook of a plan."""

    action: Action
    """What happens to it. ``unmanaged``: it is not named, and stays as it is."""
    name: str
    """Its name; the new name if it is renamed."""
    id: int | None
    """Its ID; ``None`` if it does not exist yet."""
    changes: tuple[PlanChange, ...]
    """The fields that change."""
    cannot_compare: tuple[str, ...] = ()
    """Secrets that the server masks or does not show: they cannot be compared."""
    disabled_by_platform: bool = False
    """True if the platform has disabled it after too many failures. No plan enables it."""


@dataclass(frozen=True)
class PlanGuard:
    """How many webhooks a plan deletes, and how many it may."""

    deletes: int
    """Webhooks that would be deleted."""
    managed: int
    """Webhooks on the server that the file or list names."""
    allowed: int | None
    """Most deletes that the file allows; ``None``: no limit."""
    limit: str | None
    """The limit as the file has it, e.g. ``30%``."""
    exceeded: bool
    """True if the plan is not applied."""


@dataclass(frozen=True)
class ItemReport:
    """How one item of a plan ended."""

    action: Action
    """The planned action."""
    name: str
    """The webhook's name."""
    id: int | None
    """Its ID, if it is known."""
    outcome: ItemOutcome
    """How it ended. ``unknown``: create another plan, which reads the current state."""
    message: str | None
    """What was not as planned, e.g. why it was not done."""
    code: str | None = None
    """The code of the error that stopped it, if a request failed, e.g. ``FORBIDDEN``."""


@dataclass(frozen=True)
class PlanProgress:
    """How far an apply has come: one item has ended."""

    done: int
    """Items that have ended."""
    total: int
    """Items of the plan that change something."""
    item: ItemReport
    """The item that ended."""


@dataclass(frozen=True)
class ApplyReport:
    """How a plan was carried out."""

    items: tuple[ItemReport, ...]
    """Every item with a change, in the order of the plan."""
    digest: str
    """The digest of the plan."""
    interrupted: bool
    """True if it was stopped before every item had begun."""

    @property
    def is_complete(self) -> bool:
        """True if every item is done."""
        return all(item.outcome == "done" for item in self.items)

    @property
    def summary(self) -> dict[str, int]:
        """How many items ended in each way."""
        outcomes = [item.outcome for item in self.items]
        return {outcome: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)}


class _Plan:
    """What both kinds of plan have."""

    __slots__ = (
        "__weakref__",
        "_calls",
        "_native",
        "digest",
        "guard",
        "items",
        "org",
        "server",
        "summary",
        "warnings",
    )

    items: tuple[PlanItem, ...]
    """Every desired webhook, in order, then the webhooks of the server that are not named."""
    digest: str
    """Identifies this plan. A different plan, or one from another state of the server, has another digest."""
    summary: Mapping[str, int]
    """How many webhooks of each action."""
    guard: PlanGuard
    """Deletes, and how many are allowed."""
    server: str | None
    """The server that the plan is for."""
    org: int | None
    """The organization that the plan is for, if it is known."""
    warnings: list[Violation]
    """Warnings about the webhooks that change."""

    def __init__(self, native: NativePlan, calls: BlockingCalls | AsyncCalls) -> None:
        self._native = native
        self._calls: Any = calls
        wire: dict[str, Any] = json.loads(native.json())
        self.items = tuple(map(_item, wire["items"]))
        self.digest = wire["digest"]
        self.summary = wire["summary"]
        self.guard = PlanGuard(**wire["guard"])
        self.server = wire.get("server")
        self.org = wire.get("org")
        self.warnings = native.warnings()

    @property
    def is_empty(self) -> bool:
        """True if applying the plan sends nothing."""
        return all(item.action in ("unchanged", "unmanaged") for item in self.items)

    def to_json(self) -> str:
        """The plan as JSON text, without secrets."""
        return self._native.json()

    def __str__(self) -> str:
        return self._native.text()

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {action}" for action, count in self.summary.items())
        return f"<{type(self).__name__} {self.digest[:12]}: {counts}>"


class Plan(_Plan):
    """The changes that ``WebhookClient.plan`` found. ``apply`` makes them; ``str()`` shows them."""

    __slots__ = ()

    def apply(
        self,
        concurrency: int = 8,
        on_progress: Callable[[PlanProgress], object] | None = None,
        *,
        digest: str | None = None,
    ) -> ApplyReport:
        """Applies the plan: updates, then creates, then deletes. A failure stops its own item only.

        Before an update or a delete, the webhook is read again. If it has changed since the plan, it stays as it is.
        A lost response is settled by reading again. After an interruption, another plan finishes the work.

        Args:
            concurrency: Number of items at once; fewer after a 429.
            on_progress: Function that receives each item after its end. If it raises, the apply goes on.
            digest: The digest that was reviewed, or its first 12 characters or more. Another plan is refused.

        Raises:
            ConfigError: The plan deletes more than is allowed, or has another digest. Nothing was sent.

        Example::

            report = plan.apply(on_progress=lambda progress: print(progress.done, "of", progress.total))
            assert report.is_complete
        """
        return _report(self._calls.apply(self._native, concurrency, digest, on_progress))


class AsyncPlan(_Plan):
    """The changes that ``AsyncWebhookClient.plan`` found. ``apply`` makes them; ``str()`` shows them."""

    __slots__ = ()

    async def apply(
        self,
        concurrency: int = 8,
        on_progress: Callable[[PlanProgress], object] | None = None,
        *,
        digest: str | None = None,
    ) -> ApplyReport:
        """Applies the plan: see ``Plan.apply``."""
        return _report(await self._calls.apply(self._native, concurrency, digest, on_progress))


def progress(done: int, total: int, item: str) -> PlanProgress:
    """How far an apply has come, for the native half."""
    return PlanProgress(done, total, _item_report(json.loads(item)))


def _report(wire: dict[str, Any]) -> ApplyReport:
    return ApplyReport(tuple(map(_item_report, wire["items"])), wire["digest"], wire["interrupted"])


def _item_report(wire: dict[str, Any]) -> ItemReport:
    told = wire.get("message"), wire.get("code")
    return ItemReport(wire["action"], wire["name"], wire.get("id"), wire["outcome"], *told)


def _item(wire: dict[str, Any]) -> PlanItem:
    return PlanItem(
        action=wire["action"],
        name=wire["name"],
        id=wire.get("id"),
        changes=tuple(PlanChange(change["field"], change["before"], change["after"]) for change in wire["changes"]),
        cannot_compare=tuple(wire.get("cannotCompare", ())),
        disabled_by_platform=wire.get("disabledByPlatform", False),
    )

"""Webhooks as a table, for notebooks."""

from __future__ import annotations

from html import escape

from . import _annotations as t

COLUMNS = ("id", "name", "trigger", "method", "url", "status", "attempt_count", "last_triggered_at")


def table(webhooks: t.Iterable[t.Webhook]) -> WebhookTable:
    """Webhooks as a table without secrets, which notebooks show as one and ``print`` prints as one.

    A single webhook is shown so by itself.

    Example::

        table(client.list())
    """
    return WebhookTable(webhooks)


class WebhookTable:
    """Webhooks as a table: see ``table``."""

    __slots__ = ("webhooks",)

    def __init__(self, webhooks: t.Iterable[t.Webhook]) -> None:
        self.webhooks = list(webhooks)

    def _repr_html_(self) -> str:
        return html(self.webhooks)

    def __str__(self) -> str:
        rows = [COLUMNS, *(cells(webhook) for webhook in self.webhooks)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)  # noqa: B905
        return "\n".join(lines)

    __repr__ = __str__


def cells(webhook: t.Webhook) -> tuple[str, ...]:
    """The texts of a row: what ``repr`` shows, so without secrets, and the counters."""
    shown = webhook._shown()  # pyright: ignore[reportPrivateUsage]
    triggered = webhook.last_triggered_at
    shown["attempt_count"] = webhook.attempt_count
    shown["last_triggered_at"] = triggered and f"{triggered:%Y-%m-%d %H:%M:%S}"
    return tuple("" if shown.get(column) is None else str(shown[column]) for column in COLUMNS)


def html(webhooks: t.Iterable[t.Webhook]) -> str:
    """The table as HTML."""
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(webhook))}</tr>" for webhook in webhooks)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

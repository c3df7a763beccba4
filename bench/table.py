"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

import budget
import cold
import emulation
from figures import Figures
from scenarios import CALLS, DECODE, FLOOR, GROWTH, IMPORT, MORE_CALLS, OURS, Scenario
from targets import TARGETS

MEGA = 1e6


def markdown(figures: Figures, conditions: list[str]) -> str:
    """The whole document."""
    parts = ["# Benchmark", "", *conditions, ""]
    parts += ["## Targets", "", *_table(("target", "bound", "measured", ""), (t.row(figures) for t in TARGETS)), ""]
    for scenario in (*CALLS, *MORE_CALLS):
        parts += [f"## {scenario.title}", "", *_calls(figures, scenario), ""]
    parts += ["## Cold start over TLS: start, list 100 webhooks, end", "", *_cold(figures), ""]
    parts += ["## System calls and instructions", "", *budget.markdown(figures.once["budget"]), ""]
    parts += [f"## {DECODE.title}", "", *_times(figures, DECODE), ""]
    parts += [f"## {GROWTH.title}", "", *_times(figures, GROWTH), ""]
    parts += ["## Import and require, packages", "", *_imports(figures), ""]
    parts += ["## Emulator, memory, many at once", "", *_rest(figures), ""]
    return "\n".join(parts)


#: What most programs use, by the first word of a scenario's key.
USUAL = {"sync": "httpx + pydantic", "async": "aiohttp + pydantic", "node": "fetch + zod"}


def summary(figures: Figures) -> str:
    """Calls per second of ours, of the fastest other client and of the usual one: a table for the README."""
    rows = []
    for scenario in CALLS:
        rates = {label: figures.median(scenario.key, label, "rate") for label in figures.clients(scenario.key)}
        ours, others = rates[OURS], {label: rate for label, rate in rates.items() if label not in (OURS, FLOOR)}
        fastest, usual = max(others, key=others.__getitem__, default=""), USUAL[scenario.key.split("-")[0]]
        peers = (
            f"{others[label]:,.0f} {label} (× {ours / others[label]:.2f})" if label in others else "not measured"
            for label in (fastest, usual)
        )
        rows.append((scenario.title, f"{ours:,.0f}", *peers))
    return "\n".join(_table(("calls per second", OURS, "the fastest other", "the usual one"), rows))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) + ("---:",) * (len(head) - 1), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _spread(values: list[float], scale: float, form: str) -> str:
    values = sorted(value * scale for value in values)
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    return f"{middle:{form}} ({values[0]:{form}}–{values[-1]:{form}})"


def _calls(figures: Figures, scenario: Scenario) -> list[str]:
    rows = []
    for run in scenario.runs:
        key = scenario.key, run.label
        if not figures.has(*key):
            rows.append((run.label, figures.results.failures.get(key, "not measured"), "", "", ""))
            continue
        rate = figures.median(*key, "rate")
        ratio = figures.median(scenario.key, OURS, "rate") / rate if figures.has(scenario.key, OURS) else 0.0
        own = ["", ""]
        if run.label != FLOOR:
            cpu, memory = figures.median(*key, "cpu"), figures.median(*key, "memory")
            own = [f"{cpu * 1e6:,.1f}", f"{memory / MEGA:.0f}"]
        name = f"**{run.label}**" if run.label == OURS else run.label
        rows.append((name, _spread(figures.all(*key, "rate"), 1, ",.0f"), f"{ratio:.2f}", *own))
    first, *others = rows
    others.sort(key=lambda row: float(row[2]) if row[2] else 0.0)
    head = ("client", "calls/s, median (min–max)", "ours is × this", "CPU µs/call", "peak memory, MB")
    return _table(head, [first, *others])


def _times(figures: Figures, scenario: Scenario) -> list[str]:
    rows = []
    for run in scenario.runs:
        key = scenario.key, run.label
        if not figures.has(*key):
            rows.append((run.label, figures.results.failures.get(key, "not measured"), "", ""))
            continue
        time, cpu = (_spread(figures.all(*key, quantity), 1e3, ".1f") for quantity in ("seconds", "cpu"))
        rows.append((run.label, time, cpu, f"{figures.median(*key, 'memory') / MEGA:.1f}"))
    return _table(("", "ms, median (min–max)", "CPU ms", "peak memory above that before, MB"), rows)


def _cold(figures: Figures) -> list[str]:
    rows = []
    for scripts, language in ((cold.PYTHON, "python"), (cold.NODE_SCRIPTS, "node")):
        bare = cold.BARE[language]
        for label in scripts:
            if not figures.has(cold.KEY, label):
                rows.append((label, figures.results.failures.get((cold.KEY, label), "not measured"), "", ""))
                continue
            above = figures.median(cold.KEY, label, "seconds") - figures.median(cold.KEY, bare, "seconds")
            cpu = figures.median(cold.KEY, label, "cpu") - figures.median(cold.KEY, bare, "cpu")
            extra = ("", "") if label == bare else (f"{above * 1e3:.1f}", f"{cpu * 1e3:.1f}")
            rows.append((label, _spread(figures.all(cold.KEY, label, "seconds"), 1e3, ".1f"), *extra))
    return _table(("", "ms, median (min–max)", "above bare, ms", "CPU above bare, ms"), rows)


def _imports(figures: Figures) -> list[str]:
    rows = []
    for run in IMPORT.runs:
        key = IMPORT.key, run.label
        measured = _spread(figures.all(*key, "seconds"), 1e3, ".1f") if figures.has(*key) else "not measured"
        rows.append((run.label, measured))
    sizes = figures.once.get("sizes", {})
    lines = _table(("", "ms, median (min–max)"), rows)
    return [*lines, "", *(f"- {name}: {size / MEGA:.2f} MB" for name, size in sizes.items())]


def _rest(figures: Figures) -> list[str]:
    rows = []
    for name in (emulation.GET, emulation.NGINX, emulation.DELIVERIES):
        if figures.has(emulation.KEY, name):
            rows.append((name, _spread(figures.all(emulation.KEY, name, "rate"), 1, ",.0f")))
    lines = [*_table(("emulator", "a second, median (min–max)"), rows), ""]
    for key, name in (("emulator-soak", "emulator, requests"), ("client-soak", "Python client, calls")):
        if key in figures.once:
            first, last = (value / MEGA for value in figures.once[key]["memory"])
            calls = figures.once[key]["calls"]
            lines.append(f"- {name}: {calls:,}; resident after a tenth {first:.1f} MB, at the end {last:.1f} MB")
    for key, name in (("python-in-flight", "Python"), ("node-in-flight", "Node")):
        if key in figures.once:
            once = figures.once[key]
            lines.append(
                f"- {name}, {once['calls']:,} calls at once: {once['errors']} errors, {once['seconds']:.2f} s, "
                f"{once['memory'] / MEGA:.0f} MB above that before"
            )
    return lines

"""What is to be reached, each as a ratio or a figure of one run, and whether it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cold
import emulation
from figures import Figures
from scenarios import FLOOR, OURS


@dataclass(frozen=True)
class Target:
    """A claim: ``value`` of the figures is at least (or at most) ``bound``."""

    claim: str
    bound: float
    value: Callable[[Figures], float]
    at_least: bool = True
    unit: str = ""

    def row(self, figures: Figures) -> tuple[str, str, str, str]:
        """Claim, bound, what was reached, and the verdict."""
        bound = f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"
        try:
            value = self.value(figures)
        except (KeyError, ValueError, ZeroDivisionError):
            return self.claim, bound, "not measured", "–"
        reached = value >= self.bound if self.at_least else value <= self.bound
        return self.claim, bound, f"{value:.2f}{self.unit}", "reached" if reached else "missed"


def _against(scenario: str, *peers: str) -> Callable[[Figures], float]:
    """Our rate by that of the best of these peers; by that of the best of all if none is named."""

    def value(figures: Figures) -> float:
        named = peers or tuple(label for label in figures.clients(scenario) if label not in (OURS, FLOOR))
        best = max(figures.median(scenario, peer, "rate") for peer in named if figures.has(scenario, peer))
        return figures.median(scenario, OURS, "rate") / best

    return value


def _msgspec(scenario: str) -> Callable[[Figures], float]:
    def value(figures: Figures) -> float:
        peers = [label for label in figures.clients(scenario) if label.endswith("+ msgspec")]
        return _against(scenario, *peers)(figures)

    return value


def _decoding(peer: str, quantity: str) -> Callable[[Figures], float]:
    """Ours without the transport, by the peer; memory with it."""

    def value(figures: Figures) -> float:
        ours = figures.median("decode", f"{OURS}, call over HTTP and values", quantity)
        if quantity != "memory":
            ours -= figures.median("decode", "pycurl, call over HTTP, no values", quantity)
        return ours / figures.median("decode", f"{peer}, bytes in memory", quantity)

    return value


def _growth(quantity: str) -> Callable[[Figures], float]:
    """A webhook's share of the longest list by its share of a list of a tenth: 1 is linear, 10 would be quadratic."""
    long, short = (f"{OURS}, {length}" for length in ("100,000", "10,000"))
    return lambda figures: figures.median("growth", long, quantity) / figures.median("growth", short, quantity) / 10


def _cold(language: str) -> Callable[[Figures], float]:
    """Ours above the bare interpreter, by the best peer above it."""

    def value(figures: Figures) -> float:
        bare = figures.median(cold.KEY, cold.BARE[language.lower()], "seconds")
        above = {
            label: figures.median(cold.KEY, label, "seconds") - bare
            for label in figures.clients(cold.KEY)
            if label.startswith(language) and label != cold.BARE[language.lower()]
        }
        ours = above.pop(f"{language}, {OURS}")
        return ours / min(above.values())

    return value


def _system_calls(workload: str) -> Callable[[Figures], float]:
    return lambda figures: sum(figures.once["budget"]["calls"][workload]["system_calls"].values())


def _read(figures: Figures) -> float:
    """Every field of 10,000 webhooks read, without the transport, by msgspec's."""
    ours = figures.median("decode", f"{OURS}, the same, then every field read", "seconds")
    ours -= figures.median("decode", "pycurl, call over HTTP, no values", "seconds")
    return ours / figures.median("decode", "msgspec, the same, then every field read", "seconds")


def _with_pydantic(scenario: str) -> Callable[[Figures], float]:
    return lambda figures: _against(
        scenario, *(label for label in figures.clients(scenario) if label.endswith("+ pydantic"))
    )(figures)


ONE = "one webhook"
JSON_PARSE = "undici + JSON.parse (no check)"
TARGETS = (
    Target(f"Python sync, {ONE}, by the best peer", 1.0, _against("sync-one")),
    Target(f"Python sync, {ONE}, by the best peer with pydantic", 1.15, _with_pydantic("sync-one")),
    Target("Python sync, list of 100, by the best peer with msgspec", 1.2, _msgspec("sync-list")),
    Target(f"Python async, {ONE}, by the best peer", 1.3, _against("async-one")),
    Target("Python async, list of 100, by the best peer with msgspec", 1.2, _msgspec("async-list")),
    Target(f"Node, {ONE}, by undici + JSON.parse", 1.25, _against("node-one", JSON_PARSE)),
    Target("Node, list of 100, by undici + JSON.parse", 1.3, _against("node-list", JSON_PARSE)),
    Target("Node, list of 100, by undici + zod", 2.2, _against("node-list", "undici + zod")),
    Target("Node, sequential, by undici + JSON.parse", 0.95, _against("node-sequential", JSON_PARSE)),
    Target("System calls, Python sync", 4, _system_calls("Python, sync"), False),
    Target("System calls, Python async, 64 tasks", 3, _system_calls("Python, async, 64 tasks"), False),
    Target("System calls, Node sequential", 8, _system_calls("Node, sequential"), False),
    Target("System calls, Node, 64 in flight", 3, _system_calls("Node, 64 in flight"), False),
    Target("Cold start over TLS above bare, Python, by the best peer", 0.25, _cold("Python"), False),
    Target("Cold start over TLS above bare, Node, by the best peer", 0.125, _cold("Node"), False),
    Target("10,000 webhooks, every field read, by msgspec", 1.2, _read, False),
    Target("Decoding 10,000, peak memory by pydantic's", 0.333, _decoding("pydantic", "memory"), at_least=False),
    Target(
        "Python import", 10, lambda figures: figures.median("import", f"Python: {OURS}", "seconds") * 1e3, False, " ms"
    ),
    Target("Node require", 5, lambda figures: figures.median("import", f"Node: {OURS}", "seconds") * 1e3, False, " ms"),
    Target("Wheel", 4.5, lambda figures: figures.once["sizes"]["wheel"] / 1e6, False, " MB"),
    Target("npm package, packed", 5, lambda figures: figures.once["sizes"]["npm"] / 1e6, False, " MB"),
    Target(
        "Emulator, get, by nginx",
        0.5,
        lambda figures: (
            figures.median(emulation.KEY, emulation.GET, "rate")
            / figures.median(emulation.KEY, emulation.NGINX, "rate")
        ),
    ),
    Target(
        "Emulator, deliveries a second",
        5000,
        lambda figures: figures.median(emulation.KEY, emulation.DELIVERIES, "rate"),
    ),
    Target(
        "Emulator, memory after all requests by that after a tenth",
        1.1,
        lambda figures: figures.once["emulator-soak"]["memory"][1] / figures.once["emulator-soak"]["memory"][0],
        False,
    ),
    Target(
        "Python client, memory after all calls by that after a tenth",
        1.1,
        lambda figures: figures.once["client-soak"]["memory"][1] / figures.once["client-soak"]["memory"][0],
        False,
    ),
    Target("Growth, processor time of a webhook in 100,000 by in 10,000", 2, _growth("cpu"), False),
    Target("Growth, memory of a webhook in 100,000 by in 10,000", 2, _growth("memory"), False),
    Target("Python, 10,000 at once: errors", 0, lambda figures: figures.once["python-in-flight"]["errors"], False),
    Target("Node, 10,000 at once: errors", 0, lambda figures: figures.once["node-in-flight"]["errors"], False),
)

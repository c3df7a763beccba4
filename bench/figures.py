"""Medians of what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from measure import Results


@dataclass
class Figures:
    """Results by rounds, and what was measured once."""

    results: Results
    once: dict[str, dict[str, Any]] = field(default_factory=dict)

    def clients(self, scenario: str) -> list[str]:
        """The clients of a scenario that were measured."""
        return [label for (key, label), reports in self.results.reports.items() if key == scenario and reports]

    def has(self, scenario: str, client: str) -> bool:
        """Whether there is a figure."""
        return bool(self.results.reports.get((scenario, client)))

    def all(self, scenario: str, client: str, quantity: str) -> list[float]:
        """One value for each round. Raises ``KeyError`` where there is none."""
        if not self.has(scenario, client):
            raise KeyError(client)
        return [report[quantity] for report in self.results.reports[scenario, client]]

    def median(self, scenario: str, client: str, quantity: str) -> float:
        """The median of all rounds."""
        return median(self.all(scenario, client, quantity))

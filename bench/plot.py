"""The rates as bars, one panel for each scenario, as SVG."""

from __future__ import annotations

from html import escape

from figures import Figures
from scenarios import CALLS, FLOOR, OURS, Scenario

LINE, LABEL, BAR, GAP = 18, 270, 420, 26
WIDTH = LABEL + BAR + 90
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:14px}.ours{fill:#1a7f5a}"
    ".peer{fill:#9aa7b4}.floor{fill:#d9dee3}.range{stroke:#333}"
    "@media(prefers-color-scheme:dark){svg{background:#111}text{fill:#ddd}.range{stroke:#ddd}.floor{fill:#444}}"
)


def svg(figures: Figures) -> str:
    """The picture: bars are medians, lines reach from the least to the most."""
    parts, top = [], 10
    for scenario in CALLS:
        panel, height = _panel(figures, scenario, top)
        parts += panel
        top += height + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">'
    title = "<title>Calls per second of each client, by scenario</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _panel(figures: Figures, scenario: Scenario, top: int) -> tuple[list[str], int]:
    labels = [run.label for run in scenario.runs if figures.has(scenario.key, run.label)]
    labels.sort(key=lambda label: -figures.median(scenario.key, label, "rate"))
    most = max((max(figures.all(scenario.key, label, "rate")) for label in labels), default=1.0)
    parts = [f'<text class="title" x="0" y="{top + 12}">{escape(scenario.title)}: calls per second</text>']
    for row, label in enumerate(labels):
        middle = top + 24 + row * LINE + LINE / 2
        values = figures.all(scenario.key, label, "rate")
        median = figures.median(scenario.key, label, "rate")
        least, largest = (LABEL + value / most * BAR for value in (min(values), max(values)))
        kind = {OURS: "ours", FLOOR: "floor"}.get(label, "peer")
        parts += [
            f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" x="{LABEL}" y="{middle - 6}" width="{median / most * BAR:.1f}" height="12"/>',
            f'<line class="range" x1="{least:.1f}" x2="{largest:.1f}" y1="{middle}" y2="{middle}"/>',
            f'<text x="{LABEL + BAR + 8}" y="{middle + 4}">{median:,.0f}</text>',
        ]
    return parts, 24 + len(labels) * LINE

"""Text in the cells of Markdown tables."""

from __future__ import annotations

import re

_CODE = re.compile(r"(`[^`]*`)")


def in_cell(text: str) -> str:
    """The text with its bars escaped. A bar in code needs no escape, and would show it."""
    return "".join(part if at % 2 else part.replace("|", "\\|") for at, part in enumerate(_CODE.split(text)))

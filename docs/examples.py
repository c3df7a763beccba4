"""Finds the code blocks of the pages: the site shows them, the tests run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGES = Path(__file__).parent / "pages"

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}) *(?P<language>[\w-]*)(?P<rest>.*)$")
_TITLE = re.compile(r'title="(?P<title>[^"]+)"')
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+?) -->")
_TAB = re.compile(r'^(?P<indent> *)=== "(?P<label>[^"]+)"')


@dataclass(frozen=True)
class Block:
    """One fenced code block of a page."""

    page: str
    """Path of the page inside the folder of pages, without ``.md``."""
    line: int
    """Line of the opening fence, from 1."""
    language: str
    title: str | None
    """File name that the block shows, from ``title="…"``."""
    code: str
    tab: str | None
    """Label of the innermost tab it stands in."""
    not_run: str | None = None
    """Why the tests do not run it, from a comment ``<!-- not run: … -->`` before the fence."""
    output: str | None = field(default=None, compare=False)
    """Text of the block ``text title="Output"`` that follows."""

    @property
    def name(self) -> str:
        """A name for files and tests, e.g. ``guides_errors_42``."""
        return f"{self.page}_{self.line}".lower().replace("/", "_").replace("-", "_").replace(".", "_")


def blocks(pages: Path = PAGES) -> list[Block]:
    """All blocks of all pages, in order."""
    found: list[Block] = []
    for path in sorted(pages.rglob("*.md")):
        page = path.relative_to(pages).with_suffix("").as_posix()
        found += blocks_of(page, path.read_text(encoding="utf-8"))
    return found


def blocks_of(page: str, text: str) -> list[Block]:
    """The blocks of one page."""
    found: list[Block] = []
    for block in _parse(page, text):
        if block.title == "Output" and found:
            found[-1] = Block(**{**found[-1].__dict__, "output": block.code})
        else:
            found.append(block)
    return found


def _parse(page: str, text: str) -> Iterator[Block]:
    lines = iter(enumerate(text.splitlines(), 1))
    tabs: list[tuple[int, str]] = []
    reason = None
    for number, line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if line.strip():
            tabs = [(depth, label) for depth, label in tabs if depth < indent]
        if tab := _TAB.match(line):
            tabs.append((len(tab["indent"]), tab["label"]))
        elif comment := _NOT_RUN.search(line):
            reason = comment["reason"]
        elif fence := _FENCE.match(line):
            code: list[str] = []
            for _, inner in lines:
                if inner.strip() == fence["ticks"]:
                    break
                code.append(inner[len(fence["indent"]) :] if inner.strip() else "")
            else:
                raise ValueError(f"{page}.md:{number}: the code block has no end")
            title = _TITLE.search(fence["rest"])
            yield Block(
                page=page,
                line=number,
                language=fence["language"],
                title=title["title"] if title else None,
                code="\n".join(code) + "\n",
                tab=tabs[-1][1] if tabs else None,
                not_run=reason,
            )
            reason = None


def shown(text: str) -> str:
    """A page as the site shows it: without notes to the tests, and without lines of Rust that begin with ``# ``."""
    out: list[str] = []
    in_rust = False
    for line in text.splitlines():
        if fence := _FENCE.match(line):
            in_rust = fence["language"] == "rust"
        if in_rust and (line.strip() == "#" or line.lstrip().startswith("# ")):
            continue
        if _NOT_RUN.search(line):
            continue
        out.append(line)
    return "\n".join(out) + "\n"

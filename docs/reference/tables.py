"""Puts the tables that `cargo run -p xtask -- generate` writes from the core's declaration into the pages."""

from __future__ import annotations

import re
from pathlib import Path

_INCLUDE = re.compile(r"<!-- include: ([\w.-]+) -->")
_ROW = re.compile(r"(?m)^\| `(\w+Error)`(?:, `(\w+Error)`)? \|(.*)\|$")


def fill(root: Path, pages: Path) -> None:
    """Replaces the markers `<!-- include: … -->` of the pages in this folder."""
    for page in pages.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_INCLUDE.sub(lambda match: _part(root, match[1]), text), encoding="utf-8")


def _part(root: Path, name: str) -> str:
    if name == "violation-codes":
        return violation_codes((root / "core/src/violation.rs").read_text(encoding="utf-8"))
    text = (root / "docs/generated" / name).read_text(encoding="utf-8")
    text = re.sub(r"(?m)\A<!--.*-->\n+# .*\n+", "", text)
    text = re.sub(r"(?m)^## ", "### ", text)
    if name == "errors.md":
        guide = (root / "docs/pages/guides/errors.md").read_text(encoding="utf-8")
        text = errors(text[text.index("| ") :], guide)
    if name in ("settings.md", "call-options.md"):
        text = options(text)
    if name == "operations.md":
        text = operations(text)
    return text


def options(text: str) -> str:
    """A table of settings or options in three columns, for which a page has room: names, type and default, meaning."""
    begin = text.index("| ")
    about, heads, rows = text[:begin], *_cells(text[begin:])
    out = [about, "| Python, Rust / Node | Type | |", "| --- | --- | --- |"]
    for cells in rows:
        row = dict(zip(heads, cells, strict=True))
        python, node = row["Rust, Python"], row["Node"]
        names = python if python == node else f"{python}<br>{node}"
        default, node_default = row.get("Default", ""), row.get("Default in Node", "")
        values = default if default == node_default else f"{default} / {node_default}"
        kind = row["Type"] + (f", default {values}" if default else "")
        meaning = row["Meaning"]
        if variable := row.get("Environment variable"):
            meaning += f" Environment: {variable}."
        if (operations := row.get("Operations", "all")) != "all":
            meaning += f" Only of {operations}."
        out.append(f"| {names} | {kind} | {meaning} |")
    return "\n".join(out)


# Options that every operation has.
COMMON = {"`timeout`", "`max_retries`", "`headers`"}


def operations(text: str) -> str:
    """The table of operations in three columns: call, requests, meaning."""
    heads, rows = _cells(text[text.index("| ") :])
    out = ["| Operation | Requests | |", "| --- | --- | --- |"]
    for cells in rows:
        row = dict(zip(heads, cells, strict=True))
        own = [option for option in row["Options"].split(", ") if option not in COMMON]
        about = row["What it does"] + (f" Options: {', '.join(own)}." if own else "")
        arguments = row["Arguments"].replace("`", "")
        requests = row["Requests"].replace(", then ", "<br>then ")
        out.append(f"| `{row['Operation'].strip('`')}({arguments})` | {requests} | {about} |")
    return "\n".join(out)


def errors(table: str, guide: str) -> str:
    """The table of errors with the variant of Rust and what to do, which the guide says."""
    remedies = {}
    for first, second, cells in _ROW.findall(guide):
        for name in filter(None, (first, second)):
            remedies[name] = (
                cells.split(" | ")[-1].strip().replace("](", "](../guides/").replace("../guides/../", "../")
            )
    out = ["| Class | Code in Node, variant in Rust | Meaning, and what to do |", "| --- | --- | --- |"]
    classes = []
    _, rows = _cells(table)
    for name, parent, code, attributes, meaning in rows:
        name = name.strip("`")
        classes.append(name)
        under = f"<br>under {parent}" if parent else ""
        what = f"{meaning} {remedies.get(name, '')}".strip()
        has = f"<br>Attributes: {attributes}" if attributes else ""
        out.append(f"| `{name}`{under} | {code}<br>{_variant(name, parent)} | {what}{has} |")
    silent = [name for name in classes if name not in remedies and name not in ("WebhooksError", "ApiError")]
    if silent:
        raise ValueError(f"docs/pages/guides/errors.md does not say what to do about {', '.join(silent)}")
    return "\n".join(out)


def _cells(table: str) -> tuple[list[str], list[list[str]]]:
    """The heads and the rows of a table."""
    heads, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.strip().splitlines()]
    return heads, rows


def _variant(name: str, parent: str) -> str:
    if name == "WebhooksError":
        return "`Error`"
    if parent == "`ApiError`":
        return "`Error::Api`"
    return f"`Error::{name.removesuffix('Error').removeprefix('Request')}`"


def violation_codes(source: str) -> str:
    """The codes of violations: rows of the macro `codes!`, a comment and then `Name = "code"`."""
    rows = re.findall(r'(?m)^ +/// (.+)\n +\w+ = "(\w+)",', source)
    if not rows:
        raise ValueError("core/src/violation.rs has no table of codes")
    return "\n".join(["| Code | Meaning |", "| --- | --- |", *(f"| `{code}` | {meaning} |" for meaning, code in rows)])

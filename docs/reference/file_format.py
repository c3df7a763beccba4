"""The file's reference, from the JSON Schema that the program prints."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reference.cells import in_cell

Json = dict[str, Any]


def render(program: Path) -> str:
    """The page, as Markdown."""
    schema: Json = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True, text=True).stdout)
    out = [
        "# File format\n",
        "`webhooks.toml` describes webhooks as they should be. JSON of the same shape is accepted, too. "
        "The guide: [webhooks as code](../guides/as-code.md).\n",
        "`blynk-webhooks schema > webhooks.schema.json` writes the JSON Schema of the file for your editor.\n",
    ]
    out += ["## The top of the file { #top }\n", *_table(schema)]
    seen: dict[str, str] = {}
    for title, part in _parts(schema):
        keys = json.dumps(part.get("properties"), sort_keys=True)
        out += [f"## `[{title}]` {{ #{_anchor(title)} }}\n", f"{part.get('description', '')}\n"]
        if keys in seen:
            out.append(f"The keys of [`[{seen[keys]}]`](#{_anchor(seen[keys])}).\n")
        else:
            seen[keys] = title
            out += _table(part)
    for name, part in _definitions(schema).items():
        out += [
            f"## {part.get('title', name).capitalize()} {{ #{_anchor(name)} }}\n",
            f"{part.get('description', '')}\n",
        ]
        out += _table(part)
    return "\n".join(out)


def _parts(part: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """The tables below a part, each with its name in TOML."""
    for name, value in part.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        below = value.get("additionalProperties")
        if isinstance(below, dict) and below.get("properties"):
            yield f'{place}."NAME"', {"description": value.get("description", ""), **below}
            yield from _parts(below, f'{place}."NAME"')
        elif value.get("properties"):
            yield place, value
            yield from _parts(value, place)


def _definitions(schema: Json) -> dict[str, Json]:
    return {**schema.get("definitions", {}), **schema.get("$defs", {})}


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-").lower()


def _table(part: Json) -> list[str]:
    rows = part.get("properties", {})
    if not rows:
        return []
    required = part.get("required", [])
    out = ["| Key | Type | |", "| --- | --- | --- |"]
    for name, value in rows.items():
        needed = " (required)" if name in required else ""
        out.append(f"| `{name}`{needed} | {_type(value)} | {_about(value)} |")
    return [*out, ""]


def _about(value: Json) -> str:
    text = " ".join(value.get("description", "").split())
    if "default" in value:
        text += f" Default: `{json.dumps(value['default'], ensure_ascii=False)}`."
    if examples := value.get("examples"):
        text += f" For example {', '.join(f'`{example}`' for example in examples)}."
    limits = {"maxLength": "at most {} characters", "maxItems": "at most {} items", "minimum": "at least {}"}
    told = [words.format(value[key]) for key, words in limits.items() if key in value]
    if told:
        text += f" {', '.join(told).capitalize()}."
    return in_cell(text.strip())


def _type(value: Json) -> str:
    if ref := value.get("$ref"):
        name = ref.rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name)})"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if pattern := value.get("pattern"):
        return "text like `30%`" if "%" in pattern else "text"
    if values := value.get("enum"):
        return " ".join(f"`{each}`" for each in values)
    for key in ("oneOf", "anyOf", "allOf"):
        if key in value:
            return " or ".join(dict.fromkeys(_type(each) for each in value[key]))
    kind = value.get("type", "any")
    if kind == "array":
        return f"list of {_type(value.get('items', {}))}"
    if kind == "object":
        return "table"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)

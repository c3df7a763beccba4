"""The file's reference, from the JSON Schema that the program prints."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

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
    if about := schema.get("description"):
        out.append(f"{about}\n")
    out += ["## The top of the file { #top }\n", *_table(schema, schema)]
    for name, part in _definitions(schema).items():
        title = part.get("title", name)
        out += [f"## {title} {{ #{_anchor(name)} }}\n"]
        if about := part.get("description"):
            out.append(f"{about}\n")
        out += _table(part, schema)
        out += _choices(part, schema)
    return "\n".join(out)


def _definitions(schema: Json) -> dict[str, Json]:
    return {**schema.get("definitions", {}), **schema.get("$defs", {})}


def _anchor(name: str) -> str:
    return name.replace(" ", "-").lower()


def _table(part: Json, schema: Json) -> list[str]:
    rows = part.get("properties", {})
    patterns = {f"<{name}>": value for name, value in part.get("patternProperties", {}).items()}
    extra = part.get("additionalProperties")
    if isinstance(extra, dict):
        patterns["any name"] = extra
    if not rows and not patterns:
        return []
    required = part.get("required", [])
    out = ["| Key | Type | |", "| --- | --- | --- |"]
    for name, value in {**rows, **patterns}.items():
        needed = " (required)" if name in required else ""
        out.append(f"| `{name}`{needed} | {_type(value)} | {_about(value)} |")
    return [*out, ""]


def _choices(part: Json, schema: Json) -> list[str]:
    choices = part.get("oneOf") or part.get("anyOf") or []
    rows = [f"- {_type(choice)}{': ' + _about(choice) if _about(choice) else ''}" for choice in choices]
    return [*rows, ""] if rows else []


def _about(value: Json) -> str:
    text = " ".join(value.get("description", "").split())
    if "default" in value:
        text += f" Default: `{json.dumps(value['default'], ensure_ascii=False)}`."
    limits = {"maxLength": "at most {} characters", "maxItems": "at most {} items", "minimum": "at least {}"}
    told = [words.format(value[key]) for key, words in limits.items() if key in value]
    if told:
        text += f" {', '.join(told).capitalize()}."
    return text.strip().replace("|", "\\|")


def _type(value: Json) -> str:
    if ref := value.get("$ref"):
        name = ref.rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name)})"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if values := value.get("enum"):
        return " ".join(f"`{each}`" for each in values)
    for key in ("oneOf", "anyOf", "allOf"):
        if key in value:
            return " or ".join(dict.fromkeys(_type(each) for each in value[key]))
    kind = value.get("type", "any")
    if kind == "array":
        return f"list of {_type(value.get('items', {}))}"
    if kind == "object" and value.get("properties"):
        return "table: " + ", ".join(f"`{name}`" for name in value["properties"])
    return " or ".join(kind) if isinstance(kind, list) else str(kind)

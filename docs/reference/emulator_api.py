"""The emulator's HTTP API, from the OpenAPI document that it serves."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from reference.cells import in_cell

Json = dict[str, Any]


def read(program: Path) -> Json:
    """Starts the emulator and asks for its document."""
    command = [program, "emulate", "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("}"):
                break
        with urllib.request.urlopen(json.loads(text)["openapi"], timeout=30) as answer:
            document: Json = json.load(answer)
        return document
    finally:
        process.terminate()
        process.wait()


def render(document: Json) -> str:
    """The page, as Markdown."""
    out = [
        "# Emulator API\n",
        "`blynk-webhooks emulate` serves two APIs: the one of the platform, and its own under `/_emulator/`. "
        "Any language can use them. The document itself is at `/_emulator/openapi.json` of a running emulator.\n",
        "```sh\nblynk-webhooks emulate --port 8080\ncurl http://127.0.0.1:8080/_emulator/openapi.json\n```\n",
    ]
    operations = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "delete", "patch")
    ]
    ours = [each for each in operations if each[0].startswith("/_emulator")]
    for title, rows in (
        ("The platform's API", [each for each in operations if each not in ours]),
        ("The emulator's own API", ours),
    ):
        out += [f"## {title}\n", "| Request | |\n| --- | --- |"]
        out += [
            f"| [`{method.upper()} {path}`](#{_anchor(method, path)}) | {_line(operation)} |"
            for path, method, operation in rows
        ]
        out.append("")
        for path, method, operation in rows:
            out += _operation(document, path, method, operation)
    out.append("## Schemas\n")
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        out.append(f"### `{name}` {{ #{name} }}\n")
        out += _schema(schema)
    return "\n".join(out)


def _anchor(method: str, path: str) -> str:
    return f"{method}{path}".replace("/", "-").replace("{", "").replace("}", "")


def _line(operation: Json) -> str:
    return in_cell(" ".join((operation.get("summary") or operation.get("description", "")).split()))


def _operation(document: Json, path: str, method: str, operation: Json) -> list[str]:
    out = [f"### `{method.upper()} {path}` {{ #{_anchor(method, path)} }}\n", f"{operation.get('summary', '')}\n"]
    if about := operation.get("description"):
        out.append(f"{about}\n")
    parameters = [_resolved(document, each) for each in operation.get("parameters", [])]
    if parameters:
        out += ["| Parameter | Type | |", "| --- | --- | --- |"]
        for each in parameters:
            needed = " (required)" if each.get("required") else ""
            about = in_cell(" ".join(each.get("description", "").split()))
            out.append(f"| `{each['name']}`, {each['in']}{needed} | {_type(each.get('schema', {}))} | {about} |")
        out.append("")
    body = _resolved(document, operation.get("requestBody", {}))
    for media, content in body.get("content", {}).items():
        out.append(f"**Body** `{media}`: {_type(content.get('schema', {}))}\n")
    if operation.get("responses"):
        out += ["| Status | Answer | |", "| --- | --- | --- |"]
        for status, response in operation["responses"].items():
            response = _resolved(document, response)
            kinds = [_type(content.get("schema", {})) for content in response.get("content", {}).values()]
            about = in_cell(" ".join(response.get("description", "").split()))
            out.append(f"| {status} | {', '.join(kinds)} | {about} |")
        out.append("")
    return out


def _resolved(document: Json, each: Json) -> Json:
    while "$ref" in each:
        target: Json = document
        for part in each["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        each = target
    return each


def _schema(schema: Json) -> list[str]:
    out = []
    if about := schema.get("description"):
        out.append(f"{about}\n")
    rows = schema.get("properties", {})
    if rows:
        out += ["| Member | Type | |", "| --- | --- | --- |"]
        for name, value in rows.items():
            needed = " (required)" if name in schema.get("required", []) else ""
            about = in_cell(" ".join(value.get("description", "").split()))
            out.append(f"| `{name}`{needed} | {_type(value)} | {about} |")
        out.append("")
    elif choices := schema.get("oneOf") or schema.get("anyOf"):
        out += ["One of:\n", *[f"- {_choice(choice)}" for choice in choices], ""]
    elif not about:
        out.append(f"{_type(schema)}\n")
    return out


def _choice(choice: Json) -> str:
    """One of several objects: its members with their values or types."""
    if not choice.get("properties"):
        return _type(choice)
    members = []
    for name, value in choice["properties"].items():
        optional = "" if name in choice.get("required", []) else " (optional)"
        members.append(f"`{name}`{optional}: {_type(value)}")
    return ", ".join(members)


def _type(schema: Json) -> str:
    if ref := schema.get("$ref"):
        name = ref.rsplit("/", 1)[-1]
        return f"[{name}](#{name})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if values := schema.get("enum"):
        return " ".join(f"`{each}`" for each in values)
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[key]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = " or ".join(kind)
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return f"{kind}, {schema['format']}" if "format" in schema else str(kind)

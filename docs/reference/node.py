"""The Node reference: the exports of the package with their doc comments, as TypeDoc reads them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from reference.cells import in_cell

Json = dict[str, Any]

MODULE, VARIABLE, FUNCTION, CLASS, INTERFACE = 2, 32, 64, 128, 256
CONSTRUCTOR, PROPERTY, METHOD, ACCESSOR, TYPE_ALIAS = 512, 1024, 2048, 262144, 2097152
TITLES = {"index": "`blynk-webhooks`", "emulator": "`blynk-webhooks/emulator`"}


def read(root: Path, json_file: Path) -> Json:
    """Runs TypeDoc on the sources; nothing has to be built."""
    source = root / "bindings-node/ts"
    typedoc = root / "docs/node_modules/.bin/typedoc"
    arguments = [
        "--json",
        json_file,
        "--tsconfig",
        root / "tsconfig.json",
        "--readme",
        "none",
        "--name",
        "blynk-webhooks",
    ]
    arguments += [
        "--excludeInternal",
        "--excludePrivate",
        "--preservedTypeAnnotationTags",
        "@throws",
        "--skipErrorChecking",
        "--logLevel",
        "Error",
    ]
    for entry in ("index", "emulator"):
        arguments += ["--entryPoints", source / f"{entry}.ts"]
    subprocess.run([typedoc, *arguments], check=True, cwd=root)
    result: Json = json.loads(json_file.read_text(encoding="utf-8"))
    return result


def render(project: Json) -> str:
    """The page, as Markdown."""
    out = [
        "# Node reference\n",
        "What the package exports, for `import` and `require`. "
        "Times are in milliseconds. Generated from the doc comments.\n",
    ]
    seen: set[str] = set()
    for module in sorted(project["children"], key=lambda each: list(TITLES).index(each["name"])):
        children: list[Json] = []
        again: list[str] = []
        # A constant comes before the type of the same name.
        for each in sorted(module.get("children", []), key=lambda each: each["kind"]):
            if each["name"] in seen:
                again.append(each["name"])
            else:
                seen.add(each["name"])
                children.append(each)
        out.append(f"## {TITLES[module['name']]}\n")
        if not children:
            out.append("Exports " + ", ".join(f"[`{name}`](#{name})" for name in dict.fromkeys(again)) + ".\n")
        errors = [each for each in children if each["kind"] == CLASS and each["name"].endswith("Error")]
        groups = [
            ("Classes", [each for each in children if each["kind"] == CLASS and each not in errors]),
            ("Functions", [each for each in children if each["kind"] == FUNCTION]),
            ("Constants", [each for each in children if each["kind"] == VARIABLE]),
            ("Interfaces", [each for each in children if each["kind"] == INTERFACE]),
            ("Types", [each for each in children if each["kind"] == TYPE_ALIAS]),
            ("Errors", errors),
        ]
        for _, members in groups:
            out += [_member(each) for each in sorted(members, key=_line)]
    return "\n".join(out)


def _line(each: Json) -> tuple[str, int]:
    source = (each.get("sources") or [{}])[0]
    return source.get("fileName", ""), source.get("line", 0)


def _member(each: Json) -> str:
    name = each["name"]
    out = [f"### `{name}` {{ #{name} }}\n"]
    if each["kind"] == FUNCTION:
        out += [_callable(signature) for signature in each["signatures"]]
    elif each["kind"] == VARIABLE:
        literals = _literals(each.get("type"))
        out.append(f"```ts\nconst {name}: {'{ … }' if literals else _type(each.get('type'))}\n```\n")
        out.append(_comment(each.get("comment")))
        if literals:
            out.append(" · ".join(f"`{literal}`" for literal in literals) + "\n")
    elif each["kind"] == TYPE_ALIAS:
        parameters = _type_parameters(each)
        out.append(f"```ts\ntype {name}{parameters} = {_type(each.get('type'), wide=True)}\n```\n")
        out.append(_comment(each.get("comment")))
    else:
        word = "class" if each["kind"] == CLASS else "interface"
        above = ", ".join(_type(base) for base in each.get("extendedTypes", []))
        out.append(f"```ts\n{word} {name}{_type_parameters(each)}{f' extends {above}' if above else ''}\n```\n")
        out.append(_comment(each.get("comment")))
        out.append(_members(each))
    return "\n".join(out)


def _literals(kind: Json | None) -> list[str]:
    """Values of a constant whose members are all text."""
    children = (kind or {}).get("declaration", {}).get("children", [])
    values = [each.get("type", {}).get("value") for each in children]
    return [str(value) for value in values] if all(isinstance(value, str) for value in values) else []


def _members(owner: Json) -> str:
    own = [
        each for each in owner.get("children", []) if "inheritedFrom" not in each and not each["name"].startswith("[")
    ]
    out: list[str] = []
    rows = [each for each in own if each["kind"] in (PROPERTY, ACCESSOR)]
    if rows:
        out.append("| Property | Type | |\n| --- | --- | --- |")
        for each in sorted(rows, key=_line):
            signature = each.get("getSignature", each)
            optional = "?" if each.get("flags", {}).get("isOptional") else ""
            comment = _inline(signature.get("comment") or each.get("comment"))
            out.append(f"| `{each['name']}{optional}` | {_cell_type(signature.get('type'))} | {_cell(comment)} |")
        out.append("")
    for each in sorted((each for each in own if each["kind"] in (CONSTRUCTOR, METHOD)), key=_line):
        if each["kind"] == CONSTRUCTOR:
            if owner["name"].endswith("Error"):
                continue
            out += [_callable({**signature, "name": f"new {owner['name']}"}) for signature in each["signatures"][:1]]
            continue
        static = each.get("flags", {}).get("isStatic")
        title = (
            f"{owner['name']}.{each['name']}"
            if static
            else f"{owner['name'][0].lower()}{owner['name'][1:]}.{each['name']}"
        )
        if owner["name"] == "WebhookClient" and not static:
            title = f"client.{each['name']}"
        out.append(f"#### `{title}` {{ #{owner['name']}.{each['name']} }}\n")
        out += [_callable(signature) for signature in each["signatures"]]
    return "\n".join(out)


def _callable(signature: Json) -> str:
    parameters = []
    for each in signature.get("parameters", []):
        optional = "?" if each.get("flags", {}).get("isOptional") or "defaultValue" in each else ""
        rest = "..." if each.get("flags", {}).get("isRest") else ""
        parameters.append(f"{rest}{each['name']}{optional}: {_type(each.get('type'))}")
    name, result = signature["name"], _type(signature.get("type"))
    head = f"{name}{_type_parameters(signature)}"
    returns = "" if name.startswith("new ") else f": {result}"
    text = f"{head}({', '.join(parameters)}){returns}"
    if len(text) > 88:
        text = f"{head}(\n" + "".join(f"  {each},\n" for each in parameters) + f"){returns}"
    out = [f"```ts\n{text}\n```\n", _comment(signature.get("comment"))]
    told = [
        f"| `{each['name']}` | {_cell(_inline(each['comment']))} |"
        for each in signature.get("parameters", [])
        if each.get("comment")
    ]
    if told:
        out += ["| Argument | |\n| --- | --- |", *told, ""]
    return "\n".join(out)


def _type_parameters(each: Json) -> str:
    parameters = each.get("typeParameters") or []
    names = []
    for parameter in parameters:
        bound = f" extends {_type(parameter['type'])}" if "type" in parameter else ""
        names.append(f"{parameter['name']}{bound}")
    return f"<{', '.join(names)}>" if names else ""


def _inline(comment: Json | None) -> str:
    return _text((comment or {}).get("summary", []))


def _text(parts: list[Json]) -> str:
    return "".join(part["text"] if part["kind"] != "inline-tag" else f"`{part['text']}`" for part in parts)


def _comment(comment: Json | None) -> str:
    if not comment:
        return ""
    out = [_text(comment.get("summary", [])).strip() + "\n"]
    throws: list[str] = []
    for tag in comment.get("blockTags", []):
        text = _text(tag["content"]).strip()
        if tag["tag"] == "@example":
            out.append(text + "\n" if text.startswith("```") else f"```ts\n{text}\n```\n")
        elif tag["tag"] == "@throws":
            kind, why = tag.get("typeAnnotation", "").strip("{}"), text
            link = f"[`{kind}`](#{kind})" if kind.endswith("Error") else f"`{kind}`"
            throws.append(f"- {link}: {' '.join(why.split())}" if kind else f"- {' '.join(why.split())}")
        elif tag["tag"] == "@returns":
            out.append(f"**Returns** {' '.join(text.split())}\n")
        elif tag["tag"] == "@remarks":
            out.append(text + "\n")
    if throws:
        out += ["**Rejects or throws**\n", *throws, ""]
    return "\n".join(out)


def _cell(text: str) -> str:
    return in_cell(re.sub(r"\s+", " ", text).strip())


def _cell_type(kind: Json | None) -> str:
    return f"`{_type(kind)}`"


def _type(kind: Json | None, wide: bool = False) -> str:
    """A type as TypeScript writes it."""
    if kind is None:
        return "any"
    match kind["type"]:
        case "intrinsic" | "unknown":
            return str(kind["name"])
        case "literal":
            value = kind["value"]
            return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value).lower()
        case "reference":
            arguments = ", ".join(_type(each) for each in kind.get("typeArguments", []))
            return f"{kind['name']}<{arguments}>" if arguments else str(kind["name"])
        case "array":
            inner = _type(kind["elementType"])
            return f"({inner})[]" if " | " in inner or inner.startswith("readonly ") else f"{inner}[]"
        case "typeOperator":
            return f"{kind['operator']} {_type(kind['target'])}"
        case "union":
            parts = [f"({part})" if "=>" in part else part for part in map(_type, kind["types"])]
            joined = " | ".join(parts)
            return "\n  | " + "\n  | ".join(parts) if wide and len(joined) > 80 else joined
        case "intersection":
            return " & ".join(_type(each) for each in kind["types"])
        case "tuple":
            return f"[{', '.join(_type(each) for each in kind.get('elements', []))}]"
        case "indexedAccess":
            return f"{_type(kind['objectType'])}[{_type(kind['indexType'])}]"
        case "query":
            return f"typeof {_type(kind['queryType'])}"
        case "predicate":
            return "boolean" if "targetType" not in kind else f"{kind['name']} is {_type(kind['targetType'])}"
        case "mapped":
            return f"{{ [{kind['parameter']} in {_type(kind['parameterType'])}]: {_type(kind['templateType'])} }}"
        case "conditional":
            parts = (_type(kind[each]) for each in ("checkType", "extendsType", "trueType", "falseType"))
            return "{} extends {} ? {} : {}".format(*parts)
        case "templateLiteral":
            return "string"
        case "reflection":
            return _literal(kind["declaration"], wide)
        case "optional":
            return f"{_type(kind['elementType'])}?"
        case "namedTupleMember":
            return f"{kind['name']}: {_type(kind['element'])}"
        case "rest":
            return f"...{_type(kind['elementType'])}"
        case other:
            raise ValueError(f"TypeDoc has a type '{other}' that this page cannot write")


def _literal(declaration: Json, wide: bool) -> str:
    if "signatures" in declaration:
        signature = declaration["signatures"][0]
        parameters = ", ".join(f"{each['name']}: {_type(each.get('type'))}" for each in signature.get("parameters", []))
        return f"({parameters}) => {_type(signature.get('type'))}"
    parts = [
        f"{each['name']}{'?' if each.get('flags', {}).get('isOptional') else ''}: {_type(each.get('type'))}"
        for each in declaration.get("children", [])
    ]
    for index in declaration.get("indexSignatures", []):
        [key] = index["parameters"]
        parts.append(f"[{key['name']}: {_type(key['type'])}]: {_type(index['type'])}")
    if wide and sum(map(len, parts)) > 80:
        return "{\n" + "".join(f"  {part}\n" for part in parts) + "}"
    return f"{{ {'; '.join(parts)} }}" if parts else "{}"

"""The Python reference: the public names of the package with their docstrings, read without importing it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from griffe import (
    Alias,
    AliasResolutionError,
    Attribute,
    Class,
    DocstringSectionKind,
    Function,
    GriffeLoader,
    Module,
    Object,
)

from reference.cells import in_cell

GROUPS: dict[str, list[str]] = {
    "Clients": ["WebhookClient", "AsyncWebhookClient"],
    "Values": ["WebhookSpec", "Webhook", "RenderedRequest", "Response", "Violation"],
    "Plans": ["Plan", "AsyncPlan"],
    "Enums": ["Trigger", "Method", "ContentType", "AuthType", "Status"],
}


def render(package: Path) -> str:
    """The page, as Markdown. ``package`` is the folder of ``blynk_webhooks``."""
    # The package adds the names of errors to `__all__` from a table. griffe cannot follow that, and warns.
    logging.getLogger("griffe").setLevel(logging.ERROR)
    loader = GriffeLoader(docstring_parser="google", search_paths=[package.parent], allow_inspection=False)
    module = loader.load("blynk_webhooks")
    loader.resolve_aliases(implicit=True)
    emulator = module["emulator"]
    public = {name: _final(module[name]) for name in _exports(module) if name in module.members}
    out = [
        "# Python reference\n",
        "The public names of `blynk_webhooks`. Times are in seconds. Generated from the docstrings.\n",
    ]
    left = dict(public)
    for title, names in GROUPS.items():
        here = [left.pop(name) for name in names if name in left]
        if here:
            out.append(f"## {title}\n")
            out += [_member(each, 3) for each in here]
        if title == "Plans":
            out.append("What a plan and a report hold: `from blynk_webhooks.plans import …`\n")
            plans = module["plans"]
            out += [_member(_final(plans[name]), 3) for name in _exports(plans) if name not in names]
    errors = [left.pop(name) for name in list(left) if name.endswith("Error")]
    errors.sort(key=lambda each: each.lineno or 0)
    left.pop("Emulator", None)
    rest = [each for name, each in left.items() if not name.startswith("__") and isinstance(each, (Function, Class))]
    if rest:
        out.append("## Functions and other names\n")
        out += [_member(each, 3) for each in rest]
    out.append("## Emulator\n")
    out.append("`from blynk_webhooks.emulator import …`\n")
    out += [_member(_final(emulator[name]), 3) for name in _exports(emulator) if name in emulator.members]
    if "pytest_plugin" in module.members:
        out.append("## pytest fixtures\n")
        out.append("The package brings a pytest plugin; nothing needs to be imported.\n")
        out += [
            _member(each, 3)
            for each in module["pytest_plugin"].members.values()
            if isinstance(each, Function) and not each.name.startswith("_")
        ]
    if "types" in module.members:
        out.append("## Keyword arguments\n")
        out.append("The keywords that `**options`, `**settings`, `**fields` and `**changes` stand for.\n")
        kinds = [_final(each) for each in module["types"].members.values()]
        dicts = [
            each for each in kinds if isinstance(each, Class) and not each.name.startswith("_") and _is_typed_dict(each)
        ]
        out += [_typed_dict(each, {other.name for other in dicts}) for each in dicts]
    out.append("## Errors\n")
    out.append("What to do about each: [errors](errors.md).\n")
    out += [_member(each, 3) for each in errors]
    return "\n".join(out)


def _exports(module: Module) -> list[str]:
    return [str(name).strip("'\"") for name in (module.exports or [])]


def _final(each: Object | Alias) -> Object | None:
    """What a name stands for; none for a name of another package."""
    try:
        return each.final_target if isinstance(each, Alias) else each
    except AliasResolutionError:
        return None


def _member(each: Object, level: int) -> str:
    out = [f"{'#' * level} {_code(each.name)} {{ #{_anchor(each)} }}\n"]
    if isinstance(each, Function):
        out.append(_signature(each))
        out.append(_doc(each))
    elif isinstance(each, Attribute):
        out.append(_doc(each))
    elif isinstance(each, Class):
        bases = [str(base).rsplit(".", 1)[-1] for base in each.bases]
        init = each.members.get("__init__") or each.members.get("__new__")
        if isinstance(init, Function) and len(list(init.parameters)) > 1:
            out.append(_signature(init, each.name))
        else:
            out.append(f"```python\nclass {each.name}{'(' + ', '.join(bases) + ')' if bases else ''}\n```\n")
        out.append(_doc(each))
        attributes, methods = [], []
        for member in (*each.members.values(), *_from_private_bases(each)):
            member = _final(member)
            if member is None or member.name.startswith("_"):
                continue
            if isinstance(member, Function) and "property" not in member.labels:
                methods.append(member)
            elif isinstance(member, (Attribute, Function)):
                attributes.append(member)
        if attributes and any("Enum" in base or base == "WireName" for base in bases):
            out.append(" · ".join(f"`{member.name}`" for member in attributes) + "\n")
        elif attributes:
            out.append("| Attribute | Type | |\n| --- | --- | --- |")
            for member in attributes:
                annotation = member.annotation if isinstance(member, Attribute) else member.returns
                out.append(f"| `{member.name}` | {_type(annotation)} | {_line(member)} |")
            out.append("")
        for member in methods:
            out.append(_method(member, each, level + 1))
    return "\n".join(out)


def _from_private_bases(each: Class) -> list[Object | Alias]:
    """Members of bases that the package does not export, which have no entry of their own."""
    public = each.package.exports or []
    return [member for member in each.inherited_members.values() if member.final_target.parent.name not in public]


def _method(method: Function, owner: Class, level: int) -> str:
    head = f"{'#' * level} {_code(f'{owner.name}.{method.name}')} {{ #{owner.name}.{method.name} }}\n"
    return "\n".join([head, _signature(method), _doc(method)])


def _anchor(each: Object) -> str:
    owner = f"{each.parent.name}." if isinstance(each.parent, Class) else ""
    return f"{owner}{each.name}"


def _code(text: str) -> str:
    return f"`{text}`"


def _signature(function: Function, name: str | None = None) -> str:
    versions = function.overloads if isinstance(getattr(function, "overloads", None), list) else None
    functions = versions or [function]
    text = "\n".join(_one_signature(each, name or function.name) for each in functions)
    return f"```python\n{text}\n```\n"


def _one_signature(function: Function, name: str) -> str:
    parts: list[str] = []
    star = False
    positional_only = False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls", "unknown"):  # `**unknown` is there to refuse misspelt names
            continue
        kind = parameter.kind.value if parameter.kind else ""
        if positional_only and kind != "positional-only":
            parts.append("/")
            positional_only = False
        if kind == "keyword-only" and not star:
            parts.append("*")
            star = True
        prefix = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        star = star or prefix == "*"
        text = f"{prefix}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {_short(str(parameter.annotation))}"
        if parameter.default is not None and not prefix:
            text += f" = {parameter.default}" if parameter.annotation is not None else f"={parameter.default}"
        positional_only = positional_only or kind == "positional-only"
        parts.append(text)
    if positional_only:
        parts.append("/")
    returns = f" -> {_short(str(function.returns))}" if function.returns is not None else ""
    keyword = "async " if "async" in function.labels else ""
    one_line = f"{keyword}{name}({', '.join(parts)}){returns}"
    if len(one_line) <= 88:
        return one_line
    return f"{keyword}{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returns}"


def _short(annotation: str) -> str:
    return re.sub(r"\b(builtins|_native|t)\.", "", annotation)


def _type(annotation: object) -> str:
    return f"`{_short(str(annotation))}`" if annotation is not None else ""


def _line(each: Object) -> str:
    text = each.docstring.value.strip() if each.docstring else ""
    return in_cell(_inline(" ".join(text.split("\n\n")[0].split())))


def _inline(text: str) -> str:
    """reStructuredText's double backticks as Markdown's single ones."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _doc(each: Object) -> str:
    if each.docstring is None:
        return ""
    out: list[str] = []
    for section in each.docstring.parse("google"):
        kind, value = section.kind, section.value
        if kind is DocstringSectionKind.text:
            out.append(_text(value))
        elif kind in (DocstringSectionKind.parameters, DocstringSectionKind.other_parameters):
            out.append("| Argument | |\n| --- | --- |")
            out += [f"| `{row.name}` | {_cell(row.description)} |" for row in value]
            out.append("")
        elif kind is DocstringSectionKind.returns:
            out += [f"**Returns** {_cell(row.description)}\n" for row in value]
        elif kind is DocstringSectionKind.raises:
            out.append("**Raises**\n")
            out += [f"- {_error(str(row.annotation))}: {_cell(row.description)}" for row in value]
            out.append("")
        elif kind is DocstringSectionKind.attributes:
            out.append("| Attribute | |\n| --- | --- |")
            out += [f"| `{row.name}` | {_cell(row.description)} |" for row in value]
            out.append("")
        elif kind is DocstringSectionKind.examples:
            for _, text in value:
                out.append(f"```python\n{text}\n```\n")
        elif kind is DocstringSectionKind.admonition and value.kind == "example":
            out.append(f"```python\n{value.contents}\n```\n")
        elif kind is DocstringSectionKind.admonition:
            out.append(_text(value.contents))
    return "\n".join(out)


def _text(text: str) -> str:
    """Running text, in which ``Example::`` begins an indented block of code."""
    out: list[str] = []
    for part in re.split(r"(?m)^Examples?::\s*$", text):
        if out:
            lines = part.strip("\n").splitlines()
            code = [line[4:] if line.startswith("    ") else line for line in lines]
            end = next((at for at, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
            out.append("```python\n" + "\n".join(code[:end]).rstrip() + "\n```\n")
            out.append(_inline("\n".join(lines[end:])) + "\n")
        else:
            out.append(_inline(part).strip() + "\n")
    return "\n".join(each for each in out if each.strip())


def _cell(text: str) -> str:
    return in_cell(_inline(" ".join(str(text).split())))


def _error(name: str) -> str:
    return f"[`{name}`](#{name})" if name.endswith("Error") and name != "OSError" else f"`{name}`"


def _is_typed_dict(each: Class) -> bool:
    bases = [str(base).rsplit(".", 1)[-1] for base in each.bases]
    above = [_final(each.module.members[base]) for base in bases if base in each.module.members]
    return "TypedDict" in bases or any(isinstance(base, Class) and _is_typed_dict(base) for base in above)


def _typed_dict(each: Class, names: set[str]) -> str:
    out = [f"### `{each.name}` {{ #{each.name} }}\n", _doc(each)]
    bases = [base for base in (str(base).rsplit(".", 1)[-1] for base in each.bases) if base in names]
    if bases:
        out.append("Also takes what " + " and ".join(f"[`{base}`](#{base})" for base in bases) + " takes.\n")
    rows = [_final(member) for member in each.members.values()]
    rows = [row for row in rows if isinstance(row, Attribute)]
    if rows:
        out.append("| Keyword | Type | |\n| --- | --- | --- |")
        out += [f"| `{row.name}` | {_type(row.annotation)} | {_line(row)} |" for row in rows]
        out.append("")
    return "\n".join(out)

"""How pydantic reads and writes the values of this package; imported by pydantic's own request only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._native import Violation, Webhook, WebhookSpec, json_schema

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

VIOLATION_MEMBERS = ("path", "code", "message", "severity")


def core_schema_of(cls: type[Webhook | WebhookSpec | Violation]) -> CoreSchema:
    """The class itself, or a mapping that holds its content; written as such a mapping."""
    from pydantic_core import core_schema

    def read(value: Any) -> Webhook | WebhookSpec | Violation:
        if isinstance(value, cls):
            return value
        return violation(value) if issubclass(cls, Violation) else cls.from_dict(value)

    def describe(_schema: Any, _handler: Any) -> dict[str, Any]:
        return violation_schema() if cls is Violation else json_schema(cls is Webhook)

    return core_schema.json_or_python_schema(
        json_schema=core_schema.no_info_after_validator_function(read, core_schema.dict_schema()),
        python_schema=core_schema.no_info_plain_validator_function(read),
        # What `vars` gives is what pydantic is to write.
        serialization=core_schema.plain_serializer_function_ser_schema(vars, return_schema=core_schema.dict_schema()),
        metadata={"pydantic_js_functions": [describe]},
    )


def violation(value: Any) -> Violation:
    """A violation of a mapping."""
    try:
        return Violation(*(value[name] for name in VIOLATION_MEMBERS))
    except (KeyError, TypeError) as problem:
        raise ValueError(f"must be a mapping of {', '.join(VIOLATION_MEMBERS)} to strings: {problem!r}") from None


def violation_schema() -> dict[str, Any]:
    """The JSON schema of a violation."""
    properties: dict[str, Any] = {name: {"type": "string"} for name in VIOLATION_MEMBERS}
    properties["severity"]["enum"] = ["error", "warning"]
    return {"title": "Violation", "type": "object", "properties": properties, "required": [*VIOLATION_MEMBERS]}

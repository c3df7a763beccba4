"""How pydantic reads and writes the values of this package; imported by pydantic's own request only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._native import Webhook, WebhookSpec, json_schema

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


def core_schema_of(cls: type[Webhook | WebhookSpec]) -> CoreSchema:
    """The class itself, or a mapping with the wire's names; written as such a mapping."""
    from pydantic_core import core_schema

    def read(value: Any) -> Webhook | WebhookSpec:
        return value if isinstance(value, cls) else cls.from_dict(value)

    def write(value: Webhook | WebhookSpec) -> dict[str, Any]:
        return value.to_dict()

    def describe(_schema: Any, _handler: Any) -> dict[str, Any]:
        return json_schema(cls is Webhook)

    return core_schema.json_or_python_schema(
        json_schema=core_schema.no_info_after_validator_function(read, core_schema.dict_schema()),
        python_schema=core_schema.no_info_plain_validator_function(read),
        serialization=core_schema.plain_serializer_function_ser_schema(write, return_schema=core_schema.dict_schema()),
        metadata={"pydantic_js_functions": [describe]},
    )

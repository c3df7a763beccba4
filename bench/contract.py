"""What every part of the benchmark has to know of the API, taken from the OpenAPI document that the emulator serves.

Nothing of the API is written down here a second time: paths, parameters and enum values come from the document.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ENUMS = ("Trigger", "Method", "ContentType", "AuthType", "Status")


def read(document: Path) -> dict[str, Any]:
    """The facts, as the processes of the benchmark get them in a file."""
    openapi = json.loads(document.read_text())
    operations = {
        operation["operationId"]: (path, operation)
        for path, item in openapi["paths"].items()
        for operation in item.values()
    }
    facts: dict[str, Any] = {"paths": {}, "parameters": {}, "token": "token-of-the-benchmark"}
    facts["paths"]["create"] = operations["createWebhook"][0]
    for name, operation_id in (("get", "getWebhook"), ("list", "listWebhooks"), ("token", "getToken")):
        path, operation = operations[operation_id]
        facts["paths"][name] = path
        facts["parameters"][name] = operation["parameters"][0]["name"]
    schemas = openapi["components"]["schemas"]
    facts["enums"] = {name: schemas[name]["enum"] for name in ENUMS}
    return facts

"""Names that annotations of this package use, looked up when a program asks for type hints and never before.

``typing`` alone takes longer to import than the rest of this package.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable as Awaitable
    from collections.abc import Callable as Callable
    from collections.abc import Iterable as Iterable
    from collections.abc import Mapping as Mapping
    from collections.abc import Sequence as Sequence
    from datetime import timedelta as timedelta
    from os import PathLike as PathLike
    from typing import Any as Any

    from typing_extensions import Self as Self
    from typing_extensions import Unpack as Unpack

    from ._native import AsyncCalls as AsyncCalls
    from ._native import BlockingCalls as BlockingCalls
    from ._native import Violation as Violation
    from ._native import Webhook as Webhook
    from .generated.clients import AsyncCallsWithResponse as AsyncCallsWithResponse
    from .generated.clients import CallsWithResponse as CallsWithResponse
    from .plans import AsyncPlan as AsyncPlan
    from .plans import Plan as Plan
    from .types import ClientSettings as ClientSettings
    from .types import Desired as Desired
    from .types import EmulatorState as EmulatorState
    from .types import FromEnvSettings as FromEnvSettings
    from .types import TriggerLike as TriggerLike

_MODULES = {
    "Awaitable": "collections.abc",
    "Callable": "collections.abc",
    "Iterable": "collections.abc",
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    "timedelta": "datetime",
    "PathLike": "os",
    "Any": "typing",
    "Self": "typing",
    "Unpack": "typing",
    "Attempt": "blynk_webhooks._response",
    "Response": "blynk_webhooks._response",
    "AsyncPlan": "blynk_webhooks.plans",
    "Plan": "blynk_webhooks.plans",
    "AsyncCalls": "blynk_webhooks._native",
    "AsyncCallsWithResponse": "blynk_webhooks.generated.clients",
    "CallsWithResponse": "blynk_webhooks.generated.clients",
    "BlockingCalls": "blynk_webhooks._native",
    "Violation": "blynk_webhooks._native",
    "Webhook": "blynk_webhooks._native",
    "WebhookSpec": "blynk_webhooks._native",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    module = import_module(_MODULES.get(name, "blynk_webhooks.types"))
    try:
        return getattr(module, name)
    except AttributeError:
        # Python 3.10 has neither `Self` nor `Unpack`.
        if _MODULES.get(name) == "typing":
            return _Unknown
        raise


class _Unknown:
    """Stands for a name that the ``typing`` of this Python does not have; ``_Unknown[X]`` is allowed as well."""

    def __class_getitem__(cls, item: object) -> type[_Unknown]:
        return cls

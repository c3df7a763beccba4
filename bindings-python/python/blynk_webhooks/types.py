"""Types for annotations: what calls and specifications take, key by key.

Nothing of this package imports this module at run time; import it where you annotate functions of your own::

    from blynk_webhooks.types import CallOptions
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Union

from ._native import Webhook, WebhookSpec
from .generated import types as _generated
from .generated.types import *  # noqa: F403

if TYPE_CHECKING:
    from typing_extensions import Required
else:
    try:
        from typing import Required
    except ImportError:  # before Python 3.11
        Required = dict

__all__ = ["Desired", "EmulatorLimits", "EmulatorState"]
__all__ += _generated.__all__


# What a plan is made of.
Desired = Union[
    str,
    "os.PathLike[str]",
    Mapping[str, Any],
    Iterable[Union[WebhookSpec, Webhook, Mapping[str, Any], str, "os.PathLike[str]"]],
]


class _Organization(TypedDict, total=False):
    id: Required[int]
    name: str


class _OAuthClient(TypedDict, total=False):
    clientId: Required[str]
    clientSecret: Required[str]
    orgId: int
    permissions: list[str]


class EmulatorLimits(TypedDict, total=False):
    """Limits of the platform."""

    runsPerMinute: int
    """Runs of one webhook within a minute; 10."""
    webhooks: int
    """Webhooks of one organization; 100."""
    requestsPerMinute: int
    """Requests of one organization within a minute; 10,000."""
    responseBytes: int
    """Bytes of a target's response that are read; 16,384."""
    deliveryTimeoutMs: int
    """Time for one delivery in milliseconds; 10,000."""
    tokenSeconds: int
    """Life of a token in seconds; 86,400."""


class EmulatorState(TypedDict, total=False):
    """Organizations, clients, webhooks, limits and the clock of an emulator; every member is optional."""

    organizations: list[_Organization]
    """Organizations; the first is the default."""
    clients: list[_OAuthClient]
    """OAuth2 clients; the first is the emulator's own. ``permissions`` makes it a user's."""
    webhooks: list[dict[str, Any]]
    """Webhooks with the wire's names, and ``orgId`` and ``consecutiveFailures`` beside them."""
    lastWebhookId: int
    """The highest webhook ID given so far."""
    clock: int | None
    """A fixed time, in milliseconds since 1970; absent: the machine's."""
    limits: EmulatorLimits
    """Limits of the platform."""

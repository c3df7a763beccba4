"""The value of a call, with the metadata of its response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Response(Generic[T]):
    """What a call of ``client.with_response`` returns.

    Example::

        response = client.with_response.get(7)
        print(response.value.name, response.status, response.request_id, response.attempts)
    """

    value: T
    """What the call itself returns."""
    status: int
    """HTTP status of the last response."""
    headers: Mapping[str, str]
    """Headers of the last response; names in lower case."""
    request_id: str | None
    """Request ID of the last response (header ``X-Request-Id``)."""
    attempts: int
    """How many requests were sent, repeats included."""
    elapsed: float
    """How long the whole call took, in seconds."""

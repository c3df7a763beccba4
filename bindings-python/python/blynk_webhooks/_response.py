"""What calls tell beside their value: the metadata of a response, the attempts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """Headers of a response: names in any case."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        # The names come in lower case.
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        return f"Headers({self._values})"


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
    """Headers of the last response; names in any case."""
    request_id: str | None
    """Request ID of the last response (header ``X-Request-Id``)."""
    attempts: int
    """How many requests were sent, repeats included."""
    elapsed: float
    """How long the whole call took, in seconds."""


@dataclass(frozen=True)
class Attempt:
    """One attempt of a request. The client passes it to ``on_attempt`` after its end.

    It contains no secret. Requests for a token have the operation ``token``.

    Example::

        def watch(attempt: Attempt) -> None:
            if attempt.pause is not None:
                print(f"{attempt.method} {attempt.url} failed; again in {attempt.pause} s")

        client = WebhookClient(token="your-token", on_attempt=watch)
    """

    operation: str
    """Name of the operation, e.g. ``patch``, which makes more than one request; ``token`` for a request for a token."""
    method: str
    """HTTP method."""
    url: str
    """URL, without secrets."""
    number: int
    """Number of the attempt, from 1."""
    status: int | None
    """HTTP status, if there was a response."""
    error: str | None
    """Why there was no response."""
    started: datetime
    """When it began, an aware ``datetime`` in UTC."""
    elapsed: float
    """Seconds until its end."""
    request_id: str | None
    """Request ID of the response (header ``X-Request-Id``)."""
    pause: float | None
    """Seconds before the next attempt; ``None`` if this was the last."""

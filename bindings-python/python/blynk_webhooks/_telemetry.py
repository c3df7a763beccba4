"""Spans of OpenTelemetry, where the program traces: one for each call and one for each attempt.

Instrumentations of HTTP libraries cannot see requests that are made in Rust. This module is imported by the first call
of a program that has imported ``opentelemetry.trace``; the package does not depend on it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider

from ._native import VERSION

_PORTS = {"http": 80, "https": 443}
_tracer: tuple[TracerProvider, trace.Tracer] | None = None


def begin(operation: str) -> CallSpans | None:
    """The span of a call that begins; ``None`` where nothing is traced."""
    global _tracer
    provider = trace.get_tracer_provider()
    # A program, and more so a test, may register another provider.
    if _tracer is None or _tracer[0] is not provider:
        _tracer = (provider, provider.get_tracer("blynk_webhooks", VERSION))
    tracer = _tracer[1]
    attributes = {"blynk_webhooks.operation": operation}
    span = tracer.start_span(f"blynk_webhooks.{operation}", kind=SpanKind.CLIENT, attributes=attributes)
    # Without an SDK, and outside of a trace that came from elsewhere, nobody would hear of it.
    return CallSpans(tracer, span) if span.get_span_context().is_valid else None


class CallSpans:
    """The spans of one call, by the semantic conventions for HTTP clients."""

    __slots__ = ("_attempts", "_context", "_has_ended", "_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span)
        # Those that have not been told the end of: another attempt may begin before.
        self._attempts: list[Span] = []
        self._has_ended = False

    def before(self, method: str, url: str, number: int) -> list[tuple[str, str]]:
        """Begins the span of an attempt; the headers by which the server goes on with the trace."""
        # A request for a token that others wait for goes on after the call.
        if self._has_ended:
            return []
        parts = urlsplit(url)
        attributes: dict[str, Any] = {
            "http.request.method": method,
            "url.full": url,
            "url.template": parts.path,
            "server.address": parts.hostname or "",
            "server.port": parts.port or _PORTS.get(parts.scheme, 0),
        }
        if number > 1:
            attributes["http.request.resend_count"] = number - 1
        span = self._tracer.start_span(
            f"{method} {parts.path}", context=self._context, kind=SpanKind.CLIENT, attributes=attributes
        )
        self._attempts.append(span)
        headers: dict[str, str] = {}
        propagate.inject(headers, context=trace.set_span_in_context(span, self._context))
        return list(headers.items())

    def after(self, status: int | None, error_type: str | None, error: str | None, end: int) -> None:
        """Ends the span of the attempt, at nanoseconds since 1970."""
        if not self._attempts:
            return
        span = self._attempts.pop(0)
        if status is not None:
            span.set_attribute("http.response.status_code", status)
            error_type = error_type or (str(status) if status >= 400 else None)
        if error_type is not None:
            fail(span, error_type, error)
        span.end(end)

    def end(self, error: BaseException | None) -> None:
        """Ends the span of the call, and those of attempts that were cut off."""
        self._has_ended = True
        for attempt in self._attempts:
            fail(attempt, "cut_off", None)
            attempt.end()
        self._attempts.clear()
        if error is not None:
            fail(self._span, type(error).__qualname__, str(error))
        self._span.end()


def fail(span: Span, error_type: str, description: str | None) -> None:
    """Marks a span as failed."""
    span.set_attribute("error.type", error_type)
    span.set_status(Status(StatusCode.ERROR, description))

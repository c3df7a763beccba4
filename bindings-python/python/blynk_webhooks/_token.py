"""Asks a function of the program for a token, for the native half."""

from __future__ import annotations

from _thread import start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol

    class Report(Protocol):
        """Takes what the function provided, or what it raised."""

        def provided(self, token: Any, /) -> None: ...
        def raised(self, raised: BaseException, /) -> None: ...


def start(function: Callable[[], Any], event_loop: AbstractEventLoop | None, report: Report) -> None:
    """Calls a function on a thread of its own; what is awaitable is awaited on the event loop of a call that waits."""
    start_new_thread(_call, (function, event_loop, report))


def _call(function: Callable[[], Any], event_loop: AbstractEventLoop | None, report: Report) -> None:
    try:
        token = function()
        if hasattr(token, "__await__"):
            if event_loop is None:
                raise TypeError("token: the function returned an awaitable, which only an AsyncWebhookClient can await")
            _await(token, event_loop, report)
            return
        report.provided(token)
    except BaseException as raised:
        report.raised(raised)


def _await(token: Awaitable[Any], event_loop: AbstractEventLoop, report: Report) -> None:
    from asyncio import run_coroutine_threadsafe
    from concurrent.futures import Future

    async def wait() -> Any:
        return await token

    def ended(future: Future[Any]) -> None:
        try:
            report.provided(future.result())
        except BaseException as raised:
            report.raised(raised)

    run_coroutine_threadsafe(wait(), event_loop).add_done_callback(ended)

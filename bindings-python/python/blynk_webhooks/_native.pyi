"""Types of the native half."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, final

from typing_extensions import Self

from .generated.values import AuthType as AuthType
from .generated.values import ContentType as ContentType
from .generated.values import Method as Method
from .generated.values import RenderedRequest as RenderedRequest
from .generated.values import Status as Status
from .generated.values import Trigger as Trigger
from .generated.values import Violation as Violation
from .generated.values import Webhook as Webhook
from .generated.values import WebhookSpec as WebhookSpec

VERSION: Final[str]
ERROR_TREE: Final[dict[str, tuple[str, str | None]]]

def set_loopback_only(only: bool = True, /) -> None:
    """Makes every client made from now on in this process refuse hosts other than loopback, so that no test reaches the
    real service. The environment variable ``BLYNK_LOOPBACK_ONLY=1`` does the same.

    Example::

        blynk_webhooks.set_loopback_only(True)
    """

def settings_of_environment(environment: Mapping[str, str], settings: Mapping[str, Any], /) -> dict[str, Any]: ...
def json_schema(whole: bool, /) -> dict[str, Any]: ...
def run_program(arguments: Sequence[str], /) -> int: ...
def restore_spec(text: str, trusted: Sequence[str], /) -> WebhookSpec: ...
def restore_rendered(
    method: str, url: str, headers: Sequence[tuple[str, str]], body: str | None, /
) -> RenderedRequest: ...

@final
class EmulatorServer:
    def __new__(
        cls,
        port: int,
        state: Mapping[str, Any] | str | None,
        allow_remote_targets: bool,
        allow_targets: Sequence[str],
        target_ca: str | bytes | None,
        /,
    ) -> Self: ...
    @property
    def url(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    def command(self, command: str, parameters: Mapping[str, Any], /) -> Any: ...
    @staticmethod
    def check_state(text: str, /) -> None: ...
    def snapshot_json(self) -> str: ...
    def command_async(self, command: str, parameters: Mapping[str, Any], /) -> Awaitable[Any]: ...
    def stop(self) -> None: ...

@final
class NativePlan:
    def json(self) -> str: ...
    def text(self) -> str: ...
    def warnings(self) -> list[Violation]: ...

@final
class BlockingCalls:
    def __new__(cls, settings: Mapping[str, Any], /) -> Self: ...
    @property
    def base_url(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> None: ...
    def plan(self, desired: Any, org_id: int | None, resend_secrets: bool, /) -> NativePlan: ...
    def apply(self, plan: NativePlan, concurrency: int, digest: str | None, on_progress: Any, /) -> dict[str, Any]: ...
    def with_options(self, options: Mapping[str, Any], /) -> Self: ...
    def run(
        self,
        operation: str,
        given: tuple[Any, ...],
        options: tuple[Any, ...],
        unknown: Mapping[str, Any],
        with_response: bool = False,
        /,
    ) -> Any: ...

@final
class AsyncCalls:
    def __new__(cls, settings: Mapping[str, Any], /) -> Self: ...
    @property
    def base_url(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> None: ...
    def plan(self, desired: Any, org_id: int | None, resend_secrets: bool, /) -> Awaitable[NativePlan]: ...
    def apply(
        self, plan: NativePlan, concurrency: int, digest: str | None, on_progress: Any, /
    ) -> Awaitable[dict[str, Any]]: ...
    def with_options(self, options: Mapping[str, Any], /) -> Self: ...
    def run(
        self,
        operation: str,
        given: tuple[Any, ...],
        options: tuple[Any, ...],
        unknown: Mapping[str, Any],
        with_response: bool = False,
        /,
    ) -> Awaitable[Any]: ...

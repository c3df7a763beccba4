# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
import builtins
from collections.abc import Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, overload

from .._client import AsyncClient, SyncClient
from .._native import AsyncCalls, BlockingCalls
from .._response import Response
from .types import AuthTypeLike, ContentTypeLike, MethodLike, StatusLike, TriggerLike
from .values import Webhook, WebhookSpec

class WebhookClient(SyncClient):
    def __init__(
        self,
        base_url: str = "https://blynk.cloud",
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = 30.0,
        connect_timeout: float | timedelta = 10.0,
        max_retries: int = 2,
        validate: bool = True,
        proxy: str | None = None,
        ca_file: str | PathLike[str] | None = None,
        ca: str | bytes | None = None,
        allow_http: bool = False,
        headers: Mapping[str, str] | None = None,
        max_connections: int = 100,
        user_agent: str | None = None,
    ) -> None: ...
    def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> builtins.list[Webhook]: ...
    def get(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    @overload
    def create(
        self,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Webhook: ...
    @overload
    def create(
        self,
        spec: None = None,
        /,
        *,
        name: str | None = None,
        trigger: TriggerLike | None = None,
        data_trigger: Mapping[str, Any] | None = None,
        url: str | None = None,
        method: MethodLike | None = None,
        content_type: ContentTypeLike | None = None,
        auth_type: AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: Mapping[str, Any] | None = None,
        failure_receivers: Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: StatusLike | None = None,
        extra: Mapping[str, Any] | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Webhook: ...
    def update(
        self,
        webhook_id: int,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        validate: bool | None = None,
    ) -> Webhook: ...
    def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = ...,
        trigger: TriggerLike | None = ...,
        data_trigger: Mapping[str, Any] | None = ...,
        url: str | None = ...,
        method: MethodLike | None = ...,
        content_type: ContentTypeLike | None = ...,
        auth_type: AuthTypeLike | None = ...,
        body: str | None = ...,
        oauth2_request: Mapping[str, Any] | None = ...,
        failure_receivers: Sequence[int] | None = ...,
        failure_limit: int | None = ...,
        status: StatusLike | None = ...,
        extra: Mapping[str, Any] | None = ...,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None: ...
    def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...

class AsyncWebhookClient(AsyncClient):
    def __init__(
        self,
        base_url: str = "https://blynk.cloud",
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = 30.0,
        connect_timeout: float | timedelta = 10.0,
        max_retries: int = 2,
        validate: bool = True,
        proxy: str | None = None,
        ca_file: str | PathLike[str] | None = None,
        ca: str | bytes | None = None,
        allow_http: bool = False,
        headers: Mapping[str, str] | None = None,
        max_connections: int = 100,
        user_agent: str | None = None,
    ) -> None: ...
    async def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> builtins.list[Webhook]: ...
    async def get(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    @overload
    async def create(
        self,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Webhook: ...
    @overload
    async def create(
        self,
        spec: None = None,
        /,
        *,
        name: str | None = None,
        trigger: TriggerLike | None = None,
        data_trigger: Mapping[str, Any] | None = None,
        url: str | None = None,
        method: MethodLike | None = None,
        content_type: ContentTypeLike | None = None,
        auth_type: AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: Mapping[str, Any] | None = None,
        failure_receivers: Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: StatusLike | None = None,
        extra: Mapping[str, Any] | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Webhook: ...
    async def update(
        self,
        webhook_id: int,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        validate: bool | None = None,
    ) -> Webhook: ...
    async def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = ...,
        trigger: TriggerLike | None = ...,
        data_trigger: Mapping[str, Any] | None = ...,
        url: str | None = ...,
        method: MethodLike | None = ...,
        content_type: ContentTypeLike | None = ...,
        auth_type: AuthTypeLike | None = ...,
        body: str | None = ...,
        oauth2_request: Mapping[str, Any] | None = ...,
        failure_receivers: Sequence[int] | None = ...,
        failure_limit: int | None = ...,
        status: StatusLike | None = ...,
        extra: Mapping[str, Any] | None = ...,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    async def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None: ...
    async def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...
    async def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook: ...

class CallsWithResponse:
    def __init__(self, calls: BlockingCalls) -> None: ...
    def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[builtins.list[Webhook]]: ...
    def get(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    @overload
    def create(
        self,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    @overload
    def create(
        self,
        spec: None = None,
        /,
        *,
        name: str | None = None,
        trigger: TriggerLike | None = None,
        data_trigger: Mapping[str, Any] | None = None,
        url: str | None = None,
        method: MethodLike | None = None,
        content_type: ContentTypeLike | None = None,
        auth_type: AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: Mapping[str, Any] | None = None,
        failure_receivers: Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: StatusLike | None = None,
        extra: Mapping[str, Any] | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    def update(
        self,
        webhook_id: int,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = ...,
        trigger: TriggerLike | None = ...,
        data_trigger: Mapping[str, Any] | None = ...,
        url: str | None = ...,
        method: MethodLike | None = ...,
        content_type: ContentTypeLike | None = ...,
        auth_type: AuthTypeLike | None = ...,
        body: str | None = ...,
        oauth2_request: Mapping[str, Any] | None = ...,
        failure_receivers: Sequence[int] | None = ...,
        failure_limit: int | None = ...,
        status: StatusLike | None = ...,
        extra: Mapping[str, Any] | None = ...,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[None]: ...
    def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...

class AsyncCallsWithResponse:
    def __init__(self, calls: AsyncCalls) -> None: ...
    async def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[builtins.list[Webhook]]: ...
    async def get(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    @overload
    async def create(
        self,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    @overload
    async def create(
        self,
        spec: None = None,
        /,
        *,
        name: str | None = None,
        trigger: TriggerLike | None = None,
        data_trigger: Mapping[str, Any] | None = None,
        url: str | None = None,
        method: MethodLike | None = None,
        content_type: ContentTypeLike | None = None,
        auth_type: AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: Mapping[str, Any] | None = None,
        failure_receivers: Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: StatusLike | None = None,
        extra: Mapping[str, Any] | None = None,
        org_id: int | None = None,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    async def update(
        self,
        webhook_id: int,
        spec: WebhookSpec | Webhook | Mapping[str, Any],
        /,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        validate: bool | None = None,
    ) -> Response[Webhook]: ...
    async def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = ...,
        trigger: TriggerLike | None = ...,
        data_trigger: Mapping[str, Any] | None = ...,
        url: str | None = ...,
        method: MethodLike | None = ...,
        content_type: ContentTypeLike | None = ...,
        auth_type: AuthTypeLike | None = ...,
        body: str | None = ...,
        oauth2_request: Mapping[str, Any] | None = ...,
        failure_receivers: Sequence[int] | None = ...,
        failure_limit: int | None = ...,
        status: StatusLike | None = ...,
        extra: Mapping[str, Any] | None = ...,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    async def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[None]: ...
    async def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...
    async def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | timedelta | None = ...,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[Webhook]: ...

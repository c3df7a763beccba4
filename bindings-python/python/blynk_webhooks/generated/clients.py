# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
"""The clients: a method for each operation of the API."""

from __future__ import annotations

from .. import _annotations as t
from .._client import AsyncClient, SyncClient, refuse_unknown
from .._native import AsyncCalls, BlockingCalls
from .._unset import UNSET


class WebhookClient(SyncClient):
    """A client of the webhook API. Threads may share it, and it works on after ``os.fork``.

    Pass ``token``, or ``client_id`` and ``client_secret``. Nothing is sent before the first call. Close the client, or
    use it in a ``with`` statement, to close its connections early.

    Raises:
        ConfigError: A setting cannot work.

    Example::

        with WebhookClient(token="…") as client:
            for webhook in client.list():
                print(webhook.id, webhook.name, webhook.status)
    """

    __module__ = "blynk_webhooks"
    __slots__ = ()

    @refuse_unknown
    def __init__(
        self,
        base_url: str = "https://blynk.cloud",
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = 30.0,
        connect_timeout: float | t.timedelta = 10.0,
        max_retries: int = 2,
        validate: bool = True,
        proxy: str | None = None,
        ca_file: str | t.PathLike[str] | None = None,
        ca: str | bytes | None = None,
        allow_http: bool = False,
        headers: t.Mapping[str, str] | None = None,
        max_connections: int = 100,
        user_agent: str | None = None,
    ) -> None:
        """A client with these settings. Nothing is sent yet.

        Args:
            base_url: Server: scheme, host, and a path if the API is not at the root. ``from_env`` reads
                ``BLYNK_BASE_URL``.
            token: Token that was obtained elsewhere. It is not renewed. ``from_env`` reads ``BLYNK_TOKEN``.
            client_id: OAuth2 client ID, together with the client secret. Tokens are fetched, kept and renewed.
                ``from_env`` reads ``BLYNK_CLIENT_ID``.
            client_secret: OAuth2 client secret, together with the client ID. ``from_env`` reads
                ``BLYNK_CLIENT_SECRET``.
            org_id: Organization of ``list`` and ``create`` if a call names no other. Without it, the organization of
                the token. ``from_env`` reads ``BLYNK_ORG_ID``.
            timeout: Time for a whole call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            connect_timeout: Time for making one connection. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            validate: Whether specifications are checked before they are sent.
            proxy: URL of an HTTP proxy for every request. Without it, the system's (``HTTPS_PROXY``, ``NO_PROXY``, …).
            ca_file: PEM file with certificate authorities to trust beside the system's.
            ca: Certificate authorities to trust beside the system's, as PEM text.
            allow_http: Allows plain http to hosts other than loopback: the token is then readable on the way.
            headers: Headers for every request.
            max_connections: Most sockets open at once. Further calls wait, within their time.
            user_agent: Name of the application, e.g. ``doors/1.4``, before the library's own in the header
                ``User-Agent``.
        """
        self._calls = BlockingCalls(
            {
                "base_url": base_url,
                "token": token,
                "client_id": client_id,
                "client_secret": client_secret,
                "org_id": org_id,
                "timeout": timeout,
                "connect_timeout": connect_timeout,
                "max_retries": max_retries,
                "validate": validate,
                "proxy": proxy,
                "ca_file": ca_file,
                "ca": ca,
                "allow_http": allow_http,
                "headers": headers,
                "max_connections": max_connections,
                "user_agent": user_agent,
            }
        )

    def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> list[t.Webhook]:
        """Returns all webhooks of an organization.

        Args:
            org_id: Organization, in the place of the client's.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            for webhook in client.list(org_id=101):
                print(webhook.id, webhook.name)
        """
        return self._calls.run("list", (), (org_id, timeout, max_retries, headers), unknown)

    def get(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Returns one webhook.

        Args:
            webhook_id: ID of the webhook.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            webhook = client.get(7)
        """
        return self._calls.run("get", (webhook_id,), (timeout, max_retries, headers), unknown)

    def create(
        self,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any] | None = None,
        /,
        *,
        name: str | None = None,
        trigger: t.TriggerLike | None = None,
        data_trigger: t.Mapping[str, t.Any] | None = None,
        url: str | None = None,
        method: t.MethodLike | None = None,
        content_type: t.ContentTypeLike | None = None,
        auth_type: t.AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: t.Mapping[str, t.Any] | None = None,
        failure_receivers: t.Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: t.StatusLike | None = None,
        extra: t.Mapping[str, t.Any] | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Creates a webhook.

        Never repeated where the first request may have run.

        Args:
            spec: What the webhook is to be, every field of it. A ``WebhookSpec``, a ``Webhook``, or a mapping with the
                wire's names. Or pass its fields as keywords.
            name: Name, at most 100 characters.
            trigger: The event that runs the webhook.
            data_trigger: A JSON object, required for datastream and log-event triggers. Its members are not published.
            url: Absolute http(s) URL, at most 512 characters. May hold placeholders, e.g. ``{device_id}``.
            method: HTTP method of the request that the webhook sends.
            content_type: How the body of the request is written.
            auth_type: How the webhook authenticates to its target.
            body: Body template, at most 1,024 characters. May hold placeholders.
            oauth2_request: A JSON object, required when ``auth_type`` is ``OAUTH2``. Holds a client secret.
            failure_receivers: IDs of the users to notify when the webhook fails, at most 10.
            failure_limit: Number of consecutive failures after which the platform disables the webhook.
            status: Whether the webhook runs. An update can set it; a new webhook is always enabled.
            extra: Fields this version does not know, by their wire names; sent as they are.
            org_id: Organization, in the place of the client's.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.
            reconcile: If the outcome of the create is unknown, look for the webhook in the list before answering.
            validate: Whether the specification is checked before it is sent, in the place of the client's setting.

        Raises:
            ValidationError: The specification breaks the API's rules. Nothing was sent.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            webhook = client.create(
                name="Doors",
                trigger="DEVICE_ADDED",
                url="https://example.com/webhook/{device_id}",
                method="POST",
                content_type="JSON",
                auth_type="NONE",
            )
        """
        return self._calls.run(
            "create",
            (
                spec,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (org_id, timeout, max_retries, headers, reconcile, validate),
            unknown,
        )

    def update(
        self,
        webhook_id: int,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any],
        /,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Replaces a webhook.

        A field that is left out is cleared (assumed).

        Args:
            webhook_id: ID of the webhook.
            spec: What the webhook is to be, every field of it. A ``WebhookSpec``, a ``Webhook``, or a mapping with the
                wire's names.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.
            validate: Whether the specification is checked before it is sent, in the place of the client's setting.

        Raises:
            ValidationError: The specification breaks the API's rules. Nothing was sent.
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            webhook = client.get(7)
            client.update(7, webhook.spec.replace(name="Doors"))
        """
        return self._calls.run("update", (webhook_id, spec), (timeout, max_retries, headers, validate), unknown)

    def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = UNSET,
        trigger: t.TriggerLike | None = UNSET,
        data_trigger: t.Mapping[str, t.Any] | None = UNSET,
        url: str | None = UNSET,
        method: t.MethodLike | None = UNSET,
        content_type: t.ContentTypeLike | None = UNSET,
        auth_type: t.AuthTypeLike | None = UNSET,
        body: str | None = UNSET,
        oauth2_request: t.Mapping[str, t.Any] | None = UNSET,
        failure_receivers: t.Sequence[int] | None = UNSET,
        failure_limit: int | None = UNSET,
        status: t.StatusLike | None = UNSET,
        extra: t.Mapping[str, t.Any] | None = UNSET,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Reads a webhook, changes the named fields and writes it.

        A change by another writer in between is overwritten.

        Args:
            webhook_id: ID of the webhook.
            name: Name, at most 100 characters.
            trigger: The event that runs the webhook.
            data_trigger: A JSON object, required for datastream and log-event triggers. Its members are not published.
            url: Absolute http(s) URL, at most 512 characters. May hold placeholders, e.g. ``{device_id}``.
            method: HTTP method of the request that the webhook sends.
            content_type: How the body of the request is written.
            auth_type: How the webhook authenticates to its target.
            body: Body template, at most 1,024 characters. May hold placeholders.
            oauth2_request: A JSON object, required when ``auth_type`` is ``OAUTH2``. Holds a client secret.
            failure_receivers: IDs of the users to notify when the webhook fails, at most 10.
            failure_limit: Number of consecutive failures after which the platform disables the webhook.
            status: Whether the webhook runs. An update can set it; a new webhook is always enabled.
            extra: Fields this version does not know, by their wire names; sent as they are.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            ValidationError: The specification breaks the API's rules. Nothing was sent.
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            client.patch(7, name="Doors", body=None)
        """
        return self._calls.run(
            "patch",
            (
                webhook_id,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (timeout, max_retries, headers),
            unknown,
        )

    def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> None:
        """Deletes a webhook.

        Args:
            webhook_id: ID of the webhook.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            client.delete(7)
        """
        return self._calls.run("delete", (webhook_id,), (timeout, max_retries, headers), unknown)

    def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Sets the status of a webhook to ``ENABLED``.

        Args:
            webhook_id: ID of the webhook.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            client.enable(7)
        """
        return self._calls.run("enable", (webhook_id,), (timeout, max_retries, headers), unknown)

    def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Sets the status of a webhook to ``DISABLED``.

        Args:
            webhook_id: ID of the webhook.
            timeout: Time for this call: token, attempts and pauses together. ``None``: no deadline. In seconds.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers for this call. One of them replaces the client's of the same name.

        Raises:
            NotFoundError: The webhook does not exist, or these credentials do not reach it.
            WebhooksError: Any other error, see ``blynk_webhooks.errors``.

        Example::

            client.disable(7)
        """
        return self._calls.run("disable", (webhook_id,), (timeout, max_retries, headers), unknown)


class AsyncWebhookClient(AsyncClient):
    """``WebhookClient`` for asyncio (uvloop too): the same settings, the same methods as coroutines.

    One client serves several event loops, one after another or in threads of their own. A cancelled call closes its
    request on the wire.

    Raises:
        ConfigError: A setting cannot work; see ``WebhookClient`` for the settings.

    Example::

        async with AsyncWebhookClient(token="…") as client:
            webhooks = await asyncio.gather(*(client.get(webhook_id) for webhook_id in (1, 2, 3)))
    """

    __module__ = "blynk_webhooks"
    __slots__ = ()

    @refuse_unknown
    def __init__(
        self,
        base_url: str = "https://blynk.cloud",
        *,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = 30.0,
        connect_timeout: float | t.timedelta = 10.0,
        max_retries: int = 2,
        validate: bool = True,
        proxy: str | None = None,
        ca_file: str | t.PathLike[str] | None = None,
        ca: str | bytes | None = None,
        allow_http: bool = False,
        headers: t.Mapping[str, str] | None = None,
        max_connections: int = 100,
        user_agent: str | None = None,
    ) -> None:
        """A client with these settings: see ``WebhookClient``."""
        self._calls = AsyncCalls(
            {
                "base_url": base_url,
                "token": token,
                "client_id": client_id,
                "client_secret": client_secret,
                "org_id": org_id,
                "timeout": timeout,
                "connect_timeout": connect_timeout,
                "max_retries": max_retries,
                "validate": validate,
                "proxy": proxy,
                "ca_file": ca_file,
                "ca": ca,
                "allow_http": allow_http,
                "headers": headers,
                "max_connections": max_connections,
                "user_agent": user_agent,
            }
        )

    async def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> list[t.Webhook]:
        """Returns all webhooks of an organization: see ``WebhookClient.list``."""
        return await self._calls.run("list", (), (org_id, timeout, max_retries, headers), unknown)

    async def get(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Returns one webhook: see ``WebhookClient.get``."""
        return await self._calls.run("get", (webhook_id,), (timeout, max_retries, headers), unknown)

    async def create(
        self,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any] | None = None,
        /,
        *,
        name: str | None = None,
        trigger: t.TriggerLike | None = None,
        data_trigger: t.Mapping[str, t.Any] | None = None,
        url: str | None = None,
        method: t.MethodLike | None = None,
        content_type: t.ContentTypeLike | None = None,
        auth_type: t.AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: t.Mapping[str, t.Any] | None = None,
        failure_receivers: t.Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: t.StatusLike | None = None,
        extra: t.Mapping[str, t.Any] | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Creates a webhook: see ``WebhookClient.create``. If it is cancelled, the webhook may exist all the same."""
        return await self._calls.run(
            "create",
            (
                spec,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (org_id, timeout, max_retries, headers, reconcile, validate),
            unknown,
        )

    async def update(
        self,
        webhook_id: int,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any],
        /,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Replaces a webhook: see ``WebhookClient.update``."""
        return await self._calls.run("update", (webhook_id, spec), (timeout, max_retries, headers, validate), unknown)

    async def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = UNSET,
        trigger: t.TriggerLike | None = UNSET,
        data_trigger: t.Mapping[str, t.Any] | None = UNSET,
        url: str | None = UNSET,
        method: t.MethodLike | None = UNSET,
        content_type: t.ContentTypeLike | None = UNSET,
        auth_type: t.AuthTypeLike | None = UNSET,
        body: str | None = UNSET,
        oauth2_request: t.Mapping[str, t.Any] | None = UNSET,
        failure_receivers: t.Sequence[int] | None = UNSET,
        failure_limit: int | None = UNSET,
        status: t.StatusLike | None = UNSET,
        extra: t.Mapping[str, t.Any] | None = UNSET,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Reads a webhook, changes the named fields and writes it: see ``WebhookClient.patch``."""
        return await self._calls.run(
            "patch",
            (
                webhook_id,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (timeout, max_retries, headers),
            unknown,
        )

    async def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> None:
        """Deletes a webhook: see ``WebhookClient.delete``."""
        return await self._calls.run("delete", (webhook_id,), (timeout, max_retries, headers), unknown)

    async def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Sets the status of a webhook to ``ENABLED``: see ``WebhookClient.enable``."""
        return await self._calls.run("enable", (webhook_id,), (timeout, max_retries, headers), unknown)

    async def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Webhook:
        """Sets the status of a webhook to ``DISABLED``: see ``WebhookClient.disable``."""
        return await self._calls.run("disable", (webhook_id,), (timeout, max_retries, headers), unknown)


class CallsWithResponse:
    """The methods of a ``WebhookClient``, each with the metadata of the response: it returns a ``Response``."""

    __module__ = "blynk_webhooks"
    __slots__ = ("_calls",)

    def __init__(self, calls: t.BlockingCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[list[t.Webhook]]:
        """Returns all webhooks of an organization: see ``WebhookClient.list``."""
        return self._calls.run("list", (), (org_id, timeout, max_retries, headers), unknown, True)

    def get(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Returns one webhook: see ``WebhookClient.get``."""
        return self._calls.run("get", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    def create(
        self,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any] | None = None,
        /,
        *,
        name: str | None = None,
        trigger: t.TriggerLike | None = None,
        data_trigger: t.Mapping[str, t.Any] | None = None,
        url: str | None = None,
        method: t.MethodLike | None = None,
        content_type: t.ContentTypeLike | None = None,
        auth_type: t.AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: t.Mapping[str, t.Any] | None = None,
        failure_receivers: t.Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: t.StatusLike | None = None,
        extra: t.Mapping[str, t.Any] | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Creates a webhook: see ``WebhookClient.create``."""
        return self._calls.run(
            "create",
            (
                spec,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (org_id, timeout, max_retries, headers, reconcile, validate),
            unknown,
            True,
        )

    def update(
        self,
        webhook_id: int,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any],
        /,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Replaces a webhook: see ``WebhookClient.update``."""
        return self._calls.run("update", (webhook_id, spec), (timeout, max_retries, headers, validate), unknown, True)

    def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = UNSET,
        trigger: t.TriggerLike | None = UNSET,
        data_trigger: t.Mapping[str, t.Any] | None = UNSET,
        url: str | None = UNSET,
        method: t.MethodLike | None = UNSET,
        content_type: t.ContentTypeLike | None = UNSET,
        auth_type: t.AuthTypeLike | None = UNSET,
        body: str | None = UNSET,
        oauth2_request: t.Mapping[str, t.Any] | None = UNSET,
        failure_receivers: t.Sequence[int] | None = UNSET,
        failure_limit: int | None = UNSET,
        status: t.StatusLike | None = UNSET,
        extra: t.Mapping[str, t.Any] | None = UNSET,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Reads a webhook, changes the named fields and writes it: see ``WebhookClient.patch``."""
        return self._calls.run(
            "patch",
            (
                webhook_id,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (timeout, max_retries, headers),
            unknown,
            True,
        )

    def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[None]:
        """Deletes a webhook: see ``WebhookClient.delete``."""
        return self._calls.run("delete", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Sets the status of a webhook to ``ENABLED``: see ``WebhookClient.enable``."""
        return self._calls.run("enable", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Sets the status of a webhook to ``DISABLED``: see ``WebhookClient.disable``."""
        return self._calls.run("disable", (webhook_id,), (timeout, max_retries, headers), unknown, True)


class AsyncCallsWithResponse:
    """The methods of an ``AsyncWebhookClient``, each with the metadata of the response: it returns a ``Response``."""

    __module__ = "blynk_webhooks"
    __slots__ = ("_calls",)

    def __init__(self, calls: t.AsyncCalls) -> None:
        self._calls = calls

    async def list(
        self,
        *,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[list[t.Webhook]]:
        """Returns all webhooks of an organization: see ``WebhookClient.list``."""
        return await self._calls.run("list", (), (org_id, timeout, max_retries, headers), unknown, True)

    async def get(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Returns one webhook: see ``WebhookClient.get``."""
        return await self._calls.run("get", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    async def create(
        self,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any] | None = None,
        /,
        *,
        name: str | None = None,
        trigger: t.TriggerLike | None = None,
        data_trigger: t.Mapping[str, t.Any] | None = None,
        url: str | None = None,
        method: t.MethodLike | None = None,
        content_type: t.ContentTypeLike | None = None,
        auth_type: t.AuthTypeLike | None = None,
        body: str | None = None,
        oauth2_request: t.Mapping[str, t.Any] | None = None,
        failure_receivers: t.Sequence[int] | None = None,
        failure_limit: int | None = None,
        status: t.StatusLike | None = None,
        extra: t.Mapping[str, t.Any] | None = None,
        org_id: int | None = None,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        reconcile: bool = False,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Creates a webhook: see ``WebhookClient.create``."""
        return await self._calls.run(
            "create",
            (
                spec,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (org_id, timeout, max_retries, headers, reconcile, validate),
            unknown,
            True,
        )

    async def update(
        self,
        webhook_id: int,
        spec: t.WebhookSpec | t.Webhook | t.Mapping[str, t.Any],
        /,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        validate: bool | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Replaces a webhook: see ``WebhookClient.update``."""
        return await self._calls.run(
            "update",
            (webhook_id, spec),
            (timeout, max_retries, headers, validate),
            unknown,
            True,
        )

    async def patch(
        self,
        webhook_id: int,
        /,
        *,
        name: str | None = UNSET,
        trigger: t.TriggerLike | None = UNSET,
        data_trigger: t.Mapping[str, t.Any] | None = UNSET,
        url: str | None = UNSET,
        method: t.MethodLike | None = UNSET,
        content_type: t.ContentTypeLike | None = UNSET,
        auth_type: t.AuthTypeLike | None = UNSET,
        body: str | None = UNSET,
        oauth2_request: t.Mapping[str, t.Any] | None = UNSET,
        failure_receivers: t.Sequence[int] | None = UNSET,
        failure_limit: int | None = UNSET,
        status: t.StatusLike | None = UNSET,
        extra: t.Mapping[str, t.Any] | None = UNSET,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Reads a webhook, changes the named fields and writes it: see ``WebhookClient.patch``."""
        return await self._calls.run(
            "patch",
            (
                webhook_id,
                (
                    name,
                    trigger,
                    data_trigger,
                    url,
                    method,
                    content_type,
                    auth_type,
                    body,
                    oauth2_request,
                    failure_receivers,
                    failure_limit,
                    status,
                    extra,
                ),
            ),
            (timeout, max_retries, headers),
            unknown,
            True,
        )

    async def delete(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[None]:
        """Deletes a webhook: see ``WebhookClient.delete``."""
        return await self._calls.run("delete", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    async def enable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Sets the status of a webhook to ``ENABLED``: see ``WebhookClient.enable``."""
        return await self._calls.run("enable", (webhook_id,), (timeout, max_retries, headers), unknown, True)

    async def disable(
        self,
        webhook_id: int,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        **unknown: t.Any,
    ) -> t.Response[t.Webhook]:
        """Sets the status of a webhook to ``DISABLED``: see ``WebhookClient.disable``."""
        return await self._calls.run("disable", (webhook_id,), (timeout, max_retries, headers), unknown, True)

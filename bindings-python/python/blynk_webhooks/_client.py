"""What the clients are beside the operations of the API: how they are made, shared and closed."""

from __future__ import annotations

import os
from functools import wraps

from . import _annotations as t
from ._native import BlockingCalls, settings_of_environment
from ._unset import UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Init = TypeVar("Init", bound=Callable[..., None])


def refuse_unknown(init: Init) -> Init:
    """Refuses keywords that an ``__init__`` does not know, by name and with the one that was meant."""
    known = (init.__kwdefaults__ or {}).keys() | {"base_url"}

    @wraps(init)
    def checked(*arguments: Any, **keywords: Any) -> None:
        if unknown := {name: value for name, value in keywords.items() if name not in known}:
            BlockingCalls(unknown)
        init(*arguments, **keywords)

    return checked  # type: ignore[return-value]


class Client:
    """What both clients have."""

    __slots__ = ("__weakref__", "_calls")

    _calls: t.Any

    @classmethod
    def from_env(cls, **settings: t.Unpack[t.FromEnvSettings]) -> t.Self:
        """A client with what the environment says.

        Reads ``BLYNK_BASE_URL``, ``BLYNK_TOKEN``, ``BLYNK_CLIENT_ID``, ``BLYNK_CLIENT_SECRET`` and ``BLYNK_ORG_ID``
        from ``os.environ``. An empty variable counts as absent. Keywords set the rest and take precedence: a ``token``
        that is passed takes the place of the environment's client credentials, and the other way round.

        Raises:
            ConfigError: A setting is missing or cannot work.

        Example::

            client = WebhookClient.from_env(timeout=10)
        """
        return cls(**settings_of_environment(os.environ, settings))

    def with_options(
        self,
        *,
        timeout: float | t.timedelta | None = UNSET,
        max_retries: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        org_id: int | None = None,
        validate: bool | None = None,
    ) -> t.Self:
        """A client whose calls have these options where they name no other; it shares connections with this one.

        Closing one of the two closes both.

        Args:
            timeout: Seconds for a whole call; ``None``: no deadline.
            max_retries: Number of repeats after the first attempt, where a repeat is safe.
            headers: Headers beside the client's.
            org_id: Organization of ``list`` and ``create``.
            validate: Whether specifications are checked before they are sent.

        Raises:
            ConfigError: An option cannot work.

        Example::

            patient = client.with_options(timeout=120, max_retries=5)
        """
        options = {
            "timeout": timeout,
            "max_retries": max_retries,
            "headers": headers,
            "org_id": org_id,
            "validate": validate,
        }
        client = object.__new__(type(self))
        # A subclass may keep more than this class does.
        getattr(client, "__dict__", {}).update(getattr(self, "__dict__", {}))
        client._calls = self._calls.with_options(options)
        return client

    @property
    def base_url(self) -> str:
        """The server that is called."""
        url: str = self._calls.base_url
        return url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls.base_url}{' closed' if self._calls.is_closed else ''}>"


class SyncClient(Client):
    """What ``WebhookClient`` is beside the operations of the API."""

    __slots__ = ()

    @property
    def with_response(self) -> t.CallsWithResponse:
        """The same methods, each of which returns a ``Response``: the value, status, headers, request ID and attempts.

        Example::

            response = client.with_response.get(7)
            print(response.value.name, response.status, response.request_id)
        """
        from .generated.clients import CallsWithResponse

        return CallsWithResponse(self._calls)

    def plan(
        self,
        desired: t.Desired,
        *,
        org_id: int | None = None,
        resend_secrets: bool = False,
    ) -> t.Plan:
        """Compares the desired webhooks with those of the server. Only reads; ``Plan.apply`` makes the changes.

        Webhooks are found by ``id``, else by ``was`` (the old name of one that is renamed), else by their exact name.
        Webhooks that are not named stay as they are.

        Args:
            desired: Specifications with names (each a ``WebhookSpec``, a ``Webhook``, or a mapping with the wire's
                names and ``id``, ``was`` or ``absent``), the path of a file or a folder, several paths, or a mapping of
                the file's shape.
            org_id: The organization, instead of the client's and the file's.
            resend_secrets: Whether secrets that the server masks, and that can therefore not be compared, are sent.

        Raises:
            ValidationError: The desired webhooks break the API's rules or contradict each other.
            ConfigError: The file names another server or organization.

        Example::

            plan = client.plan([WebhookSpec(name="Doors", trigger="DEVICE_ADDED", ...)])
            print(plan)
            plan.apply()
        """
        from .plans import Plan

        return Plan(self._calls.plan(desired, org_id, resend_secrets), self._calls)

    def close(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time.

        Calls that other threads have under way end as they would.
        """
        self._calls.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class AsyncClient(Client):
    """What ``AsyncWebhookClient`` is beside the operations of the API."""

    __slots__ = ()

    @property
    def with_response(self) -> t.AsyncCallsWithResponse:
        """The same methods, each of which returns a ``Response``: see ``WebhookClient.with_response``."""
        from .generated.clients import AsyncCallsWithResponse

        return AsyncCallsWithResponse(self._calls)

    async def plan(
        self,
        desired: t.Desired,
        *,
        org_id: int | None = None,
        resend_secrets: bool = False,
    ) -> t.AsyncPlan:
        """The plan that makes the organization's webhooks match ``desired``: see ``WebhookClient.plan``."""
        from .plans import AsyncPlan

        return AsyncPlan(await self._calls.plan(desired, org_id, resend_secrets), self._calls)

    async def aclose(self) -> None:
        """Closes idle connections; further calls raise ``ConfigError``. Does nothing the second time.

        Calls under way end as they would.
        """
        self._calls.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

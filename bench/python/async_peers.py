"""One call with each asynchronous client: a session that is kept and has a connection for each task.

Every function takes the URL and gives back what brings the answer's bytes; ``ours`` and ``generated`` bring values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from facts import BASE_URL, FACTS, HEADERS, SPEC

Fetch = Callable[[], Awaitable[Any]]


def httpx(url: str) -> Fetch:
    import httpx

    client = httpx.AsyncClient(headers=HEADERS, limits=httpx.Limits(max_connections=100, max_keepalive_connections=100))

    async def fetch() -> bytes:
        return (await client.get(url)).raise_for_status().content

    return fetch


def aiohttp(url: str) -> Fetch:
    import aiohttp

    session = aiohttp.ClientSession(headers=HEADERS, raise_for_status=True)

    async def fetch() -> bytes:
        async with session.get(url) as response:
            return await response.read()

    return fetch


def aiohttp_create(url: str) -> Fetch:
    import aiohttp
    import msgspec

    session = aiohttp.ClientSession(headers=HEADERS | {"Content-Type": "application/json"}, raise_for_status=True)
    encode = msgspec.json.Encoder().encode

    async def fetch() -> bytes:
        async with session.post(url, data=encode(SPEC)) as response:
            return await response.read()

    return fetch


def httpx_create(url: str) -> Fetch:
    import httpx

    client = httpx.AsyncClient(headers=HEADERS, limits=httpx.Limits(max_connections=100, max_keepalive_connections=100))

    async def fetch() -> bytes:
        return (await client.post(url, json=SPEC)).raise_for_status().content

    return fetch


def primp(url: str) -> Fetch:
    import primp

    client = primp.AsyncClient(headers=HEADERS)

    async def fetch() -> bytes:
        response = await client.get(url)
        response.raise_for_status()
        return response.content

    return fetch


def wreq(url: str) -> Fetch:
    import wreq

    client = wreq.Client(headers=HEADERS, raise_for_status=True)

    async def fetch() -> memoryview:
        return await (await client.get(url)).bytes()

    return fetch


def pyreqwest(url: str) -> Fetch:
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().default_headers(HEADERS).error_for_status().build()

    async def fetch() -> Any:
        return await (await client.get(url).build().send()).bytes()

    return fetch


def generated(length: int) -> Fetch:
    """The client that openapi-python-client writes, in the folder ``generated``."""
    import httpx
    from generated_client import AuthenticatedClient
    from generated_client.api.webhooks import get_webhook, list_webhooks

    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    client = AuthenticatedClient(base_url=BASE_URL, token=FACTS["token"], httpx_args={"limits": limits})
    if length:
        return lambda: list_webhooks.asyncio(client=client, org_id=length)
    return lambda: get_webhook.asyncio(client=client, webhook_id=7)


def ours(length: int) -> Fetch:
    from blynk_webhooks import AsyncWebhookClient, WebhookSpec

    client = AsyncWebhookClient(BASE_URL, client_id="id", client_secret="secret")
    if length < 0:
        spec = WebhookSpec.from_dict(SPEC)
        return lambda: client.create(spec)
    if length:
        return lambda: client.list(org_id=length)
    return lambda: client.get(7)

"""One call with each synchronous client: a session that is kept, as its documentation advises.

Every function takes the URL and gives back what brings the answer's bytes; ``ours`` and ``generated`` bring values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from facts import AUTHORITIES, BASE_URL, FACTS, HEADERS

Fetch = Callable[[], Any]


def requests(url: str) -> Fetch:
    import requests

    session = requests.Session()
    session.headers.update(HEADERS)

    def fetch() -> bytes:
        response = session.get(url)
        response.raise_for_status()
        return response.content

    return fetch


def httpx(url: str) -> Fetch:
    import httpx

    client = httpx.Client(headers=HEADERS)

    def fetch() -> bytes:
        return client.get(url).raise_for_status().content

    return fetch


def pycurl(url: str) -> Fetch:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
    curl.setopt(pycurl.FAILONERROR, True)
    curl.setopt(pycurl.CAINFO, AUTHORITIES)
    return curl.perform_rb


def primp(url: str) -> Fetch:
    import primp

    client = primp.Client(headers=HEADERS)

    def fetch() -> bytes:
        response = client.get(url)
        response.raise_for_status()
        return response.content

    return fetch


def wreq(url: str) -> Fetch:
    import wreq.blocking

    client = wreq.blocking.Client(headers=HEADERS, raise_for_status=True)
    return lambda: client.get(url).bytes()


def pyreqwest(url: str) -> Fetch:
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().default_headers(HEADERS).error_for_status().build()
    return lambda: client.get(url).build().send().bytes()


def generated(length: int) -> Fetch:
    """The client that openapi-python-client writes, in the folder ``generated``."""
    from generated_client import AuthenticatedClient
    from generated_client.api.webhooks import get_webhook, list_webhooks

    client = AuthenticatedClient(base_url=BASE_URL, token=FACTS["token"])
    if length:
        return lambda: list_webhooks.sync(client=client, org_id=length)
    return lambda: get_webhook.sync(client=client, webhook_id=7)


def ours(length: int) -> Fetch:
    from blynk_webhooks import WebhookClient

    client = WebhookClient(BASE_URL, client_id="id", client_secret="secret")
    if length:
        return lambda: client.list(org_id=length)
    return lambda: client.get(7)

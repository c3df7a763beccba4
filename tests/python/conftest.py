"""What several test files share: a spec, servers that answer alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from blynk_webhooks import AsyncWebhookClient, WebhookClient, WebhookSpec
from scripted_server import SILENCE, WEBHOOK, ScriptedServer


@pytest.fixture
def spec() -> WebhookSpec:
    return WebhookSpec(
        name="Doors",
        trigger="DEVICE_ADDED",
        url="https://example.com/webhook/{device_id}",
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        body='{"device_id": "{device_id}"}',
    )


@pytest.fixture
def answering() -> Iterator[ScriptedServer]:
    """A server that answers every request with the webhook that was asked for."""
    with ScriptedServer(rules=[{"answer": WEBHOOK}]) as server:
        yield server


@pytest.fixture
def silent() -> Iterator[ScriptedServer]:
    """A server that takes requests and never answers."""
    with ScriptedServer(rules=[{"answer": SILENCE}]) as server:
        yield server


@pytest.fixture
def client() -> Callable[..., WebhookClient]:
    return lambda server, **settings: WebhookClient(server.url, token="test-token", **settings)


@pytest.fixture
def async_client() -> Callable[..., AsyncWebhookClient]:
    return lambda server, **settings: AsyncWebhookClient(server.url, token="test-token", **settings)


@pytest.fixture
def target() -> Iterator[ScriptedServer]:
    """A service that receives webhooks."""
    with ScriptedServer(rules=[{"answer": {"text": "ok"}}]) as service:
        yield service

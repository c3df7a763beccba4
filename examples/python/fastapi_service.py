"""A FastAPI service that manages webhooks: one async client for all requests, specs as bodies, errors as answers.

``python fastapi_service.py`` serves itself some requests on an emulator. In production: ``uvicorn fastapi_service:app``
with ``BLYNK_TOKEN``, or ``BLYNK_CLIENT_ID`` and ``BLYNK_CLIENT_SECRET``, in the environment.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from blynk_webhooks import ApiError, AsyncWebhookClient, ValidationError, Webhook, WebhookSpec


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Holds one client as long as the service runs."""
    async with AsyncWebhookClient.from_env() as client:
        app.state.webhooks = client
        yield


app = FastAPI(lifespan=lifespan)


def webhooks(request: Request) -> AsyncWebhookClient:
    """The service's client."""
    client: AsyncWebhookClient = request.app.state.webhooks
    return client


Webhooks = Annotated[AsyncWebhookClient, Depends(webhooks)]


@app.get("/hooks")
async def list_hooks(client: Webhooks) -> list[Webhook]:
    """All webhooks."""
    return await client.list()


@app.post("/hooks", status_code=201)
async def create_hook(spec: Annotated[WebhookSpec, Body()], client: Webhooks) -> Webhook:
    """A new webhook."""
    return await client.create(spec)


@app.get("/hooks/{webhook_id}")
async def get_hook(webhook_id: int, client: Webhooks) -> Webhook:
    """One webhook."""
    return await client.get(webhook_id, timeout=5)


@app.exception_handler(ValidationError)
async def refused(_: Request, error: ValidationError) -> JSONResponse:
    """A spec that breaks the contract: 422 with every finding."""
    return JSONResponse([{"path": each.path, "message": each.message} for each in error.violations], 422)


@app.exception_handler(ApiError)
async def failed(_: Request, error: ApiError) -> JSONResponse:
    """What the API refused, with its own status."""
    return JSONResponse({"message": error.message}, error.status)


def main() -> None:
    """Sends the service a few requests."""
    from fastapi.testclient import TestClient

    from blynk_webhooks.emulator import Emulator

    with Emulator() as emulator:
        os.environ.update(
            BLYNK_BASE_URL=emulator.url,
            BLYNK_CLIENT_ID=emulator.client_id,
            BLYNK_CLIENT_SECRET=emulator.client_secret,
        )
        spec = {
            "name": "Doors",
            "trigger": "DEVICE_ADDED",
            "url": "https://example.com/webhook/{device_id}",
            "method": "POST",
            "contentType": "JSON",
            "authType": "NONE",
        }
        with TestClient(app) as http:
            made = http.post("/hooks", json=spec)
            print("created:", made.status_code, made.json()["id"], made.json()["name"])
            print("list:", [hook["name"] for hook in http.get("/hooks").json()])
            print("unknown:", http.get("/hooks/999").status_code)
            print("refused:", http.post("/hooks", json={**spec, "method": "FETCH"}).json())
            print("documented:", "failureReceivers" in http.get("/openapi.json").text)


if __name__ == "__main__":
    main()

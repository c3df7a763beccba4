"""A number of calls of our client and nothing else, for counting what each costs: ``calls.py sync|async COUNT``."""

import asyncio
import sys

from facts import BASE_URL, FACTS

from blynk_webhooks import AsyncWebhookClient, WebhookClient

TASKS = 64


def sync_calls(count: int) -> None:
    with WebhookClient(BASE_URL, token=FACTS["token"]) as client:
        for _ in range(count):
            client.get(7)


async def async_calls(count: int) -> None:
    async with AsyncWebhookClient(BASE_URL, token=FACTS["token"]) as client:

        async def task() -> None:
            for _ in range(count // TASKS):
                await client.get(7)

        await asyncio.gather(*(task() for _ in range(TASKS)))


if __name__ == "__main__":
    mode, count = sys.argv[1], int(sys.argv[2])
    if mode == "sync":
        sync_calls(count)
    else:
        asyncio.run(async_calls(count))

# ruff: noqa: D100
# %% [markdown]
# # Which webhooks fail?
# Open this file in an editor that knows `# %%` cells, or paste the cells into a notebook. It runs as a script too.
# In a notebook `await client.list()` of an `AsyncWebhookClient` works as well: cells have a running event loop.

# %%
from collections import Counter

from blynk_webhooks import Status
from blynk_webhooks.emulator import Emulator

emulator = Emulator()
client = emulator.client()  # with an account: WebhookClient.from_env()

# %% Some data to look at
for number in range(6):
    made = client.create(
        name=f"Report {number}",
        trigger="NEW_USER" if number % 2 else "DEVICE_ADDED",
        url=f"https://example.com/report/{number}",
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        failure_limit=10,
    )
    if number % 3 == 0:
        client.disable(made.id)

# %% The webhooks of each trigger
webhooks = client.list()
print(Counter(str(webhook.trigger) for webhook in webhooks))

# %% A table
for webhook in webhooks:
    created = f"{webhook.created_at:%Y-%m-%d %H:%M}" if webhook.created_at else "-"
    print(f"{webhook.id:>4}  {webhook.name:<12} {webhook.status:<10} {created}")

# %% Switch the disabled ones on again
for webhook in webhooks:
    if webhook.status != Status.ENABLED:
        print(client.enable(webhook.id))

# %% Done
client.close()
emulator.close()

"""Everything once: make a webhook, look at it, change it, see two errors, delete it.

Runs on an emulator, without an account: ``python quickstart.py``. With a server of your own, make the client with
``WebhookClient.from_env()``.
"""

from blynk_webhooks import NotFoundError, ValidationError, WebhookSpec
from blynk_webhooks.emulator import Emulator

with Emulator() as emulator, emulator.client() as client:
    spec = WebhookSpec(
        name="Device Status Notification",
        trigger="DEVICE_ADDED",
        url="https://example.com/webhook/{device_id}",
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        body='{"device_id": "{device_id}"}',
    )
    print("it would send:", spec.render({"device_id": 7}).url)

    webhook = client.create(spec)
    print("created:", webhook.id, webhook.name, webhook.status)

    webhook = client.patch(webhook.id, name="Doors", failure_limit=10)
    print("patched:", webhook.name, webhook.failure_limit)

    print("disabled:", client.disable(webhook.id).status)
    print("list:", [(each.id, each.name) for each in client.list()])

    try:
        client.create(spec.replace(trigger="DEVICE_ADED", url="example.com"))
    except ValidationError as error:
        for violation in error.violations:
            print("refused, nothing was sent:", violation)

    client.delete(webhook.id)
    try:
        client.get(webhook.id)
    except NotFoundError as error:
        print("gone:", error.status, error.message)

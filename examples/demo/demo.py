"""The main job in Python. The server and the credentials come from the environment."""

from blynk_webhooks import NotFoundError, Trigger, ValidationError, WebhookClient

print("Python")
with WebhookClient.from_env() as client:
    before = client.list()
    print("  token    taken by client credentials, for the first call")
    print(f"  list     {len(before)} webhooks")

    webhook = client.create(
        name="Device Status Notification",
        trigger=Trigger.DEVICE_ADDED,
        url="https://example.com/webhook/{device_id}",
        method="POST",
        content_type="JSON",
        auth_type="NONE",
        body='{"device_id": "{device_id}"}',
        failure_limit=10,
    )
    print(f"  create   webhook {webhook.id}: {webhook.name}, created at {webhook.created_at:%Y-%m-%d %H:%M} UTC")
    print(f"  list     {len(client.list())} webhook")
    print(f"  get      {client.get(webhook.id).name!r} runs on {webhook.trigger}")

    updated = client.update(webhook.id, webhook.spec.replace(name="Updated Webhook Name"))
    print(f"  update   is now called {updated.name!r}")
    patched = client.patch(webhook.id, failure_limit=3)
    print(f"  patch    failure limit {patched.failure_limit}, the rest as it was")
    print(f"  disable  {client.disable(webhook.id).status}")
    client.delete(webhook.id)
    print("  delete   done")

    try:
        client.create(name="Doors", trigger="DOOR_OPENED", url="example.com/{device_id}", method="GET")
    except ValidationError as error:
        print(f"  refused  {error}")
    else:
        raise SystemExit("a bad spec was not refused")
    try:
        client.get(webhook.id)
    except NotFoundError as error:
        print(f"  404      {error}")
    else:
        raise SystemExit("a deleted webhook was found")

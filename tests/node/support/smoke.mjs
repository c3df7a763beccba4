// The main job in short, for runtimes without Node's test runner: prints one line when all of it holds.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import process from 'node:process'
import { NotFoundError, ValidationError, WebhookClient } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'

const spec = {
  name: 'Doors',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
}

assert.equal(createRequire(import.meta.url)('blynk-webhooks').WebhookClient, WebhookClient)
const emulator = await Emulator.start({ port: 0 })
const client = emulator.client()

const webhook = await client.create({ ...spec, formBody: { big: 12345678901234567890n } })
assert.deepEqual((await client.get(webhook.id)).formBody, { big: 12345678901234567890n })
assert.equal((await client.update(webhook.id, { ...webhook, name: 'Renamed' })).name, 'Renamed')
assert.equal((await client.disable(webhook.id)).status, 'DISABLED')
assert.equal((await client.list()).length, 1)
await Promise.all(Array.from({ length: 500 }, () => client.get(webhook.id)))
await client.delete(webhook.id)

const missing = await client.get(webhook.id).catch((error) => error)
assert.ok(missing instanceof NotFoundError)
assert.equal(missing.code, 'NOT_FOUND')
assert.match(missing.stack, /smoke\.mjs/)
await assert.rejects(client.create({ name: 5 }), ValidationError)
await assert.rejects(client.get('7'), ValidationError)

const reason = new Error('enough')
const controller = new AbortController()
const aborted = client.list({ signal: controller.signal })
controller.abort(reason)
await assert.rejects(aborted, (error) => error === reason)
process.env.BLYNK_LOOPBACK_ONLY = '1'
assert.throws(() => new WebhookClient({ token: 't' }), { name: 'ConfigError' })
delete process.env.BLYNK_LOOPBACK_ONLY
process.env.BLYNK_TOKEN = 'of-this-script'
assert.ok(WebhookClient.fromEnv())
await emulator.stop()
await assert.rejects(client.list({ maxRetries: 0 }), { name: 'ConnectError' })

const { bun, deno, node } = process.versions
console.log(`ok on ${bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`}`)

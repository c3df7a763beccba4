// The main job in a few lines. Runs as it is against an emulator on this machine; with BLYNK_CLIENT_ID and
// BLYNK_CLIENT_SECRET (or BLYNK_TOKEN) set, against your server.
//
//   node examples/node/quickstart.mjs

import { NotFoundError, ValidationError, WebhookClient } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'

const { BLYNK_TOKEN, BLYNK_CLIENT_ID } = process.env
const client = BLYNK_TOKEN || BLYNK_CLIENT_ID ? WebhookClient.fromEnv() : (await Emulator.start()).client()

const webhook = await client.create({
  name: 'Device Status Notification',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/webhook/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: '{"device_id": "{device_id}"}',
})
console.log(`created ${webhook.id}: ${webhook.name}`)

// Every webhook of the organization; plain objects with the names of the API.
for (const { id, name, status } of await client.list()) console.log(`listed  ${id}: ${name} is ${status}`)

// A whole webhook may be sent back; `patch` changes single fields.
await client.update(webhook.id, { ...webhook, name: 'Renamed' })
const { name } = await client.patch(webhook.id, { failureLimit: 3, body: null })
console.log(`updated ${webhook.id}: ${name}`)

// A call ends with its time or its signal.
await client.get(webhook.id, { timeoutMs: 5_000, signal: AbortSignal.timeout(10_000) })
await client.delete(webhook.id)

try {
  await client.create({ name: 'No URL', trigger: 'DEVICE_ADED' })
} catch (error) {
  if (!(error instanceof ValidationError)) throw error
  for (const { path, message } of error.violations) console.log(`refused ${path} ${message}`)
}
try {
  await client.get(webhook.id)
} catch (error) {
  if (!(error instanceof NotFoundError)) throw error
  console.log(`gone    ${error.code}, ${error.status}`)
}

// Typed use from CommonJS. Checked by tsc, not run.

import webhooks = require('blynk-webhooks')
import emulators = require('blynk-webhooks/emulator')

async function main(): Promise<webhooks.Webhook> {
  const emulator: emulators.Emulator = await emulators.Emulator.start()
  const client: webhooks.WebhookClient = emulator.client()
  const error: webhooks.NotFoundError = new webhooks.NotFoundError()
  console.log(error)
  return client.get(7)
}

export = main

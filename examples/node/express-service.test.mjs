// How to test such a service: against the emulator, offline, with webhooks that really run.
//
//   node --test examples/node/express-service.test.mjs

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, test } from 'node:test'
import { setLoopbackOnly } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { createService } from './express-service.mjs'

let emulator
let server
let service
let url

before(async () => {
  // No test reaches the real service, whatever the environment says.
  setLoopbackOnly(true)
  emulator = await Emulator.start()
  service = createService(emulator.client({ maxRetries: 0, timeoutMs: 1_000 }))
  server = service.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${server.address().port}`
})
beforeEach(() => emulator.reset())
after(async () => {
  server.closeAllConnections()
  server.close()
  await emulator.stop()
})

const post = (path, body) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

const spec = () => ({
  name: 'Devices',
  trigger: 'DEVICE_ADDED',
  url: `${url}/hooks/device-added`,
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: '{"id": {device_id}}',
})

test('a device that is added reaches the service', async () => {
  const created = await post('/webhooks', spec())
  assert.equal(created.status, 201)
  const [delivery] = await emulator.trigger('DEVICE_ADDED', { device_id: 7 })
  assert.equal(delivery.outcome, 'ok', delivery.reason)
  assert.deepEqual(service.locals.devices, [7])
})

test('a spec with faults is answered with all of them', async () => {
  const refused = await post('/webhooks', { ...spec(), trigger: 'DEVICE_ADED', url: 'example.com' })
  assert.equal(refused.status, 400)
  const { violations } = await refused.json()
  assert.deepEqual(
    violations.map(({ path }) => path),
    ['trigger', 'url'],
  )
})

test('an upstream that fails is not blamed on the caller', async () => {
  await emulator.failNext({ status: 503 })
  assert.equal((await fetch(`${url}/webhooks`)).status, 502)
  await emulator.failNext({ delayMs: 5_000 })
  assert.equal((await fetch(`${url}/webhooks`)).status, 504)
  assert.equal((await fetch(`${url}/webhooks/99`, { method: 'DELETE' })).status, 404)
})

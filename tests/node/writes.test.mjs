// Conditional writes, clients with other defaults, and settings that reach the server.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { inspect } from 'node:util'
import {
  ConfigError,
  JsonNumber,
  PreconditionFailedError,
  RequestTimeoutError,
  ValidationError,
  WebhookClient,
  WebhooksError,
} from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

const spec = {
  name: 'Doors',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
}
let emulator
let client

beforeEach(async () => {
  emulator = await Emulator.start()
  client = emulator.client()
})
afterEach(() => emulator.stop())

test('a write that expects a webhook is made only where the server holds it still', async () => {
  const created = await client.create({
    ...spec,
    formBody: { big: 12345678901234567890n, ratio: new JsonNumber('1e400') },
  })
  const { id } = created
  const expected = await client.get(id)
  const renamed = await client.update(id, { ...expected, name: 'Renamed' }, { expected })
  assert.equal(renamed.name, 'Renamed')
  const writes = [
    () => client.update(id, { ...expected, name: 'Lost' }, { expected }),
    () => client.patch(id, { name: 'Lost' }, { expected }),
    () => client.delete(id, { expected }),
    () => client.withResponse.patch(id, { name: 'Lost' }, { expected }),
  ]
  for (const write of writes) {
    const error = await write().catch((error) => error)
    assert.ok(error instanceof PreconditionFailedError && error instanceof WebhooksError, inspect(error))
    assert.equal(error.code, 'PRECONDITION_FAILED')
    assert.equal(error.current.name, 'Renamed')
    assert.deepEqual(error.current.formBody.big, 12345678901234567890n)
    assert.match(error.stack, /writes\.test\.mjs/)
  }
  assert.deepEqual(await client.get(id), renamed)
  const patched = await client.patch(id, { name: 'Again' }, { expected: renamed })
  await client.delete(id, { expected: { ...patched } })
  assert.deepEqual(await client.list(), [])
})

test('what cannot be expected is a ValidationError', async () => {
  const { id } = await client.create(spec)
  for (const expected of [5, 'x', [], {}, { id: 'x' }, null]) {
    await assert.rejects(client.patch(id, { name: 'x' }, { expected }), ValidationError, inspect(expected))
  }
  await assert.rejects(client.get(id, { expected: await client.get(id) }), ValidationError)
  await assert.rejects(client.create(spec, { expected: await client.get(id) }), ValidationError)
  assert.equal((await client.list()).length, 1)
})

test('a webhook of the server can be created again as it is', async () => {
  const created = await client.create({ ...spec, formBody: {} })
  const copy = await client.create(created)
  assert.notEqual(copy.id, created.id)
  assert.deepEqual([copy.name, copy.status], ['Doors', 'ENABLED'])
  await client.disable(created.id)
  const disabled = await client.create(await client.get(created.id))
  assert.equal((await client.get(disabled.id)).status, 'DISABLED')
})

test('withOptions gives other defaults and shares the rest', async () => {
  const silent = await ScriptedServer.answering(null)
  const patient = silent.client({ maxRetries: 0 })
  const hasty = patient.withOptions({ timeoutMs: 30 })
  assert.ok(hasty instanceof WebhookClient)
  assert.equal(hasty.baseUrl, silent.url)
  await assert.rejects(hasty.list(), RequestTimeoutError)
  await assert.rejects(hasty.withOptions({ maxRetries: 1 }).list(), RequestTimeoutError)
  for (const options of [{ timeoutMs: 0 }, { tokn: 1 }, { timeoutMs: 'x' }, 5, { baseUrl: 'x' }]) {
    assert.throws(
      () => patient.withOptions(options),
      (error) => {
        assert.ok(error instanceof ConfigError, inspect(error))
        const [first] = error.stack.slice(error.stack.indexOf('\n    at ')).trim().split('\n')
        return /writes\.test\.mjs/.test(first)
      },
      inspect(options),
    )
  }
  patient.close()
  await assert.rejects(hasty.list(), { name: 'ConfigError', message: /closed/ })
  await silent.stop()
})

test('the name of the application comes before the name of the library', async () => {
  const { versions } = process
  const agent = `doors/1.4 blynk-webhooks/0.1.0 (node/${versions.node})`
  const server = await ScriptedServer.start([
    { request: { headers: { 'User-Agent': agent, 'X-Common': 'yes' } }, answer: { status: 200, json: [] } },
  ])
  const named = new WebhookClient({ baseUrl: server.url, token: 't', userAgent: 'doors/1.4' })
  assert.deepEqual(await named.withOptions({ headers: { 'X-Common': 'yes' } }).list(), [])
  assert.deepEqual(await server.stop(), [])
})

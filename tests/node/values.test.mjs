// Values: what goes over the wire comes out as plain objects, and nothing changes on the way.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { ValidationError, validate } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { AnsweringServer } from './support/answering-server.mjs'

const spec = {
  name: 'Doors',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
}
let emulator

before(async () => {
  emulator = await Emulator.start()
})
after(() => emulator.stop())

test('integers beyond 2^53 survive in both directions', async () => {
  const client = emulator.client()
  const formBody = {
    big: 12345678901234567890n,
    negative: -9007199254740993n,
    list: [1, 9007199254740992n],
    text: 'int:5',
  }
  const webhook = await client.create({ ...spec, failureReceivers: [1, 9007199254740993n], formBody })
  assert.deepEqual(webhook.formBody, formBody)
  assert.deepEqual(webhook.failureReceivers, [1, 9007199254740993n])
  const updated = await client.update(webhook.id, { ...webhook, name: 'Renamed' })
  assert.deepEqual(updated.formBody, formBody)
  assert.deepEqual((await client.list()).find(({ id }) => id === webhook.id).formBody, formBody)
})

test('a number that is not exact any more is refused', async () => {
  const client = emulator.client()
  await assert.rejects(client.create({ ...spec, failureReceivers: [2 ** 53] }), (error) => {
    assert.ok(error instanceof ValidationError)
    assert.deepEqual(error.violations[0].path, 'failureReceivers[0]')
    return /BigInt/.test(error.message)
  })
})

test('large integers of an answer are exact, and look-alikes stay what they are', async () => {
  const numbers =
    '[9007199254740991,9007199254740992,-9007199254740992,1e20,1.2345678901234567890,"12345678901234567890"]'
  const server = await AnsweringServer.start(`{"id":1,"name":"int:12345678901234567890 \\"#int:","numbers":${numbers}}`)
  const webhook = await server.client().get(1)
  assert.deepEqual(webhook.numbers, [
    9007199254740991,
    9007199254740992n,
    -9007199254740992n,
    1e20,
    Number('1.2345678901234567890'),
    '12345678901234567890',
  ])
  assert.equal(webhook.name, 'int:12345678901234567890 "#int:')
  await server.stop()
})

test('no text of an answer is taken for an integer, however the server writes it', async () => {
  const server = await AnsweringServer.start(
    String.raw`[{"id":1,"name":"\u0069nt:x","texts":["\u0069nt:5","i\u006et:5"],"large":9007199254740993}]`,
  )
  const webhooks = await server.client().list()
  assert.deepEqual(webhooks, [{ id: 1, name: 'int:x', texts: ['int:5', 'int:5'], large: 9007199254740993n }])
  await server.stop()
})

test('fields that are null are absent, unknown ones stay', async () => {
  const server = await AnsweringServer.start(
    '[{"id":1,"name":null,"body":null,"formBody":{"a":null}},{"id":2,"url":"null"}]',
  )
  const [first, second] = await server.client().list()
  assert.deepEqual(first, { id: 1, formBody: { a: null } })
  assert.deepEqual(second, { id: 2, url: 'null' })
  await server.stop()
})

test('text of every alphabet, escapes and lengths comes through', async () => {
  const client = emulator.client()
  for (const body of ['äöü', '漢字 🚪', '\u0000\u001f"\\/\u2028', 'é'.repeat(1024)]) {
    const { id } = await client.create({ ...spec, contentType: 'PLAIN_TEXT', body })
    assert.equal((await client.get(id)).body, body)
    await client.delete(id)
  }
})

test('a value that only the server knows may be sent back, a person may not send one', async () => {
  const answer = { ...spec, id: 1, trigger: 'BRAND_NEW', status: 'PAUSED' }
  const server = await AnsweringServer.start(JSON.stringify(answer))
  const client = server.client()
  const webhook = await client.get(1)
  await client.update(1, { ...webhook, name: 'Renamed' })
  assert.equal(JSON.parse(server.bodies.at(-1)).trigger, 'BRAND_NEW')
  assert.ok(validate({ ...webhook }).every(({ severity }) => severity === 'warning'))
  await assert.rejects(client.update(1, { ...spec, trigger: 'BRAND_NEW' }), ValidationError)
  // A typo beside the server's new value is a typo still, and the only fault.
  const faults = validate({ ...webhook, method: 'TYPO' }).filter(({ severity }) => severity === 'error')
  assert.deepEqual(
    faults.map(({ path }) => path),
    ['method'],
  )
  await assert.rejects(client.update(1, { ...webhook, trigger: 'TYPO' }), ValidationError)
  assert.deepEqual(JSON.parse(JSON.stringify(webhook)), answer)
  const known = await emulator.client().create(spec)
  assert.deepEqual(Object.getOwnPropertySymbols(known), [])
  await server.stop()
})

test('a webhook is a plain object with prototype and members of its own', async () => {
  const server = await AnsweringServer.start('{"id":1,"__proto__":{"polluted":true},"constructor":1}')
  const webhook = await server.client().get(1)
  assert.equal(Object.getPrototypeOf(webhook), Object.prototype)
  assert.equal(webhook.polluted, undefined)
  assert.equal({}.polluted, undefined)
  assert.deepEqual(Object.keys(webhook).sort(), ['__proto__', 'constructor', 'id'])
  await server.stop()
})

test('the secret of oAuth2Request is there and stays out of logs', async () => {
  const client = emulator.client()
  const oAuth2Request = { clientId: 'id', clientSecret: 'hunter2', tokenUrl: 'https://example.com/token' }
  const { id } = await client.create({ ...spec, authType: 'OAUTH2', oAuth2Request })
  const webhook = await client.get(id)
  assert.deepEqual(webhook.oAuth2Request, oAuth2Request)
  assert.deepEqual(JSON.parse(JSON.stringify(webhook)).oAuth2Request, oAuth2Request)
  for (const shown of [webhook, { ...webhook }, await client.list()]) assert.ok(!inspect(shown).includes('hunter2'))
  assert.match(inspect(webhook), /oAuth2Request: <redacted>/)
  await client.update(id, { ...webhook, name: 'Renamed' })
  assert.deepEqual((await client.get(id)).oAuth2Request, oAuth2Request)
})

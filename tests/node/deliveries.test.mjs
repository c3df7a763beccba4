// The emulator runs webhooks: events, deliveries, faults and time, from Node.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { inspect } from 'node:util'
import {
  ConfigError,
  JsonNumber,
  RateLimitedError,
  RequestTimeoutError,
  ResponseError,
  ServerError,
  stringify,
  TransportError,
  ValidationError,
} from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

let emulator
let client
let target

beforeEach(async () => {
  emulator = await Emulator.start()
  client = emulator.client({ maxRetries: 0 })
  target = await ScriptedServer.rules([{ answer: { text: 'ok' } }])
})
afterEach(async () => {
  client.close()
  await emulator.stop()
  await target.stop()
})

const spec = () => ({
  name: 'Doors',
  trigger: 'DEVICE_ADDED',
  url: `${target.url}/{device_id}`,
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: '{"name": "{device_name}"}',
})

test('an event is sent and logged', async () => {
  await emulator.setTime(new Date('2026-01-31T09:30:00Z'))
  const webhook = await client.create(spec())
  const [delivery] = await emulator.trigger('DEVICE_ADDED', { device_id: 7, device_name: 'a "b"' })
  const [request] = await target.requests()
  assert.deepEqual([request.method, request.path, request.body], ['POST', '/7', '{"name": "a \\"b\\""}'])
  assert.deepEqual([delivery.webhookId, delivery.statusCode, delivery.outcome], [webhook.id, 200, 'ok'])
  assert.equal(delivery.request.body, request.body)
  assert.equal(delivery.request.headers['Content-Type'], 'application/json')
  assert.deepEqual([delivery.at, delivery.responseBody], [Date.UTC(2026, 0, 31, 9, 30), 'ok'])
  assert.deepEqual(await emulator.deliveries({ webhookId: webhook.id }), [delivery])
  assert.deepEqual(await emulator.deliveries({ outcome: 'failed' }), [])
  const again = await emulator.redeliver(delivery.id)
  assert.equal(again.redeliveryOf, delivery.id)
  assert.deepEqual(await emulator.waitForDelivery({ after: delivery.id }), again)
  assert.equal((await client.get(webhook.id)).attemptCount, 2)
})

test('a webhook that fails is disabled and comes back', async () => {
  await target.goOnWith([{ answer: { status: 500 } }])
  const webhook = await client.create({ ...spec(), failureLimit: 2, failureReceivers: [5] })
  for (let n = 0; n < 3; n++) await emulator.trigger('DEVICE_ADDED')
  assert.equal((await target.requests()).length, 2)
  assert.equal((await client.get(webhook.id)).status, 'DISABLED_DUE_TO_ERRORS')
  const [notice] = await emulator.notices()
  assert.deepEqual([notice.userId, notice.webhookId], [5, webhook.id])
  await target.goOnWith([{ answer: { status: 200 } }])
  await client.enable(webhook.id)
  const [delivery] = await emulator.trigger('DEVICE_ADDED')
  assert.equal(delivery.outcome, 'ok')
})

test('faults come as scripted', async () => {
  await client.list()
  await emulator.failNext({ status: 429, times: 2, retryAfter: 7 })
  await emulator.failNext({ reset: true })
  await emulator.failNext({ truncate: true })
  await emulator.failNext({ malformed: true })
  await emulator.failNext({ delayMs: 50 })
  await emulator.failNext({ operation: 'get' })
  for (const expected of [RateLimitedError, RateLimitedError, TransportError, TransportError, ResponseError]) {
    await assert.rejects(client.list(), expected)
  }
  await client.list()
  await assert.rejects(client.get(1), ServerError)
  await emulator.failNext({ times: 9 })
  await emulator.clearFaults()
  await client.list()
})

test('a snapshot starts another', async () => {
  const webhook = await client.create(spec())
  const state = await emulator.snapshot()
  const file = join(tmpdir(), `blynk-webhooks-${process.pid}.json`)
  await writeFile(file, JSON.stringify(state))
  for (const from of [state, file]) {
    const second = await Emulator.start({ state: from })
    const copy = second.client()
    assert.deepEqual(await copy.list(), [webhook])
    await copy.delete(webhook.id)
    await second.reset()
    assert.deepEqual(await copy.list(), [webhook])
    copy.close()
    await second.stop()
  }
})

test('a state file that cannot be is said', async () => {
  const file = join(tmpdir(), `blynk-webhooks-${process.pid}-bad.json`)
  await writeFile(file, '{"webhooks": [')
  await assert.rejects(Emulator.start({ state: file }), (error) => error instanceof ConfigError && /state/.test(error))
  await assert.rejects(Emulator.start({ state: `${file}.none` }), { code: 'ENOENT' })
})

test('time moves as it is told', async () => {
  const state = { limits: { requestsPerMinute: 1 }, clients: [{ clientId: 'id', clientSecret: 's' }], clock: 0 }
  const timed = await Emulator.start({ state })
  const timedClient = timed.client({ maxRetries: 0 })
  assert.deepEqual([timed.clientId, timed.clientSecret], ['id', 's'])
  await timedClient.list()
  await assert.rejects(timedClient.list(), RateLimitedError)
  await timed.advanceTime(60_000)
  await timedClient.list()
  assert.equal(await timed.now(), 60_000)
  await timed.stop()
})

test('a spec can be tried', async () => {
  const delivery = await emulator.test(spec(), { device_id: 3 })
  assert.deepEqual([delivery.webhookId, delivery.outcome], [undefined, 'ok'])
  assert.equal((await target.requests())[0].path, '/3')
  await assert.rejects(emulator.test({ name: 'n' }), ValidationError)
})

test('what cannot be asked is said, at the line that asked', async () => {
  await assert.rejects(emulator.trigger('DEVICE_ADED'), (error) => {
    assert.ok(error instanceof ValidationError)
    assert.match(error.message, /DEVICE_ADDED/)
    assert.match(error.stack, /deliveries\.test\.mjs/)
    return true
  })
  await assert.rejects(emulator.redeliver(9), ValidationError)
  await assert.rejects(emulator.waitForDelivery({ timeoutMs: 50 }), RequestTimeoutError)
  await assert.rejects(emulator.failNext({ status: 500, reset: true }), ConfigError)
  await assert.rejects(emulator.failNext({ statsu: 500 }), { name: 'ConfigError', message: /statsu: is not a fault/ })
  await assert.rejects(Emulator.start({ state: { webhooks: [{ name: 'n' }] } }), /webhooks\[0\]/)
  await assert.rejects(Emulator.start({ state: { webhoks: [] } }), ConfigError)
  await assert.rejects(Emulator.start({ allowRemoteTargets: 'yes' }), ConfigError)
  await emulator.stop()
  await assert.rejects(emulator.trigger('NEW_USER'), /stopped/)
})

test('a target records requests and answers as it is told', async () => {
  const target = emulator.target()
  const webhook = await client.create({ ...spec(), url: `${target.url}/doors/{device_id}` })
  target.respond({ status: 503, headers: { 'X-Reason': 'closed' }, body: 'later', times: 1 })
  const [failed] = await emulator.trigger('DEVICE_ADDED', { device_id: 7, device_name: 'a' })
  assert.deepEqual(
    [failed.statusCode, failed.responseBody, failed.responseHeaders['x-reason'], failed.outcome],
    [503, 'later', 'closed', 'failed'],
  )
  const [ok] = await emulator.trigger('DEVICE_ADDED', { device_id: 8 })
  assert.deepEqual([ok.statusCode, ok.outcome], [200, 'ok'])
  const [first, second] = target.requests
  assert.deepEqual([first.method, first.path, JSON.parse(first.body)], ['POST', '/doors/7', { name: 'a' }])
  assert.match(first.headers['content-type'], /json/)
  assert.equal(second.path, '/doors/8')
  target.clear()
  assert.deepEqual(target.requests, [])
  assert.throws(
    () => target.respond({ status: 99 }),
    (error) => error instanceof ValidationError && /deliveries\.test\.mjs/.test(error.stack),
  )
  assert.throws(() => target.respond({ statsu: 200 }), ValidationError)
  await client.delete(webhook.id)
})

test('a target on https is trusted by deliveries', async () => {
  const target = emulator.target({ tls: true })
  assert.match(target.url, /^https:/)
  assert.match(emulator.targetCa, /^-----BEGIN CERTIFICATE-----/)
  await client.create({ ...spec(), url: target.url })
  const [delivery] = await emulator.trigger('DEVICE_ADDED')
  assert.equal(delivery.outcome, 'ok', delivery.reason)
  assert.equal(target.requests.length, 1)
})

test('another emulator trusts the authority of a target on https where it is told to', async () => {
  const target = emulator.target({ tls: true })
  const outcome = async (targetCa) => {
    const other = await Emulator.start({ targetCa })
    await other.client().create({ ...spec(), url: target.url })
    const [delivery] = await other.trigger('DEVICE_ADDED')
    other.stop()
    return delivery.outcome
  }
  assert.equal(await outcome(undefined), 'failed')
  for (const form of [emulator.targetCa, Buffer.from(emulator.targetCa), [emulator.targetCa]]) {
    assert.equal(await outcome(form), 'ok')
  }
  await assert.rejects(Emulator.start({ targetCa: 'my certificate' }), ConfigError)
  await assert.rejects(Emulator.start({ targetCa: 7 }), /targetCa: must be a string, is a number/)
})

test('an emulator shows its URL and no secret', () => {
  assert.equal(inspect(emulator), `Emulator <${emulator.url}>`)
})

test('expect waits for deliveries, or names the closest ones', async () => {
  const webhook = await client.create(spec())
  const waiting = emulator.expect({ webhookId: webhook.id, count: 2 })
  await emulator.trigger('DEVICE_ADDED', { device_id: 1 })
  await emulator.trigger('DEVICE_ADDED', { device_id: 2 })
  assert.deepEqual(
    (await waiting).map(({ outcome }) => outcome),
    ['ok', 'ok'],
  )
  assert.deepEqual(await emulator.expect({ outcome: 'failed', count: 0, timeoutMs: 1 }), [])
  const error = await emulator.expect({ outcome: 'failed', timeoutMs: 20 }).catch((error) => error)
  assert.match(error.message, /webhook 1/)
  assert.match(error.stack, /deliveries\.test\.mjs/)
  await assert.rejects(emulator.expect({ webhokId: 1 }), ValidationError)
})

test('why nothing ran is explained', async () => {
  const off = await client.create(spec())
  await client.disable(off.id)
  const other = await client.create({ ...spec(), trigger: 'NEW_USER' })
  const [first, second] = await emulator.explain('DEVICE_ADDED')
  assert.deepEqual([first.webhookId, first.runs, second.webhookId, second.runs], [off.id, false, other.id, false])
  assert.match(first.reason, /DISABLED|disabled/)
  assert.match(second.reason, /NEW_USER/)
  const report = await emulator.triggerReport('NEW_USER', { user_nmae: 'x' })
  assert.deepEqual([report.deliveries.length, report.webhooks.map(({ runs }) => runs)], [1, [false, true]])
  assert.match(report.warnings.join(), /user_nmae/)
  const tested = await emulator.testWebhook(off.id, { device_id: 5 })
  assert.deepEqual([tested.test, tested.outcome], [true, 'ok'])
})

test('faults of deliveries are met in their order', async () => {
  const built = emulator.target()
  await client.create({ ...spec(), url: built.url })
  await emulator.failNextDelivery({ duplicate: true })
  await emulator.failNextDelivery({ drop: true })
  await emulator.failNextDelivery({ reset: true })
  const outcomes = []
  for (let n = 0; n < 4; n++) outcomes.push((await emulator.trigger('DEVICE_ADDED'))[0].outcome)
  assert.deepEqual(outcomes, ['ok', 'failed', 'failed', 'ok'])
  assert.equal(built.requests.length, 4)
  await assert.rejects(emulator.failNextDelivery({}), ValidationError)
  await assert.rejects(emulator.failNextDelivery({ drop: true, reset: true }), ConfigError)
})

test('targets that are not loopback are allowed by name', async () => {
  const strict = await Emulator.start({ allowTargets: ['app.invalid:3000'] })
  const strictClient = strict.client()
  for (const url of ['http://app.invalid:3000/', 'http://app.invalid/', 'http://other.invalid:3000/']) {
    await strictClient.create({ ...spec(), url })
  }
  // The first is looked for and not found, the others are not sent.
  const deliveries = await strict.trigger('DEVICE_ADDED')
  assert.deepEqual(
    deliveries.map(({ outcome }) => outcome),
    ['failed', 'not_sent', 'not_sent'],
  )
  await strict.stop()
  for (const allowTargets of [5, 'app', [5], ['not a host']]) {
    await assert.rejects(Emulator.start({ allowTargets }), ConfigError, String(allowTargets))
  }
})

test('a state is data that goes back as it came, numbers of any size included', async () => {
  const formBody = { big: 18446744073709551617n, ratio: new JsonNumber('1e400'), list: [12345678901234567890n] }
  await client.create({ ...spec(), formBody })
  const state = await emulator.snapshot()
  assert.deepEqual(state.webhooks[0].formBody.big, 18446744073709551617n)
  assert.equal(String(state.webhooks[0].formBody.ratio), '1e400')
  const copy = await Emulator.start({ state })
  const [held] = await copy.client().list()
  assert.equal(stringify(held.formBody), stringify(formBody))
  await copy.stop()
  const path = join(tmpdir(), `blynk-webhooks-state-${process.pid}.json`)
  // As another language may have written it: with a mark of the byte order, and numbers that are none of JavaScript's.
  await writeFile(path, `\ufeff${stringify(state)}`)
  const fromFile = await Emulator.start({ state: path })
  assert.equal(stringify((await fromFile.client().list())[0].formBody), stringify(formBody))
  await fromFile.stop()
  await rm(path)
})

// What the caller's own process.env says, also where it is not the environment of the process.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ConfigError, setLogger, WebhookClient } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

let emulator

before(async () => {
  emulator = await Emulator.start()
})
after(() => emulator.stop())

/** What a script in a worker with this environment posts; it sees `WebhookClient`, and `post` to answer. */
async function inWorker(script, env) {
  const prelude = `const { parentPort } = require('node:worker_threads')
    const { WebhookClient } = require('blynk-webhooks')
    const post = (value) => parentPort.postMessage(value)
    const attempt = (run) => { try { run(); return 'made' } catch (error) { return error.message } }\n`
  const worker = new Worker(prelude + script, { eval: true, env })
  const [message] = await once(worker, 'message')
  await worker.terminate()
  return message
}

test('a worker refuses what its own environment forbids', async () => {
  const make = `post(attempt(() => new WebhookClient({ token: 't' })))`
  assert.match(await inWorker(make, { BLYNK_LOOPBACK_ONLY: '1' }), /only loopback is allowed/)
  assert.equal(await inWorker(make, {}), 'made')
  const later = `process.env.BLYNK_LOOPBACK_ONLY = '1'\n${make}`
  assert.match(await inWorker(later, {}), /only loopback is allowed/)
  const fromEnv = `post(attempt(() => WebhookClient.fromEnv()))`
  assert.match(await inWorker(fromEnv, { BLYNK_LOOPBACK_ONLY: 'true', BLYNK_TOKEN: 't' }), /only loopback is allowed/)
})

test('fromEnv takes the credentials of the worker, never those of its parent', async () => {
  process.env.BLYNK_TOKEN = 'parent'
  process.env.BLYNK_BASE_URL = 'http://127.0.0.1:9/parent'
  try {
    const script = `post(attempt(() => WebhookClient.fromEnv()))`
    assert.match(await inWorker(script, {}), /no credentials/)
    const list = `WebhookClient.fromEnv().list().then(post, (error) => post(error.message))`
    assert.deepEqual(await inWorker(list, emulator.environ()), [])
  } finally {
    delete process.env.BLYNK_TOKEN
    delete process.env.BLYNK_BASE_URL
  }
})

test('a switch that is set later holds for clients made from then on', () => {
  assert.ok(new WebhookClient({ token: 't' }))
  process.env.BLYNK_LOOPBACK_ONLY = '1'
  try {
    assert.throws(() => new WebhookClient({ token: 't' }), ConfigError)
    assert.throws(() => WebhookClient.fromEnv({ token: 't' }), ConfigError)
  } finally {
    delete process.env.BLYNK_LOOPBACK_ONLY
  }
  assert.ok(new WebhookClient({ token: 't' }))
})

/** A logger that keeps what it is told. */
function recorder() {
  const records = []
  const note = (level) => (message, fields) => records.push([level, message, fields])
  const levels = ['error', 'warn', 'info', 'debug', 'trace']
  return { records, ...Object.fromEntries(levels.map((level) => [level, note(level)])) }
}

test('a logger gets the events of its client, with their time and their facts', async () => {
  const [first, second] = [recorder(), recorder()]
  const began = Date.now()
  const client = emulator.client({ logger: first, logLevel: 'debug' })
  await client.list()
  await client.get(99).catch(() => {})
  await emulator.client({ logger: second }).list()
  const attempts = first.records.filter(([, message]) => message === 'attempt answered')
  assert.ok(attempts.length >= 2, JSON.stringify(first.records))
  for (const [level, , { time, method, url, status }] of attempts) {
    assert.equal(level, 'debug')
    assert.ok(time >= began - 1 && time <= Date.now() + 1)
    assert.ok(typeof method === 'string' && url.startsWith(emulator.url) && status >= 200)
  }
  assert.ok(!JSON.stringify(first.records).includes(emulator.clientSecret))
  assert.deepEqual(second.records, [])
})

test('setLogger is for every client that has none of its own', async () => {
  const [common, own] = [recorder(), recorder()]
  setLogger(common, 'debug')
  try {
    await emulator.client().list()
    const told = common.records.length
    assert.ok(told > 0)
    await emulator.client({ logger: own, logLevel: 'debug' }).list()
    await emulator.client({ logger: null }).list()
    assert.equal(common.records.length, told)
    assert.ok(own.records.length > 0)
  } finally {
    setLogger(null)
  }
})

test('a logger may make calls, and one that throws breaks none and is reported once', async () => {
  const warnings = []
  const note = (warning) => warnings.push(warning)
  process.on('warning', note)
  const inner = emulator.client({ logger: null })
  const calls = []
  const debug = () => {
    calls.push(inner.list())
    throw new Error('from the logger')
  }
  const client = emulator.client({ logger: { debug }, logLevel: 'debug' })
  assert.deepEqual(await client.list(), [])
  assert.deepEqual(await client.list(), [])
  assert.ok(calls.length >= 2)
  for (const list of await Promise.all(calls)) assert.deepEqual(list, [])
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  assert.deepEqual(
    warnings.map(({ code, message }) => [code, /from the logger/.test(message)]),
    [['BLYNK_OBSERVER', true]],
  )
})

test('a logger that is none, and a level that is none, are ConfigErrors', () => {
  for (const settings of [{ logger: 5 }, { logger: console, logLevel: 'loud' }, { logLevel: 'DEBUG' }]) {
    assert.throws(() => new WebhookClient({ token: 't', ...settings }), { name: 'ConfigError', message: /log/ })
  }
  for (const args of [[5], [undefined], [{}, 'loud']]) assert.throws(() => setLogger(...args), ConfigError)
})

test('a proxy of the environment is not asked for this machine', async () => {
  const server = await ScriptedServer.answering('[]')
  const script = `new WebhookClient({ token: 't', baseUrl: '${server.url}' }).list().then(post, (e) => post(e.message))`
  assert.deepEqual(await inWorker(script, { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' }), [])
  await server.stop()
})

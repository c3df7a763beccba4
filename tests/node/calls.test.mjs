// The life of a call: signals, time, errors and where they point, what listeners learn.

import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  CALL_CHANNEL,
  ConfigError,
  ConnectError,
  NotFoundError,
  parse,
  placeholders,
  RequestTimeoutError,
  render,
  setLogger,
  setLoopbackOnly,
  stringify,
  TransportError,
  ValidationError,
  validate,
  WebhookClient,
  WebhooksError,
} from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

let emulator
let client
let silent

before(async () => {
  emulator = await Emulator.start()
  client = emulator.client()
  silent = await ScriptedServer.answering(null)
})
after(async () => {
  await silent.stop()
  await emulator.stop()
})

async function until(condition) {
  for (let waited = 0; !(await condition()); waited += 5) {
    assert.ok(waited < 5000, `waited in vain for ${condition}`)
    await sleep(5)
  }
}

test('a response that came in time can be taken late', async () => {
  const server = await ScriptedServer.answering('{"id":7}')
  const client = server.client({ timeoutMs: 2000 })
  const call = client.get(7)
  await sleep(0)
  // The event loop is busy when the response comes.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2200)
  assert.equal((await call).id, 7)
  client.close()
  await server.stop()
})

test('a signal that is aborted already sends nothing', async () => {
  const reason = { any: 'value' }
  const seen = (await silent.bodies()).length
  await assert.rejects(silent.client().list({ signal: AbortSignal.abort(reason) }), (error) => error === reason)
  await sleep(50)
  assert.equal((await silent.bodies()).length, seen)
})

test('a signal during the call rejects with its reason and closes the request', async () => {
  const controller = new AbortController()
  const seen = (await silent.bodies()).length
  const call = silent.client().list({ signal: controller.signal, timeoutMs: null })
  await until(async () => (await silent.bodies()).length > seen)
  assert.equal(await silent.open(), 1)
  controller.abort('text as a reason')
  await assert.rejects(call, (error) => error === 'text as a reason')
  await until(async () => (await silent.open()) === 0)
})

test('a signal after the call changes nothing', async () => {
  const controller = new AbortController()
  assert.deepEqual(await client.list({ signal: controller.signal }), [])
  controller.abort()
})

test('AbortSignal.timeout ends a call', async () => {
  await assert.rejects(silent.client().list({ signal: AbortSignal.timeout(30) }), { name: 'TimeoutError' })
})

test('one signal ends a thousand calls and warns of no leak', async () => {
  const warnings = []
  process.on('warning', (warning) => warnings.push(warning))
  const controller = new AbortController()
  const calls = Array.from({ length: 1000 }, () => silent.client().get(1, { signal: controller.signal }))
  setTimeout(() => controller.abort(), 50)
  const outcomes = await Promise.allSettled(calls)
  assert.ok(outcomes.every(({ reason }) => reason?.name === 'AbortError'))
  await sleep(20)
  assert.deepEqual(warnings, [])
  await until(async () => (await silent.open()) === 0)
})

test('the time of a call is its own', async () => {
  const slow = silent.client({ timeoutMs: null })
  await assert.rejects(slow.get(1, { timeoutMs: 30 }), (error) => {
    assert.ok(error instanceof RequestTimeoutError)
    assert.match(error.message, /30ms.*raise timeoutMs/)
    return error.code === 'REQUEST_TIMEOUT' && error.attempts === 1
  })
})

test('an error shows the line of its caller, awaited or not', async () => {
  const line = () => Number(/calls\.test\.mjs:(\d+)/.exec(new Error().stack.split('\n')[2])[1])
  let expected
  const failing = [
    () => [line(), client.get(99)],
    () => [line(), client.create({})],
    () => [line(), client.get(99, { signal: new AbortController().signal })],
  ]
  for (const make of failing) {
    const [at, promise] = make()
    const error = await promise.catch((error) => error)
    assert.ok(error instanceof WebhooksError, inspect(error))
    const [first, second] = error.stack.slice(error.stack.indexOf('\n    at ')).trim().split('\n')
    assert.match(first, new RegExp(`calls\\.test\\.mjs:${at}:`), `${first} ${second}`)
    assert.ok(error.stack.startsWith(`${error.name}: ${error.message}`))
    expected = at
  }
  assert.ok(expected > 0)
  assert.throws(
    () => new WebhookClient({}),
    (error) => /^\s+at .*calls\.test\.mjs/.test(error.stack.slice(error.stack.indexOf('\n    at ') + 1).split('\n')[0]),
  )
})

test('an error tells all there is, and no secret', async () => {
  const { clientSecret } = emulator
  const error = await client.get(99).catch((error) => error)
  assert.ok(error instanceof NotFoundError && error instanceof Error)
  assert.equal(Object.prototype.toString.call(error), '[object Error]')
  assert.equal(error.status, 404)
  assert.equal(typeof error.requestId, 'string')
  assert.equal(error.outcomeUnknown, false)
  const json = JSON.parse(JSON.stringify(error))
  assert.deepEqual(
    [json.name, json.code, json.status, json.message],
    ['NotFoundError', 'NOT_FOUND', 404, error.message],
  )
  const wrong = await emulator
    .client({ clientSecret: 'hunter2hunter2' })
    .list()
    .catch((error) => error)
  assert.equal(wrong.name, 'AuthError')
  assert.equal(wrong.error, 'invalid_client')
  for (const shown of [
    inspect(error),
    inspect(wrong),
    JSON.stringify(wrong),
    inspect(client, { showHidden: true, depth: 9 }),
  ]) {
    assert.ok(!shown.includes(clientSecret) && !shown.includes('hunter2'), shown)
  }
})

test('a refused connection has the cause that Node people look for', async () => {
  const closed = await ScriptedServer.answering(null)
  const unreachable = closed.client({ maxRetries: 0 })
  await closed.stop()
  const error = await unreachable.list().catch((error) => error)
  assert.ok(error instanceof ConnectError && error instanceof TransportError)
  assert.equal(error.attempts, 1)
  // Windows numbers its errors differently from Node.
  if (process.platform !== 'win32') assert.equal(error.cause.code, 'ECONNREFUSED')
  assert.ok(!Object.keys(error).includes('cause'))
})

test('wrong arguments are errors of the tree, never a crash', async () => {
  const webhook = await client.create({
    name: 'n',
    trigger: 'NEW_USER',
    url: 'https://example.com',
    method: 'POST',
    contentType: 'JSON',
    authType: 'NONE',
  })
  const cyclic = { name: 'x' }
  cyclic.dataTrigger = cyclic
  const wrong = [
    () => client.get(),
    () => client.get('7'),
    () => client.get(1.5),
    () => client.get(Number.NaN),
    () => client.get(2 ** 31),
    () => client.get(2n ** 70n),
    () => client.get({}),
    () => client.get(Symbol('x')),
    () => client.get(1, 5),
    () => client.get(1, 'x'),
    () => client.get(1, null),
    () => client.get(1, []),
    () => client.get(1, { timeout: 5 }),
    () => client.get(1, { timeoutMs: 'x' }),
    () => client.get(1, { timeoutMs: -1 }),
    () => client.get(1, { timeoutMs: Number.NaN }),
    () => client.get(1, { maxRetries: 1.5 }),
    () => client.get(1, { headers: { a: 1 } }),
    () => client.get(1, { headers: 'a: b' }),
    () => client.get(1, { signal: {} }),
    () => client.get(1, { signal: null }),
    () => client.list({ orgId: 'x' }),
    () => client.list({ orgId: 2 ** 31 }),
    () => client.create(),
    () => client.create(null),
    () => client.create('x'),
    () => client.create([]),
    () => client.create(cyclic),
    () => client.create({ name: () => 1 }),
    () => client.create({ name: new Map() }),
    () => client.create({ name: '\ud800' }),
    () => client.create({ failureReceivers: ['x', undefined] }),
    () => client.update(1),
    () => client.patch(1),
    () => client.patch(1, { id: 5 }),
    () => client.patch(webhook.id, { nmae: 'x' }),
    () => client.delete(),
    () => client.enable('x'),
    () => client.disable({}),
  ]
  for (const call of wrong) {
    const error = await call().then(
      (value) => assert.fail(`${call} gave ${inspect(value)}`),
      (error) => error,
    )
    assert.ok(error instanceof ValidationError, `${call}: ${inspect(error)}`)
    assert.ok(error.violations.length > 0 && error.violations.every(({ message }) => message), `${call}`)
    assert.match(error.message, /^not sent: \d+ validation error/)
  }
  const thrown = new Error('from a getter')
  const getter = {
    get name() {
      throw thrown
    },
  }
  await assert.rejects(client.create(getter), (error) => error === thrown)
  await client.delete(webhook.id)
})

test('wrong settings are ConfigErrors that speak of the settings of Node', () => {
  const token = 'hunter2'
  const wrong = [
    [undefined, /no credentials.*clientId and clientSecret.*fromEnv/],
    [5, /object/],
    [{ token: 5 }, /token: must be a string, is a number/],
    [{ token, tokn: 1 }, /tokn: .*did you mean 'token'/],
    [{ token, base_url: 'x' }, /did you mean 'baseUrl'/],
    [{ token, onAtempt: () => {} }, /^onAtempt: is not a setting of a client; did you mean 'onAttempt'\?$/],
    [{ token, loger: console }, /^loger: is not a setting of a client; did you mean 'logger'\?$/],
    [{ token, caFile: () => {} }, /^caFile: a function has no JSON form$/],
    [{ token, clientId: 'x' }, /either/],
    [{ clientId: 'x' }, /clientId without clientSecret/],
    [{ token, timeoutMs: 0 }, /timeoutMs/],
    [{ token, timeoutMs: -5 }, /timeoutMs/],
    [{ token, timeoutMs: Number.NaN }, /timeoutMs.*NaN/],
    [{ token, connectTimeoutMs: 0 }, /connectTimeoutMs/],
    [{ token, maxConnections: 0 }, /maxConnections/],
    [{ token, maxRetries: -1 }, /maxRetries/],
    [{ token, baseUrl: 'nonsense' }, /baseUrl 'nonsense'/],
    [{ token, baseUrl: 'http://example.com' }, /allowHttp/],
    [{ token, caFile: '/nowhere' }, /caFile/],
    [{ token, proxy: 'no proxy' }, /proxy/],
    [{ token, headers: { Authorization: 'x' } }, /authorization/],
    [{ token, headers: 5 }, /headers/],
    [{ token, validate: 'yes' }, /validate/],
    [{ token: 'a\nb' }, /token/],
  ]
  for (const [settings, message] of wrong) {
    assert.throws(
      () => new WebhookClient(settings),
      (error) => {
        assert.ok(error instanceof WebhooksError, inspect(error))
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2|\b(?!base_url: is not a setting)[a-z]+_[a-z]/)
        return error instanceof ConfigError
      },
    )
  }
})

test('a misspelt option is told with the one that was meant', async () => {
  const wrong = [
    [() => client.get(1, { sgnal: AbortSignal.timeout(1) }), /sgnal: .*did you mean 'signal'/],
    [() => client.delete(1, { expectd: {} }), /expectd: .*did you mean 'expected'/],
    [() => client.get(1, { expectd: {} }), /known names: timeoutMs, maxRetries, headers, signal /],
  ]
  for (const [call, message] of wrong) await assert.rejects(call, { name: 'ValidationError', message })
})

/** The error of a call that gets this answer. */
async function failureOf(answer) {
  const server = await ScriptedServer.start([{ answer }])
  const failing = new WebhookClient({ baseUrl: server.url, token: 'test-token', maxRetries: 0 })
  const error = await failing.list().catch((error) => error)
  await server.stop()
  return error
}

test('a redirect that was not followed tells where it points', async () => {
  const location = 'http://127.0.0.2:9/base_url'
  const error = await failureOf({
    status: 302,
    headers: { Location: location },
    json: { message: 'set base_url to it' },
  })
  assert.equal(error.location, location)
  assert.equal(error.toJSON().location, location)
  assert.match(error.message, /set base_url to it .redirect to \S+9\/base_url, not followed: set baseUrl to the server/)
  assert.ok(!('location' in (await failureOf({ status: 404, headers: { Location: location } }))))
})

test('a message names the settings of Node, and the text of others stays as it came', async () => {
  const said = 'raise timeout, raise max_retries and timeout, timeout must be set'
  assert.match((await failureOf({ status: 400, json: { message: said } })).message, new RegExp(`400: ${said} `))
  const limited = (await failureOf({ status: 429, json: { message: said } })).message
  assert.match(limited, new RegExp(`429: ${said} .*or raise maxRetries and timeoutMs`))
  await assert.rejects(silent.client().list({ timeoutMs: 30 }), { message: /; raise timeoutMs if/ })
  await assert.rejects(silent.client().list({ timeoutMs: 0 }), {
    name: 'ValidationError',
    message: /timeoutMs: must be a finite number of milliseconds above 0, is 0; pass null for no deadline/,
  })
  const broken = new WebhookClient({ baseUrl: 'http://127.0.0.1:1/base_url', token: 'test-token', maxRetries: 0 })
  await assert.rejects(broken.list(), { message: /Is baseUrl right.*:1\/base_url\// })
  const settings = [
    [{ caFile: "/it's/client_id/ca_file" }, "caFile '/it's/client_id/ca_file' cannot be read"],
    [{ baseUrl: 'http://host/allow_http' }, "baseUrl 'http://host/allow_http' would send .* pass allowHttp if"],
    [{ headers: { client_id: '\n' } }, "headers: the value of 'client_id' contains"],
    [{ headers: { client_id: 5 } }, "headers: the value of 'client_id' must be a string"],
    [{ headers: { client_id: '\ud800' } }, 'client_id: contains half of a character'],
    [{ base_url: 'x' }, "base_url: .* did you mean 'baseUrl'"],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs: must be a finite number of milliseconds above 0, is 0'],
  ]
  for (const [setting, message] of settings) {
    assert.throws(() => new WebhookClient({ token: 'test-token', ...setting }), { message: new RegExp(message) })
  }
})

test('the environment is read where it is asked for', () => {
  Object.assign(process.env, { BLYNK_BASE_URL: emulator.url, BLYNK_TOKEN: 't', BLYNK_CLIENT_ID: '', BLYNK_ORG_ID: 'x' })
  assert.throws(() => WebhookClient.fromEnv(), { name: 'ConfigError', message: /BLYNK_ORG_ID/ })
  process.env.BLYNK_ORG_ID = '7'
  assert.ok(WebhookClient.fromEnv({ timeoutMs: 5 }) instanceof WebhookClient)
  for (const name of ['BLYNK_BASE_URL', 'BLYNK_TOKEN', 'BLYNK_CLIENT_ID', 'BLYNK_ORG_ID']) delete process.env[name]
  assert.throws(() => WebhookClient.fromEnv(), { name: 'ConfigError', message: /BLYNK_TOKEN/ })
})

test('the loopback-only switch refuses every other host', () => {
  setLoopbackOnly(true)
  try {
    assert.throws(() => new WebhookClient({ token: 't' }), { name: 'ConfigError', message: /setLoopbackOnly/ })
    emulator.client()
  } finally {
    setLoopbackOnly(false)
  }
  assert.ok(new WebhookClient({ token: 't' }))
})

test('a closed client refuses calls, and blocks close theirs', async () => {
  // What `using` and `await using` call, written out for versions of Node that do not know them yet.
  const first = emulator.client()
  first[Symbol.dispose]()
  await assert.rejects(first.list(), { name: 'ConfigError', message: /closed/ })
  const second = emulator.client()
  await second[Symbol.asyncDispose]()
  await assert.rejects(second.list(), ConfigError)
  second.close()
})

test('calls that were made before close end as they would without it', async () => {
  for (let round = 0; round < 50; round++) {
    const closing = emulator.client()
    const calls = [closing.list(), closing.list({ signal: new AbortController().signal })]
    closing.close()
    assert.deepEqual(await Promise.all(calls), [[], []])
    await assert.rejects(closing.list(), { name: 'ConfigError', message: /closed/ })
  }
  const leaveBlock = () => {
    const client = emulator.client()
    try {
      return client.list()
    } finally {
      client[Symbol.dispose]()
    }
  }
  assert.deepEqual(await leaveBlock(), [])
})

test('close ends no call that waits for its answer', async () => {
  const seen = (await silent.bodies()).length
  const closing = silent.client({ timeoutMs: 300, maxRetries: 0 })
  const call = closing.list()
  await until(async () => (await silent.bodies()).length > seen)
  closing.close()
  await assert.rejects(call, RequestTimeoutError)
})

test('a panic rejects the call with an error of the tree', async (context) => {
  const native = createRequire(import.meta.url)('../../bindings-node/dist/native.node')
  if (!native.panicInCall) return context.skip('a release build has no call that panics')
  await assert.rejects(
    (async () => {
      const rejected = native.panicInCall(true)
      native.flush()
      await rejected
    })(),
    (failure) => /"class":"WebhooksError".*internal error/.test(failure),
  )
  const { call } = native.NativeClient.prototype
  native.NativeClient.prototype.call = () => native.panicInCall(false)
  try {
    await assert.rejects(client.list(), (error) => {
      assert.match(error.message, /a panic before the call/)
      return error instanceof WebhooksError && error.code === 'WEBHOOKS'
    })
    native.NativeClient.prototype.call = () => native.panicInCall(true)
    await assert.rejects(client.list(), { name: 'WebhooksError', message: /internal error/ })
  } finally {
    native.NativeClient.prototype.call = call
  }
  assert.deepEqual(await client.list(), [])
})

test('stacks of synchronous functions begin at their caller', () => {
  const cyclic = {}
  cyclic.self = cyclic
  const failing = [
    () => validate(cyclic, 'neither'),
    () => validate({}, 'neither'),
    () => placeholders({ url: 5 }),
    () => placeholders(cyclic),
    () => render({ url: 'https://example.com/{device_id}' }, {}),
    () => render(cyclic, {}),
    () => new WebhookClient({}),
    () => WebhookClient.fromEnv({ timeoutMs: 0 }),
    () => parse('no JSON'),
    () => stringify(() => 1),
    () => setLogger({}, 'loud'),
  ]
  for (const call of failing) {
    assert.throws(call, (error) => {
      assert.ok(error instanceof WebhooksError, `${call}: ${inspect(error)}`)
      const [first] = error.stack.slice(error.stack.indexOf('\n    at ')).trim().split('\n')
      assert.match(first, /calls\.test\.mjs/, `${call}: ${error.stack}`)
      return true
    })
  }
})

test('the store that start binds is there in every later event, and so is the duration', async () => {
  const storage = new AsyncLocalStorage()
  const channel = tracingChannel(CALL_CHANNEL)
  const seen = []
  const note = (name) => (event) => seen.push([name, storage.getStore(), typeof event.durationMs])
  const listener = Object.fromEntries(['asyncStart', 'asyncEnd', 'error'].map((name) => [name, note(name)]))
  channel.start.bindStore(storage, ({ operation }) => `span of ${operation}`)
  channel.subscribe(listener)
  try {
    await client.list()
    await client.get(99).catch(() => {})
  } finally {
    channel.unsubscribe(listener)
    channel.start.unbindStore(storage)
  }
  assert.deepEqual(seen, [
    ['asyncStart', 'span of list', 'number'],
    ['asyncEnd', 'span of list', 'number'],
    ['error', 'span of get', 'number'],
    ['asyncStart', 'span of get', 'number'],
    ['asyncEnd', 'span of get', 'number'],
  ])
  assert.equal(storage.getStore(), undefined)
})

test('listeners of the call channel learn how each call went', async () => {
  const events = []
  const note = (name) => (event) => events.push([name, { ...event }])
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
  const listener = Object.fromEntries(names.map((name) => [name, note(name)]))
  const channel = tracingChannel(CALL_CHANNEL)
  channel.subscribe(listener)
  try {
    await client.list()
    await client.get(99).catch(() => {})
  } finally {
    channel.unsubscribe(listener)
  }
  await client.list()
  const story = events.map(([name, { operation, webhookId, error }]) => [name, operation, webhookId, error?.code])
  assert.deepEqual(story, [
    ['start', 'list', undefined, undefined],
    ['end', 'list', undefined, undefined],
    ['asyncStart', 'list', undefined, undefined],
    ['asyncEnd', 'list', undefined, undefined],
    ['start', 'get', 99, undefined],
    ['end', 'get', 99, undefined],
    ['error', 'get', 99, 'NOT_FOUND'],
    ['asyncStart', 'get', 99, 'NOT_FOUND'],
    ['asyncEnd', 'get', 99, 'NOT_FOUND'],
  ])
  assert.ok(events[3][1].durationMs > 0)
})

// What a program can learn of its calls: responses, attempts, spans.

import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { after, before, beforeEach, test } from 'node:test'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { ATTEMPT_CHANNEL, CALL_CHANNEL, ConfigError, NotFoundError, WebhookClient } from 'blynk-webhooks'
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

before(async () => {
  emulator = await Emulator.start()
  client = emulator.client()
})
beforeEach(async () => {
  await emulator.reset()
  // A reset forgets the token, and this gets another.
  await client.list()
})
after(() => emulator.stop())

test('withResponse gives the value and the response of each operation', async () => {
  const { withResponse } = client
  assert.equal(withResponse, client.withResponse)
  const created = await withResponse.create({ ...spec, formBody: { big: 12345678901234567890n } })
  const { id } = created.value
  const calls = [
    [created, 'Doors'],
    [await withResponse.get(id), 'Doors'],
    [await withResponse.update(id, { ...created.value, name: 'Renamed' }), 'Renamed'],
    [await withResponse.patch(id, { name: 'Again' }), 'Again'],
    [await withResponse.disable(id), 'Again'],
    [await withResponse.enable(id), 'Again'],
  ]
  for (const [{ value, status, headers, requestId, attempts, elapsedMs }, name] of calls) {
    assert.equal(value.name, name)
    assert.deepEqual(value.formBody, { big: 12345678901234567890n })
    assert.equal(status, 200)
    assert.match(headers['content-type'], /^application\/json/)
    assert.equal(requestId, headers['x-request-id'])
    assert.ok(attempts >= 1 && elapsedMs > 0)
  }
  const list = await withResponse.list({ timeoutMs: 5_000 })
  assert.deepEqual(
    list.value.map(({ name }) => name),
    ['Again'],
  )
  const deleted = await withResponse.delete(id)
  assert.equal(deleted.value, undefined)
  assert.ok(deleted.status >= 200 && deleted.status < 300)
  const error = await withResponse.get(id).catch((error) => error)
  assert.ok(error instanceof NotFoundError)
  assert.match(error.stack.slice(error.stack.indexOf('\n    at ')).split('\n')[1], /observation\.test\.mjs/)
})

test('withResponse counts the attempts', async () => {
  await emulator.failNext({ status: 503, times: 2, retryAfter: 0 })
  assert.equal((await client.withResponse.list()).attempts, 3)
})

test('onAttempt is told of every attempt, and of requests for a token', async () => {
  const attempts = []
  const watched = emulator.client({ onAttempt: (attempt) => attempts.push(attempt) })
  await emulator.failNext({ status: 503, retryAfter: 0 })
  await watched.list()
  const story = attempts.map(({ operation, method, number, status }) => [operation, method, number, status])
  assert.deepEqual(story, [
    ['token', 'POST', 1, 200],
    ['list', 'GET', 1, 503],
    ['list', 'GET', 2, 200],
  ])
  for (const { url, startedAt, elapsedMs } of attempts) {
    assert.ok(url.startsWith(emulator.url))
    assert.ok(Math.abs(startedAt - Date.now()) < 60_000 && elapsedMs >= 0)
  }
  assert.equal(typeof attempts[1].pauseMs, 'number')
  assert.ok(!('pauseMs' in attempts[2]))
  assert.equal(typeof attempts[2].requestId, 'string')
  assert.ok(!JSON.stringify(attempts).includes(emulator.clientSecret))
  await emulator.stop()
  await assert.rejects(watched.withOptions({ maxRetries: 0 }).list())
  assert.match(attempts.at(-1).error, /cannot connect/)
  emulator = await Emulator.start()
  client = emulator.client()
})

test('an onAttempt that throws, or is none, breaks no call', async () => {
  const warnings = []
  const note = (warning) => warnings.push(warning)
  process.on('warning', note)
  const onAttempt = async () => {
    throw new Error('from the observer')
  }
  const watched = emulator.client({ onAttempt })
  for (let round = 0; round < 3; round++) assert.deepEqual(await watched.list(), [])
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  assert.deepEqual(
    warnings.map(({ code, message }) => [code, /onAttempt.*from the observer/.test(message)]),
    [['BLYNK_OBSERVER', true]],
  )
  assert.throws(() => emulator.client({ onAttempt: 5 }), ConfigError)
  assert.throws(() => emulator.client({ openTelemetry: 'yes' }), ConfigError)
})

test('the channels have the attempts of a call, where its store is bound', async () => {
  const storage = new AsyncLocalStorage()
  const calls = tracingChannel(CALL_CHANNEL)
  const seen = []
  const onAttempt = ({ call, attempt }) => seen.push([call.operation, attempt.number, storage.getStore()])
  const listener = { asyncEnd: (event) => seen.push(event.attempts.map(({ status }) => status)) }
  calls.start.bindStore(storage, ({ operation }) => `store of ${operation}`)
  calls.subscribe(listener)
  channel(ATTEMPT_CHANNEL).subscribe(onAttempt)
  try {
    await emulator.failNext({ status: 503, retryAfter: 0 })
    await client.list()
  } finally {
    channel(ATTEMPT_CHANNEL).unsubscribe(onAttempt)
    calls.unsubscribe(listener)
    calls.start.unbindStore(storage)
  }
  assert.deepEqual(seen, [
    ['list', 1, 'store of list'],
    ['list', 2, 'store of list'],
    [503, 200],
  ])
})

/** Spans of what runs meanwhile, by a real SDK; `registered` says what the program has set up. */
async function spansOf(run, registered = { manager: true }) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  if (registered.manager) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  try {
    await run(provider)
  } finally {
    trace.disable()
    propagation.disable()
    context.disable()
  }
  return exporter.getFinishedSpans()
}

const parentOf = (span) => span.parentSpanContext?.spanId

test('OpenTelemetry has a span for each call and attempt, and each request its traceparent', async () => {
  const server = await ScriptedServer.rules([
    { answer: { status: 503, headers: { 'Retry-After': '0' } }, times: 1 },
    { answer: { json: { id: 7 } } },
  ])
  const traced = server.client({ token: 'hunter2hunter2' })
  const spans = await spansOf(async (provider) => {
    await provider.getTracer('test').startActiveSpan('outer', async (outer) => {
      await traced.get(7)
      outer.end()
    })
  })
  const received = (await server.requests()).map(({ headers }) => headers.traceparent)
  assert.deepEqual(await server.stop(), [])
  const [first, second, call, outer] = spans
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['GET /api/v1/organization/webhook', 'GET /api/v1/organization/webhook', 'blynk_webhooks.get', 'outer'],
  )
  assert.equal(parentOf(call), outer.spanContext().spanId)
  for (const attempt of [first, second]) {
    assert.equal(parentOf(attempt), call.spanContext().spanId)
    assert.equal(attempt.spanContext().traceId, outer.spanContext().traceId)
    assert.equal(attempt.kind, SpanKind.CLIENT)
  }
  assert.equal(call.kind, SpanKind.CLIENT)
  assert.deepEqual(
    received,
    [first, second].map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
  )
  const common = {
    'http.request.method': 'GET',
    'url.full': `${server.url}/api/v1/organization/webhook?webhookId=7`,
    'url.template': '/api/v1/organization/webhook',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.url).port),
  }
  assert.deepEqual(first.attributes, { ...common, 'http.response.status_code': 503, 'error.type': '503' })
  assert.deepEqual(second.attributes, { ...common, 'http.request.resend_count': 1, 'http.response.status_code': 200 })
  assert.deepEqual([first.status.code, second.status.code], [SpanStatusCode.ERROR, SpanStatusCode.UNSET])
  assert.deepEqual(call.attributes, { 'blynk_webhooks.operation': 'get', 'blynk_webhooks.webhook_id': 7 })
  assert.ok(!JSON.stringify(spans.map(({ attributes, status }) => [attributes, status])).includes('hunter2'))
})

test('a request for a token has a span within the call that began it, without secrets', async () => {
  const token = { access_token: 'hunter2hunter2', expires_in: 300, refresh_token: 'hunter2' }
  const server = await ScriptedServer.rules([
    { answer: { status: 503, headers: { 'Retry-After': '0' } }, times: 1 },
    { request: { path: '/oauth2/token' }, answer: { json: token } },
    { answer: { json: [] } },
  ])
  const traced = new WebhookClient({ baseUrl: server.url, clientId: 'id', clientSecret: 'hunter2hunter2' })
  const spans = await spansOf(async () => {
    // The first call has ended when the token comes; the others have nothing to wait for from it.
    const first = traced.list({ maxRetries: 0 })
    const others = [traced.list(), traced.list()]
    await assert.rejects(first, { status: 503 })
    await Promise.all(others)
  })
  const [request] = await server.requests()
  assert.deepEqual(await server.stop(), [])
  const [attempt] = spans.filter(({ name }) => name === 'POST /oauth2/token')
  const calls = spans.filter(({ name }) => name === 'blynk_webhooks.list')
  assert.equal(calls.length, 3)
  assert.equal(parentOf(attempt), calls[0].spanContext().spanId)
  assert.deepEqual(attempt.attributes, {
    'http.request.method': 'POST',
    'url.full': `${server.url}/oauth2/token`,
    'url.template': '/oauth2/token',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.url).port),
    'http.response.status_code': 503,
    'error.type': '503',
  })
  assert.equal(request.headers.traceparent, `00-${attempt.spanContext().traceId}-${attempt.spanContext().spanId}-01`)
  assert.ok(!JSON.stringify(spans.map(({ attributes, status }) => [attributes, status])).includes('hunter2'))
})

test('a call that fails has its error in its span, also one that is cut off', async () => {
  const silent = await ScriptedServer.answering(null)
  const slow = silent.client({ maxRetries: 0 })
  const spans = await spansOf(async () => {
    await client.get(99).catch(() => {})
    await slow.get(1, { timeoutMs: 50 }).catch(() => {})
    await slow.get(1, { signal: AbortSignal.timeout(50) }).catch(() => {})
  })
  await silent.stop()
  const calls = spans.filter(({ name }) => name.startsWith('blynk_webhooks.'))
  assert.deepEqual(
    calls.map(({ attributes, status }) => [attributes['error.type'], status.code]),
    [
      ['NOT_FOUND', SpanStatusCode.ERROR],
      ['REQUEST_TIMEOUT', SpanStatusCode.ERROR],
      ['TimeoutError', SpanStatusCode.ERROR],
    ],
  )
  for (const call of calls) {
    const attempts = spans.filter((span) => parentOf(span) === call.spanContext().spanId)
    assert.equal(attempts.length, 1)
    assert.equal(attempts[0].status.code, SpanStatusCode.ERROR)
  }
})

test('spans are made without a context manager, and not where nothing is registered or the setting is off', async () => {
  assert.equal((await spansOf(() => client.list(), { manager: false })).length, 2)
  assert.equal((await spansOf(() => emulator.client({ openTelemetry: false }).list())).length, 0)
  const server = await ScriptedServer.start([
    { request: { headers: { traceparent: null } }, answer: { status: 200, json: [] } },
  ])
  await server.client().list()
  assert.deepEqual(await server.stop(), [])
})

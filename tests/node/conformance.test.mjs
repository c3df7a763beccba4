// Plays the cases of tests/conformance, which hold in every language, through the public API.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as webhooks from 'blynk-webhooks'
import { ScriptedServer } from './support/scripted-server.mjs'

const { WebhookClient, placeholders, render, validate } = webhooks
const classes = new Map(Object.entries(webhooks))
const folder = new URL('../conformance/', import.meta.url)

const PURE = {
  validate: (call) => validate(call.spec, call.for).map(({ path, code, severity }) => [path, code, severity]),
  placeholders: (call) => placeholders(call.spec),
  render: (call) => render(call.spec, call.values),
}

const CALLS = {
  list: (client, _, options) => client.list(options),
  get: (client, call, options) => client.get(call.webhook_id, options),
  create: (client, call, options) => client.create(call.spec, options),
  update: (client, call, options) => client.update(call.webhook_id, call.spec, options),
  patch: (client, call, options) => client.patch(call.webhook_id, call.changes, options),
  delete: (client, call, options) => client.delete(call.webhook_id, options),
  enable: (client, call, options) => client.enable(call.webhook_id, options),
  disable: (client, call, options) => client.disable(call.webhook_id, options),
}

/** Names of settings and options in Node. */
const inNode = (settings = {}) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  )

async function play(written) {
  const { operation } = written.call
  if (operation in PURE) return { outcome: outcomeOf(async () => PURE[operation](written.call)), problems: [] }
  const server = await ScriptedServer.start(written.exchange ?? [])
  const { provided, ...settings } = written.client ?? {}
  const credentials = settings.client_id === undefined ? { token: provided ? tokens(provided) : 'test-token' } : {}
  const attempts = []
  const onAttempt = ({ operation, method, number, status }) =>
    attempts.push([operation, method, number, status ?? null])
  const watched = written.attempts ? { onAttempt } : {}
  const common = { baseUrl: server.url, timeoutMs: 5000 }
  const client = new WebhookClient({ ...common, ...credentials, ...watched, ...inNode(settings) })
  assert.ok(operation in CALLS, `the runner knows no operation ${operation}`)
  const operations = written.response ? client.withResponse : client
  const { expected } = written.call
  const options = { ...inNode(written.call.options), ...(expected === undefined ? {} : { expected }) }
  const outcome = await outcomeOf(() => CALLS[operation](operations, written.call, options))
  return { outcome, problems: await server.stop(), attempts }
}

/** A function that gives these tokens in turn. */
function tokens(provided) {
  const next = provided.values()
  return async () => {
    const { token, expires_in: expiresIn, error } = next.next().value
    if (error) throw new Error(error)
    return expiresIn === undefined ? token : { token, expiresIn }
  }
}

const outcomeOf = (call) =>
  call().then(
    (value) => ({ value }),
    (error) => ({ error }),
  )

function compareError(expected, error) {
  if (expected.provider_error) {
    assert.equal(Object.getPrototypeOf(error), Error.prototype)
    assert.equal(error.message, expected.provider_error)
    return
  }
  assert.ok(error instanceof classes.get(expected.class), `${expected.class}, not ${inspect(error)}`)
  assert.equal(error.name, expected.class)
  const fields = {
    status: 'status',
    request_id: 'requestId',
    retry_after: 'retryAfter',
    outcome_unknown: 'outcomeUnknown',
  }
  for (const [name, field] of Object.entries(fields)) {
    if (name in expected) assert.equal(error[field], expected[name], field)
  }
  if ('auth_error' in expected) assert.equal(error.error, expected.auth_error)
  if ('auth_error_description' in expected) assert.equal(error.errorDescription, expected.auth_error_description)
  for (const text of expected.contains ?? []) {
    // A message names settings as they are written in its language.
    const name = text === 'base_url' ? 'baseUrl' : text
    assert.ok(error.message.includes(name), `'${name}' in: ${error.message}`)
  }
  if ('current' in expected) assert.deepEqual(asJson(error.current), expected.current)
  if ('violations' in expected) {
    const found = error.violations.filter((violation) => violation.severity === 'error')
    assert.deepEqual(
      found.map(({ path, code }) => [path, code]),
      // The path of an argument or an option is in snake_case in a case.
      expected.violations.map(([path, code]) => [path.replace(/_([a-z])/g, (_, c) => c.toUpperCase()), code]),
    )
  }
  const shown = `${error.message} ${error.stack} ${inspect(error, { depth: null })} ${JSON.stringify(error)}`
  for (const secret of expected.secrets ?? []) assert.ok(!shown.includes(secret), `'${secret}' is shown: ${shown}`)
}

function compareResponse(expected, response) {
  assert.deepEqual(
    [response.status, response.attempts, response.requestId],
    [expected.status, expected.attempts, expected.request_id],
  )
  for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(response.headers[name], value, name)
}

/** As JSON, without what it cannot say: the mark of values that only the server knows, and exact large integers. */
const asJson = (value) =>
  JSON.parse(JSON.stringify(value ?? null, (_, item) => (typeof item === 'bigint' ? Number(item) : item)))

const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
let cases = 0
for (const file of files) {
  for (const written of JSON.parse(readFileSync(new URL(file, folder), 'utf8'))) {
    cases += 1
    test(`${file.replace('.json', '')}: ${written.name}`, async () => {
      const { outcome, problems, attempts } = await play(written)
      const { value, error } = await outcome
      assert.deepEqual(problems, [], inspect(error ?? value))
      if (written.error) {
        assert.ok(error, `no error, but ${inspect(value)}`)
        compareError(written.error, error)
      } else {
        if (error) throw error
        assert.deepEqual(asJson(written.response ? value.value : value), written.value)
        if (written.response) compareResponse(written.response, value)
      }
      if (written.attempts) assert.deepEqual(attempts, written.attempts)
    })
  }
}

test('there are cases', () => assert.ok(cases > 0, 'tests/conformance holds no case'))

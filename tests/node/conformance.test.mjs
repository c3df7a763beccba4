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
  const credentials = written.client?.client_id === undefined ? { token: 'test-token' } : {}
  const client = new WebhookClient({ baseUrl: server.url, timeoutMs: 5000, ...credentials, ...inNode(written.client) })
  assert.ok(operation in CALLS, `the runner knows no operation ${operation}`)
  const outcome = await outcomeOf(() => CALLS[operation](client, written.call, inNode(written.call.options)))
  return { outcome, problems: await server.stop() }
}

const outcomeOf = (call) =>
  call().then(
    (value) => ({ value }),
    (error) => ({ error }),
  )

function compareError(expected, error) {
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

const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
let cases = 0
for (const file of files) {
  for (const written of JSON.parse(readFileSync(new URL(file, folder), 'utf8'))) {
    cases += 1
    test(`${file.replace('.json', '')}: ${written.name}`, async () => {
      const { outcome, problems } = await play(written)
      const { value, error } = await outcome
      assert.deepEqual(problems, [], inspect(error ?? value))
      if (written.error) {
        assert.ok(error, `no error, but ${inspect(value)}`)
        compareError(written.error, error)
      } else {
        if (error) throw error
        // As JSON, without what it cannot say: the mark of values that only the server knows, and exact large integers.
        const json = JSON.stringify(value ?? null, (_, item) => (typeof item === 'bigint' ? Number(item) : item))
        assert.deepEqual(JSON.parse(json), written.value)
      }
    })
  }
}

test('there are cases', () => assert.ok(cases > 0, 'tests/conformance holds no case'))

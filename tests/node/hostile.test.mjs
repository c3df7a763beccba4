// Thousands of calls with arguments that make no sense: whatever comes, the process lives, and an error is one of the tree.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { parse, placeholders, render, stringify, validate, WebhookClient, WebhooksError } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'

const ROUNDS = 12_000
const own = new Error('from the caller')
const revoked = Proxy.revocable({}, {})
revoked.revoke()

const atoms = [
  undefined,
  null,
  true,
  0,
  -0,
  1,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  2 ** 53,
  1e300,
  5n,
  2n ** 70n,
  '',
  'DEVICE_ADDED',
  'https://example.com/{device_id}',
  '\ud800',
  '\0',
  '{}',
  Symbol('s'),
  () => 1,
  new Date(Number.NaN),
  new Map(),
  /x/,
  new Uint8Array(3),
  Object.create(null),
  revoked.proxy,
  globalThis,
  AbortSignal.abort(own),
  {
    toJSON() {
      throw own
    },
  },
]
const names = ['name', 'trigger', 'url', 'method', 'body', 'failureReceivers', 'dataTrigger', 'id', 'orgId', 'signal']
names.push('timeoutMs', 'maxRetries', 'headers', '__proto__', 'toJSON', 'constructor', 'token', 'baseUrl')

/** Numbers that look random and are the same each time. */
function* sequence(state = 12345) {
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    yield state >>> 8
  }
}
const numbers = sequence()
const below = (limit) => numbers.next().value % limit

function anything(depth = 0) {
  const kind = below(depth > 2 ? 1 : 4)
  if (kind === 1) return Array.from({ length: below(4) }, () => anything(depth + 1))
  if (kind === 0) return atoms[below(atoms.length)]
  const members = Array.from({ length: below(5) }, () => [names[below(names.length)], anything(depth + 1)])
  return Object.fromEntries(members)
}

test('nothing that a caller passes ends the process', async (context) => {
  const emulator = await Emulator.start()
  const client = emulator.client({ timeoutMs: 500, maxRetries: 0 })
  const target = emulator.target()
  const operations = ['list', 'get', 'create', 'update', 'patch', 'delete', 'enable', 'disable']
  const calls = operations.map(
    (operation) =>
      (...args) =>
        client[operation](...args),
  )
  calls.push(
    validate,
    placeholders,
    render,
    parse,
    stringify,
    (...args) => client.plan(...args),
    (...args) => client.withOptions(...args),
    (...args) => client.withResponse.update(...args),
    (...args) => client.delete(args[0], { expected: args[1], ...args[2] }),
    (token, onAttempt) => new WebhookClient({ token, onAttempt, baseUrl: emulator.url }),
    // The path of a state that cannot be read rejects with Node's own error.
    (state, allowTargets) => Emulator.start({ state: typeof state === 'string' ? {} : state, allowTargets }),
    (...args) => emulator.target(...args),
    (...args) => target.respond(...args),
    (...args) => emulator.expect({ timeoutMs: 1, ...args[0] }),
    (...args) => emulator.failNextDelivery(...args),
    (...args) => emulator.explain(...args),
    (...args) => new WebhookClient(...args),
    (port) => Emulator.start({ port }),
  )
  let [passed, refused] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const call = calls[below(calls.length)]
    const args = Array.from({ length: below(4) }, () => anything())
    try {
      const value = await call(...args)
      if (value instanceof Emulator) await value.stop()
      passed += 1
    } catch (error) {
      refused += 1
      // What the caller's own code throws comes through; an object that was revoked throws a TypeError.
      const ofCaller = error === own || (error instanceof TypeError && /revoked/.test(error.message))
      assert.ok(ofCaller || error instanceof WebhooksError, `round ${round}: ${inspect(error)}`)
    }
  }
  context.diagnostic(`${passed} calls passed, ${refused} were refused`)
  assert.ok(passed > 100 && refused > 100)
  await emulator.stop()
})

// Webhooks as code: plans, what they change, and how they are carried out.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { inspect, isDeepStrictEqual } from 'node:util'
import { ConfigError, ConnectError, Plan, specOf, stringify, ValidationError } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'

let emulator
let client
let folder

beforeEach(async () => {
  emulator = await Emulator.start()
  client = emulator.client()
  folder = mkdtempSync(join(tmpdir(), 'blynk-webhooks-plan-'))
})
afterEach(async () => {
  await emulator.stop()
  rmSync(folder, { recursive: true, force: true })
})

const spec = (name) => ({
  name,
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
})

const actions = (plan) => plan.items.map(({ action, name }) => `${action} ${name}`)

test('a plan of specs says what would change, is carried out, and is empty then', async () => {
  const doors = await client.create(spec('Doors'))
  await client.create(spec('Old'))
  await client.create(spec('Of somebody else'))
  const desired = [{ ...spec('Doors'), url: 'https://example.org/' }, spec('New'), { name: 'Old', absent: true }]
  const plan = await client.plan(desired)
  assert.ok(plan instanceof Plan)
  assert.deepEqual(actions(plan), ['update Doors', 'create New', 'delete Old', 'unmanaged Of somebody else'])
  assert.deepEqual(plan.items[0].changes, [{ field: 'url', before: doors.url, after: 'https://example.org/' }])
  assert.deepEqual(plan.summary, { update: 1, create: 1, delete: 1, unchanged: 0, unmanaged: 1 })
  assert.equal(plan.isEmpty, false)
  assert.equal((await client.list()).length, 3)
  assert.match(plan.digest, /^[0-9a-f]{12,}$/)
  assert.match(String(plan), /Doors.*example\.org/s)
  assert.equal(inspect(plan), String(plan))
  assert.equal(JSON.parse(JSON.stringify(plan)).digest, plan.digest)

  const progress = []
  const report = await plan.apply({ concurrency: 2, onProgress: (step) => progress.push(step) })
  assert.deepEqual(report.summary, { done: 3 })
  assert.deepEqual([report.digest, report.interrupted], [plan.digest, false])
  assert.deepEqual(
    progress.map(({ done, total }) => [done, total]),
    [
      [1, 3],
      [2, 3],
      [3, 3],
    ],
  )
  assert.deepEqual(progress.map(({ item }) => item.name).sort(), ['Doors', 'New', 'Old'])
  assert.deepEqual((await client.list()).map(({ name }) => name).sort(), ['Doors', 'New', 'Of somebody else'])
  const again = await client.plan(desired)
  assert.ok(again.isEmpty, String(again))
})

test('what a server holds is a plan of nothing', async () => {
  for (const name of ['a', 'b']) await client.create({ ...spec(name), formBody: { big: 12345678901234567890n } })
  const held = await client.list()
  assert.ok((await client.plan(held.map(specOf))).isEmpty)
  assert.ok((await client.plan(held)).isEmpty)
})

test('a file is read where it lies, with the secrets of process.env', async () => {
  const path = join(folder, 'webhooks.toml')
  const file = (url) => `[webhook."Doors"]
trigger = "DEVICE_ADDED"
url = "${url}"
method = "POST"
contentType = "JSON"
authType = "OAUTH2"
oAuth2Request = { clientId = "x", clientSecret = { env = "PLAN_TEST_SECRET" }, tokenUrl = "https://example.com/token" }
`
  writeFileSync(path, file('https://example.com/'))
  await assert.rejects(client.plan(path), { name: 'ValidationError', message: /PLAN_TEST_SECRET is not set/ })
  process.env.PLAN_TEST_SECRET = 'hunter2hunter2'
  try {
    const plan = await client.plan(path)
    assert.deepEqual(actions(plan), ['create Doors'])
    assert.ok(!`${plan}${JSON.stringify(plan)}${inspect(plan)}`.includes('hunter2'))
    await plan.apply({ digest: plan.digest })
    const [webhook] = await client.list()
    assert.equal(webhook.oAuth2Request.clientSecret, 'hunter2hunter2')
    writeFileSync(path, file('https://example.org/'))
    assert.deepEqual(actions(await client.plan([path])), ['update Doors'])
    assert.deepEqual(actions(await client.plan(folder)), ['update Doors'])
  } finally {
    delete process.env.PLAN_TEST_SECRET
  }
})

test('what cannot be wanted is refused with every finding, at its place in a file', async () => {
  const path = join(folder, 'webhooks.toml')
  writeFileSync(path, '[webhook."Doors"]\ntriger = "DEVICE_ADDED"\nmethod = 5\n')
  const error = await client.plan(path).catch((error) => error)
  assert.ok(error instanceof ValidationError, inspect(error))
  assert.ok(error.violations.length >= 2)
  assert.match(error.violations[0].path, /webhooks\.toml:\d+:\d+$/)
  assert.match(error.stack, /plan\.test\.mjs/)
  const wrong = [
    () => client.plan([]),
    () => client.plan(),
    () => client.plan(5),
    () => client.plan(join(folder, 'missing.toml')),
    () => client.plan([spec('a'), spec('a')]),
    () => client.plan([{ ...spec('a'), urll: 'x' }]),
    () => client.plan([spec('a')], { org: 1 }),
    () => client.plan([spec('a')], { resendSecrets: 'yes' }),
    () => client.plan([() => 1]),
  ]
  for (const call of wrong) await assert.rejects(call(), ValidationError, String(call))
})

test('an apply refuses what was not reviewed, and options that cannot be', async () => {
  const plan = await client.plan([spec('a')])
  await assert.rejects(plan.apply({ digest: '0'.repeat(12) }), (error) => {
    assert.match(error.message, /review the new plan/)
    return error instanceof ConfigError
  })
  const wrong = [
    { concurrency: 0 },
    { concurrency: 1.5 },
    { onProgress: 5 },
    { signal: {} },
    { digest: 5 },
    { concurency: 1 },
  ]
  for (const options of wrong) await assert.rejects(plan.apply(options), ValidationError, inspect(options))
  assert.deepEqual(await client.list(), [])
})

test('an item that the server refuses tells the code of its error', async () => {
  const plan = await client.plan([spec('Doors')])
  emulator.failNext({ operation: 'create', status: 403 })
  const { items } = await plan.apply()
  assert.deepEqual(
    items.map(({ outcome, code }) => [outcome, code]),
    [['failed', 'FORBIDDEN']],
  )
  const [done] = (await plan.apply()).items
  assert.deepEqual([done.outcome, done.code], ['done', undefined])
})

test('a signal ends an apply and the report says how far it came', async () => {
  const plan = await client.plan(Array.from({ length: 20 }, (_, index) => spec(`w${index}`)))
  const controller = new AbortController()
  const onProgress = ({ done }) => done === 2 && controller.abort()
  const report = await plan.apply({ concurrency: 1, onProgress, signal: controller.signal })
  assert.equal(report.interrupted, true)
  assert.ok(report.summary.skipped > 0 && report.summary.done >= 2, inspect(report.summary))
  assert.equal((await client.list()).length, report.summary.done)
  const rest = await client.plan(plan.items.map(({ name }) => spec(name)))
  assert.equal(rest.summary.create, report.summary.skipped)
  const aborted = await rest.apply({ signal: AbortSignal.abort() })
  assert.deepEqual(aborted.summary, { skipped: report.summary.skipped })
  await assert.rejects(client.plan([spec('x')], { signal: AbortSignal.abort('why') }), (reason) => reason === 'why')
})

test('an observer that throws breaks nothing and is reported once', async () => {
  const warnings = []
  const note = (warning) => warnings.push(warning)
  process.on('warning', note)
  const plan = await client.plan(Array.from({ length: 5 }, (_, index) => spec(`w${index}`)))
  const report = await plan.apply({
    onProgress() {
      throw new Error('from the observer')
    },
  })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  assert.deepEqual(report.summary, { done: 5 })
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['BLYNK_OBSERVER'],
  )
})

test('a server that cannot be reached is the error of the client', async () => {
  const unreachable = emulator.client({ maxRetries: 0 })
  await emulator.stop()
  await assert.rejects(unreachable.plan([spec('a')]), ConnectError)
})

const cases = JSON.parse(readFileSync(new URL('../conformance/plan/plan.json', import.meta.url), 'utf8'))
assert.ok(cases.length > 3)
for (const { name, desired, live, options = {}, items, error, applied, secrets = [] } of cases) {
  test(`conformance: ${name}`, async () => {
    const webhooks = live.map((webhook, index) => ({ id: index + 1, ...webhook }))
    const server = await Emulator.start({ state: { webhooks } })
    const client = server.client()
    try {
      const settings = { resendSecrets: options.resend_secrets }
      const outcome = await client.plan(desired, settings).then(
        (plan) => ({ plan }),
        (failure) => ({ failure }),
      )
      if (error) {
        assert.equal(outcome.failure?.name, error.class, inspect(outcome))
        for (const text of error.contains ?? [])
          assert.ok(outcome.failure.message.includes(text), outcome.failure.message)
        return
      }
      if (outcome.failure) throw outcome.failure
      const { plan } = outcome
      assert.deepEqual(JSON.parse(JSON.stringify(plan.items)), items)
      assert.match(plan.digest, /^[0-9a-f]{32}$/)
      assert.equal((await client.plan(desired, settings)).digest, plan.digest)
      const shown = `${plan} ${inspect(plan, { depth: 9 })} ${JSON.stringify(plan)}`
      for (const secret of secrets) assert.ok(!shown.includes(secret), shown)
      const report = await plan.apply()
      assert.ok(
        report.items.every(({ outcome }) => outcome === 'done'),
        inspect(report),
      )
      const held = await client.list()
      for (const expected of applied ?? []) {
        const matches = (webhook) =>
          Object.entries(expected).every(([field, value]) => isDeepStrictEqual(webhook[field], value))
        assert.ok(held.some(matches), `${inspect(expected)} in ${stringify(held)}`)
      }
      assert.ok((await client.plan(desired)).isEmpty)
    } finally {
      await server.stop()
    }
  })
}

// The examples run as they are shown.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Emulator } from 'blynk-webhooks/emulator'

const root = fileURLToPath(new URL('../..', import.meta.url))
// A test runner inside a test runner reports to it, unless it does not know.
const { NODE_TEST_CONTEXT: _, ...env } = process.env
const run = (args, more = {}) =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: { ...env, ...more }, timeout: 60_000 })

test('quickstart', async () => {
  const printed = run(['examples/node/quickstart.mjs'])
  assert.match(
    printed,
    /created 1: Device Status.*listed {2}1:.*updated 1: Renamed\nrefused .*\ngone {4}NOT_FOUND, 404\n/s,
  )
  const emulator = await Emulator.start()
  const { url, clientId, clientSecret } = emulator
  const settings = { BLYNK_BASE_URL: url, BLYNK_CLIENT_ID: clientId, BLYNK_CLIENT_SECRET: clientSecret }
  assert.equal(run(['examples/node/quickstart.mjs'], settings), printed)
  await emulator.stop()
})

test('the Express service and its test file', () => {
  assert.match(run(['--test', '--test-reporter=tap', 'examples/node/express-service.test.mjs']), /# pass 3\n# fail 0/)
})

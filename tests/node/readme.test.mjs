// The examples of the package's page run as they stand.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Emulator } from 'blynk-webhooks/emulator'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(new URL('../../bindings-node/README.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^## (?<title>[^\n]*)$|^```js\n(?<code>.*?)^```$/gms)]
let emulator

before(async () => {
  emulator = await Emulator.start()
})
after(() => emulator.stop())

let title = ''
let count = 0
for (const { groups } of examples) {
  if (groups.title) {
    title = groups.title
    continue
  }
  count += 1
  test(`${count}, ${title}`, async () => {
    const env = { ...process.env, ...emulator.environ(), BLYNK_LOOPBACK_ONLY: '1' }
    const child = spawn(process.execPath, ['--input-type=module', '-e', groups.code], {
      cwd: root,
      env,
      timeout: 20_000,
    })
    let output = ''
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    assert.equal(code, 0, output)
  })
}

test('the page has examples, and shows what every supported Node can run first', () => {
  assert.ok(count >= 7, `${count} examples`)
  assert.ok(page.indexOf('finally') < page.indexOf('await using'))
})

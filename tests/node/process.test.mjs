// The life of the process: what keeps it alive, what lets it end, workers and their termination.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
let emulator
let silent

before(async () => {
  emulator = await Emulator.start()
  silent = await ScriptedServer.answering(null)
})
after(async () => {
  await silent.stop()
  await emulator.stop()
})

/** Runs a script in a process of its own; says how it ended and what it printed. */
async function run(script, { env = {}, bare = false, gc = false } = {}) {
  const settings = JSON.stringify({
    baseUrl: emulator.url,
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
  })
  const prelude = `import { WebhookClient } from 'blynk-webhooks'
    import { Emulator } from 'blynk-webhooks/emulator'
    const client = new WebhookClient(${settings})
    const silent = new WebhookClient({ baseUrl: '${silent.url}', token: 't' })\n`
  const child = spawn(
    process.execPath,
    [...(gc ? ['--expose-gc'] : []), '--input-type=module', '-e', bare ? script : prelude + script],
    {
      cwd: root,
      env: { ...process.env, ...env },
      timeout: 20_000,
    },
  )
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (output[name] += chunk))
  const [code, signal] = await once(child, 'close')
  return { code, signal, ...output }
}

const ended = { code: 0, signal: null, stderr: '' }

test('an idle client lets the process end', async () => {
  assert.deepEqual(await run('console.log((await client.list()).length)'), { ...ended, stdout: '0\n' })
})

test('a client that was never used lets the process end', async () => {
  assert.deepEqual(await run(''), { ...ended, stdout: '' })
})

test('a pending call keeps the process alive', async () => {
  const { code, stdout } = await run(
    'silent.get(1, { timeoutMs: 300 }).catch((error) => console.log(error.code)); console.log("idle")',
  )
  assert.deepEqual([code, stdout], [0, 'idle\nREQUEST_TIMEOUT\n'])
})

test('a call that was aborted does not keep the process alive', async () => {
  const started = performance.now()
  const result = await run(`const controller = new AbortController()
    silent.get(1, { signal: controller.signal, timeoutMs: null }).catch((error) => console.log(error.name))
    setTimeout(() => controller.abort(), 50)`)
  assert.deepEqual(result, { ...ended, stdout: 'AbortError\n' })
  assert.ok(performance.now() - started < 10_000)
})

test('a running emulator lets the process end, and so does one that is stopped twice', async () => {
  assert.deepEqual(await run('await Emulator.start(); console.log("up")'), { ...ended, stdout: 'up\n' })
  const twice = 'const one = await Emulator.start(); await one.stop(); await one.stop(); console.log("down")'
  assert.deepEqual(await run(twice), { ...ended, stdout: 'down\n' })
})

test('an emulator runs on where only its URL is held', async () => {
  const script = `
    const start = async () => {
      const { url, clientId, clientSecret } = await Emulator.start()
      return { baseUrl: url, clientId, clientSecret }
    }
    const settings = await start()
    for (let round = 0; round < 3; round++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
      console.log((await new WebhookClient(settings).list()).length)
    }`
  assert.deepEqual(await run(script, { gc: true }), { ...ended, stdout: '0\n0\n0\n' })
})

test('the emulator of a worker ends with the worker', async () => {
  const script = `const { parentPort } = require('node:worker_threads')
    setInterval(() => {}, 1000)
    require('blynk-webhooks/emulator').Emulator.start().then(({ url }) => parentPort.postMessage(url))`
  const worker = new Worker(script, { eval: true })
  const [url] = await once(worker, 'message')
  assert.equal((await fetch(`${url}/api/v1/organization/webhooks`)).status, 401)
  await worker.terminate()
  await assert.rejects(fetch(`${url}/api/v1/organization/webhooks`))
})

test('process.exit under calls ends at once and cleanly', async () => {
  const script = `for (let i = 0; i < 50; i++) silent.get(1).catch(() => {})
    for (let i = 0; i < 50; i++) client.list().catch(() => {})
    setTimeout(() => process.exit(3), 20)`
  assert.deepEqual(await run(script), { code: 3, signal: null, stdout: '', stderr: '' })
})

test('an error that nobody catches ends the process with its message and line', async () => {
  const { code, stderr } = await run('await client.get(99)')
  assert.equal(code, 1)
  assert.match(stderr, /NotFoundError: 404: .*\n\s+at file:.*\[eval1\]:\d+/)
})

const workerScript = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { WebhookClient } = require('blynk-webhooks')
  const client = new WebhookClient({ token: 't', ...workerData })
  const loop = async () => {
    for (;;) await client.list({ timeoutMs: null }).catch((error) => parentPort.postMessage(error.code))
  }
  for (let i = 0; i < 8; i++) loop()
  client.list().then((list) => parentPort.postMessage(list.length), (error) => parentPort.postMessage(error.code))`

const worker = (settings) => new Worker(workerScript, { eval: true, workerData: settings })

test('workers call for themselves and end when they are done', async () => {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { WebhookClient } = require('blynk-webhooks')
    new WebhookClient(workerData).list().then((list) => parentPort.postMessage(list.length))`
  const { url: baseUrl, clientId, clientSecret } = emulator
  const workers = Array.from(
    { length: 4 },
    () => new Worker(script, { eval: true, workerData: { baseUrl, clientId, clientSecret } }),
  )
  const stories = workers.map((worker) => Promise.all([once(worker, 'message'), once(worker, 'exit')]))
  for (const [[length], [code]] of await Promise.all(stories)) assert.deepEqual([length, code], [0, 0])
})

test('terminating a worker under calls is safe, and closes its requests', async () => {
  const seen = (await silent.bodies()).length
  const answering = await ScriptedServer.answering('[{"id":1}]')
  for (let round = 0; round < 5; round++) {
    const busy = worker({ baseUrl: answering.url })
    const waiting = worker({ baseUrl: silent.url })
    await once(busy, 'message')
    while ((await silent.open()) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.all([busy.terminate(), waiting.terminate()])
    for (let waited = 0; (await silent.open()) > 0; waited += 5) {
      assert.ok(waited < 5000, 'the requests of a terminated worker stay open')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  assert.ok((await silent.bodies()).length > seen)
  await answering.stop()
  assert.deepEqual(await emulator.client().list(), [])
})

test('a process that only its workers load the add-on in ends cleanly', async () => {
  const script = `import { Worker } from 'node:worker_threads'
    for (let i = 0; i < 3; i++) {
      const settings = { eval: true, execArgv: [], workerData: { baseUrl: '${silent.url}' } }
      const worker = new Worker(${JSON.stringify(workerScript)}, settings)
      await new Promise((resolve) => setTimeout(resolve, 150))
      await worker.terminate()
    }
    console.log('done')`
  assert.deepEqual(await run(script, { bare: true }), { ...ended, stdout: 'done\n' })
})

test('BLYNK_LOG=debug writes a line for each attempt and no secret', async () => {
  const { code, stderr } = await run('await client.list(); await client.get(99).catch(() => {})', {
    env: { BLYNK_LOG: 'debug' },
  })
  assert.equal(code, 0)
  const lines = stderr.trim().split('\n')
  assert.ok(lines.length >= 3, stderr)
  for (const line of lines)
    assert.match(line, /^blynk-webhooks \d+\.\d{3} DEBUG attempt answered method="\w+" url="http/)
  assert.match(stderr, /status=404/)
  assert.ok(!stderr.includes(emulator.clientSecret) && !/bearer|access_token/i.test(stderr), stderr)
  const silence = await run('await client.list()', { env: { BLYNK_LOG: '' } })
  assert.equal(silence.stderr, '')
  // Two clients are made, and the level is said to be none once.
  const unknown = await run('await client.list()', { env: { BLYNK_LOG: 'nonsense' } })
  assert.match(unknown.stderr, /^blynk-webhooks: 'nonsense' is not a log level; use error, warn, info.*\n$/)
})

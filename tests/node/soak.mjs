// A long run against growth: SOAK_CALLS calls (a million unless it says otherwise) of every kind, then memory, handles and
// sockets are what they were after the warm-up. Run with --expose-gc.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebhookClient } from 'blynk-webhooks'
import { ScriptedServer } from './support/scripted-server.mjs'

const MEGABYTE = 1024 * 1024
const webhook = {
  id: 1,
  name: 'Doors',
  trigger: 'BRAND_NEW',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: 'ä'.repeat(200),
  large: 12345678901234567890n,
}

await soak(Number(process.env.SOAK_CALLS ?? 1_000_000))

async function soak(calls) {
  // The answer as the server writes it: the large integer has no quotes.
  const text = JSON.stringify(webhook, (_, value) => (typeof value === 'bigint' ? '<large>' : value))
  const server = await ScriptedServer.answering(text.replace('"<large>"', String(webhook.large)), { keep: false })
  const client = server.client({ maxRetries: 0 })
  const unreachable = new WebhookClient({ baseUrl: 'http://127.0.0.1:9', token: 't', maxRetries: 0 })
  const shared = new AbortController()
  const kinds = [
    () => client.get(1),
    () => client.update(1, { ...webhook, trigger: 'NEW_USER' }),
    () => client.get(1, { timeoutMs: 5000, headers: { 'X-Trace': '1' }, signal: shared.signal }),
    () => client.create({ name: 'x' }).catch(ignore),
    () => unreachable.get(1).catch(ignore),
    () => client.delete(1),
    () => cancelled(client),
    () => client.list().catch(ignore),
  ]
  // The allocator takes what it will keep during the first calls.
  await run(kinds, Math.max(20_000, calls / 5))
  const before = await measure()
  const started = performance.now()
  await run(kinds, calls)
  const seconds = (performance.now() - started) / 1000
  const after = await measure()
  await server.stop()
  const shown = ({ rss, heap, descriptors }) =>
    `${(rss / MEGABYTE).toFixed(1)} MB resident, ${(heap / MEGABYTE).toFixed(2)} MB heap, ${descriptors} descriptors`
  console.log(`${calls} calls in ${seconds.toFixed(1)} s, ${Math.round(calls / seconds)} a second`)
  console.log(`before  ${shown(before)}\nafter   ${shown(after)}`)
  assert.ok(after.heap - before.heap < 2 * MEGABYTE, 'the heap has grown')
  assert.ok(after.rss - before.rss < 24 * MEGABYTE, 'the process has grown')
  assert.ok(after.descriptors <= before.descriptors + 8, 'descriptors are left open')
}

async function run(kinds, calls) {
  let next = 0
  const worker = async () => {
    while (next < calls) await kinds[next++ % kinds.length]()
  }
  await Promise.all(Array.from({ length: 32 }, worker))
}

async function cancelled(client) {
  const controller = new AbortController()
  const call = client.get(1, { signal: controller.signal })
  controller.abort()
  await call.catch(ignore)
}

function ignore() {}

async function measure() {
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await sleep(50)
  }
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heap: heapUsed, descriptors: descriptors() }
}

/** Open descriptors of this process, where the system shows them. */
function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

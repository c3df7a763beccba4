/**
 * Calls per second of one client in Node: `worker.mjs CLIENT IN_FLIGHT LENGTH CALLS SECONDS`. LENGTH is that of the list,
 * 0 for one webhook, `create` for a new one. Ends after CALLS calls or SECONDS, whichever comes first.
 */

import assert from 'node:assert/strict'
import { peakMemory, startClock } from './measure.mjs'
import { CREATE, peers } from './peers.mjs'

const WARM_UP_SECONDS = 0.3
const WARM_UP_CALLS = 1_000

const [client] = process.argv.slice(2)
const [inFlight, , calls, seconds] = process.argv.slice(3).map(Number)
const length = process.argv[4] === 'create' ? CREATE : Number(process.argv[4])

/** Calls, so many in flight; says how many have ended. */
async function run(call, calls, seconds) {
  let [left, done] = [calls, 0]
  const end = performance.now() + seconds * 1_000
  const task = async () => {
    while (left > 0 && performance.now() < end) {
      left--
      await call()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, task))
  return done
}

const call = await peers[client](length)
const value = await call()
const first = length > 0 ? value[0] : value
assert.equal(typeof first.id, 'number')
assert.equal(first.status, 'ENABLED')
if (length > 0) assert.equal(value.length, length)

await run(call, Math.min(calls, WARM_UP_CALLS), WARM_UP_SECONDS)
const clock = startClock()
const done = await run(call, calls, seconds)
const took = clock()
console.log(JSON.stringify({ rate: done / took.seconds, cpu: took.cpu / done, memory: peakMemory(), calls: done }))
process.exit()

/** Many calls of our client at once: `in_flight.mjs CALLS`. */

import { memory, peakMemory, startClock } from './measure.mjs'
import { peers } from './peers.mjs'

const call = await peers.ours(0)
await call()
const before = memory()
const clock = startClock()
const answers = await Promise.allSettled(Array.from({ length: Number(process.argv[2]) }, call))
const took = clock()
const errors = answers.filter(({ status }) => status === 'rejected').length
console.log(JSON.stringify({ ...took, errors, memory: peakMemory() - before }))

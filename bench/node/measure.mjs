/** What a process says of itself: its processor time and memory. */

import { readFileSync } from 'node:fs'

function status(name) {
  const found = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))
  return found === null ? 0 : Number(found[1]) * 1024
}

/** Most bytes of memory that were resident at once. */
export const peakMemory = () => status('VmHWM')

/** Bytes of memory that are resident. */
export const memory = () => status('VmRSS')

/** A clock for wall and processor time: call it to start, call what it gives to read both in seconds. */
export function startClock() {
  const began = performance.now()
  const used = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(used)
    return { seconds: (performance.now() - began) / 1_000, cpu: (user + system) / 1e6 }
  }
}

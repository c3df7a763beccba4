/** Seconds that requiring packages takes in a process that has required nothing else: `require_time.cjs NAME…`. */

const names = process.argv.slice(2)
const began = performance.now()
for (const name of names) require(name)
const seconds = (performance.now() - began) / 1_000
console.log(JSON.stringify({ seconds }))

// The soak in its short form; `npm run test:soak` is the long one.

import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('thousands of calls leave nothing behind', (context) => {
  const script = fileURLToPath(new URL('soak.mjs', import.meta.url))
  const env = { ...process.env, SOAK_CALLS: process.env.SOAK_CALLS ?? '30000' }
  context.diagnostic(execFileSync(process.execPath, ['--expose-gc', script], { env, encoding: 'utf8' }))
})

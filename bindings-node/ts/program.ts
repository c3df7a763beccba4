/** The program `blynk-webhooks`: its command line goes to the add-on, its exit code comes back. */

import { native } from './native'

// Node's own handling of these ends the process at once. With a listener it leaves them to the program, which stands in the
// add-on and listens to them by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

// Nothing of Node has written anything, so that nothing is lost by an end at once.
process.exit(native.runProgram(['blynk-webhooks', ...process.argv.slice(2)]))

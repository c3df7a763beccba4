/** The program `blynk-webhooks`: its command line goes to the add-on, its exit code comes back. */

import { native } from './native'

// Without a listener, Node ends the process at once. With one, it leaves these signals to the program in the add-on.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

// Nothing of Node has written anything, so that nothing is lost by an end at once.
process.exit(native.runProgram(['blynk-webhooks', ...process.argv.slice(2)]))

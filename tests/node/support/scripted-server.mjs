// A client of the scripted server that the tests of all languages share (tests/server): it sends scripts to the program, asks
// what came and whether it was what the script expects.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WebhookClient } from 'blynk-webhooks'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PROGRAM = `${process.env.CARGO_TARGET_DIR ?? `${ROOT}target`}/debug/scripted-server${process.platform === 'win32' ? '.exe' : ''}`

let program

/** Sends a command to the program, which starts with the first and ends with this process. */
function ask(command) {
  program ??= start()
  return new Promise((resolve, reject) => {
    program.waiting.push({ resolve, reject })
    // Only what is waited for keeps this process alive.
    program.child.stdout.ref()
    program.child.stdin.write(`${JSON.stringify(command)}\n`)
  })
}

function start() {
  if (!existsSync(PROGRAM)) {
    execFileSync('cargo', ['build', '--quiet', '--package', 'scripted-server'], { cwd: ROOT, stdio: 'inherit' })
  }
  const child = spawn(PROGRAM, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = []
  for (const handle of [child, child.stdin, child.stdout]) handle.unref()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { resolve, reject } = waiting.shift()
    if (waiting.length === 0) child.stdout.unref()
    const result = JSON.parse(line)
    if (result.error === undefined) resolve(result)
    else reject(new Error(`the scripted server: ${result.error}`))
  })
  return { child, waiting }
}

export class ScriptedServer {
  #number

  /** A server that expects the exchanges of a case: `{ request, answer }`. */
  static start(exchange) {
    return ScriptedServer.#start({ exchange })
  }

  /** A server that answers each request by the first rule that it fits: `{ request, answer, times }`. */
  static rules(rules) {
    return ScriptedServer.#start({ rules })
  }

  /** A server that answers every request with this JSON, null: with silence; `keep`: whether it keeps the requests. */
  static answering(json, { keep = true } = {}) {
    const answer =
      json === null ? { fault: 'silence' } : { headers: { 'Content-Type': 'application/json' }, text: json }
    return ScriptedServer.#start({ rules: [{ answer }] }, keep)
  }

  static async #start(script, keep = true) {
    const scripted = new ScriptedServer()
    const { server, url } = await ask({ start: { script, keep } })
    scripted.#number = server
    scripted.url = url
    return scripted
  }

  client(options) {
    return new WebhookClient({ baseUrl: this.url, token: 'test-token', ...options })
  }

  /** Goes on with other rules. */
  async goOnWith(rules) {
    await ask({ script: { server: this.#number, script: { rules } } })
  }

  /** The requests so far: `method`, `path`, `query`, `headers`, `body`. */
  async requests() {
    return (await this.#state()).requests
  }

  /** Bodies of the requests so far. */
  async bodies() {
    return (await this.requests()).map(({ body }) => body)
  }

  /** How many connections are open. */
  async open() {
    return (await this.#state()).open
  }

  #state() {
    return ask({ state: { server: this.#number, from: 0 } })
  }

  /** Closes everything and says what did not go as written. */
  async stop() {
    return (await ask({ stop: { server: this.#number } })).problems
  }
}

// A scripted HTTP server on a raw socket: it expects given requests in their order and gives each its answer or fault.

import net from 'node:net'
import { isDeepStrictEqual } from 'node:util'

const FAULTS = {
  reset: (socket) => socket.resetAndDestroy(),
  close: (socket) => socket.destroy(),
  garbage: (socket) => socket.end('this is no HTTP\r\n\r\n'),
  truncate: (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{"id"'),
  silence: () => {},
}

export class ScriptedServer {
  /** Requests that differ from what was expected. */
  problems = []
  #sockets = new Set()
  #server
  #next = 0

  /** A server that expects the exchanges of a case: `{ request, answer }`. */
  static async start(exchange) {
    const scripted = new ScriptedServer()
    scripted.exchange = exchange
    scripted.#server = net.createServer((socket) => scripted.#serve(socket))
    await new Promise((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve))
    return scripted
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  /** Closes everything and says what did not go as written. */
  async stop() {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    if (this.#next < this.exchange.length) {
      this.problems.push(`only ${this.#next} of ${this.exchange.length} requests went out`)
    }
    return this.problems
  }

  #serve(socket) {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const request = parse(received)
      if (request === undefined) return
      received = Buffer.alloc(0)
      this.#answer(socket, request)
    })
  }

  async #answer(socket, request) {
    const step = this.exchange[this.#next++]
    if (step === undefined) {
      this.problems.push(`more than ${this.exchange.length} requests went out: ${request.method} ${request.target}`)
      socket.destroy()
      return
    }
    const wrong = differences(step.request ?? {}, request)
    this.problems.push(...wrong.map((problem) => `request ${this.#next}: ${problem}`))
    const { answer = {} } = step
    if (answer.delay_ms) await new Promise((resolve) => setTimeout(resolve, answer.delay_ms))
    if (answer.fault) FAULTS[answer.fault](socket)
    else socket.write(written(answer))
  }
}

/** The request that a connection has sent, once it is whole. */
function parse(received) {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line, ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const [method, target] = line.split(' ')
  const headers = Object.fromEntries(
    lines.map((header) => [
      header.slice(0, header.indexOf(':')).toLowerCase(),
      header.slice(header.indexOf(':') + 1).trim(),
    ]),
  )
  const body = received.subarray(end + 4)
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined
  return { method, target, headers, body: body.toString() }
}

function differences(expected, request) {
  const url = new URL(request.target, 'http://server')
  const found = []
  const compare = (what, wanted, got) => {
    if (!isDeepStrictEqual(wanted, got)) found.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`)
  }
  if (expected.method !== undefined) compare('method', expected.method, request.method)
  if (expected.path !== undefined) compare('path', expected.path, url.pathname)
  compare('query', expected.query ?? {}, Object.fromEntries(url.searchParams))
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    compare(`header ${name}`, value, request.headers[name.toLowerCase()] ?? null)
  }
  if (expected.json !== undefined)
    compare('body', expected.json, request.body === '' ? undefined : JSON.parse(request.body))
  if (expected.empty) compare('body', '', request.body)
  return found
}

function written({ status, headers = {}, json, text }) {
  const body = Buffer.from(json === undefined ? (text ?? '') : JSON.stringify(json))
  const lines = [`HTTP/1.1 ${status} Scripted`]
  if (json !== undefined) lines.push('Content-Type: application/json')
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (status !== 204) lines.push(`Content-Length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}

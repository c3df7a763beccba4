// A server on a raw socket that gives one answer to every request, or none, and notes what it received.

import { once } from 'node:events'
import net from 'node:net'
import { WebhookClient } from 'blynk-webhooks'

export class AnsweringServer {
  /** Bodies of the requests so far. */
  bodies = []
  /** Sockets that are open. */
  sockets = new Set()
  #answer
  #notes
  #server

  /** A server that answers every request with this JSON, null: with silence; `notes`: whether bodies are kept. */
  static async start(json, { notes = true } = {}) {
    const server = new AnsweringServer()
    server.#notes = notes
    const body = Buffer.from(json ?? '')
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    server.#answer = json === null ? null : Buffer.concat([Buffer.from(head), body])
    server.#server = net.createServer((socket) => server.#serve(socket)).listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  client(options) {
    return new WebhookClient({ baseUrl: this.url, token: 'test-token', ...options })
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket) {
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      for (;;) {
        const end = received.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0)
        if (received.length < end + 4 + length) return
        if (this.#notes) this.bodies.push(Buffer.from(received.slice(end + 4, end + 4 + length), 'latin1').toString())
        received = received.slice(end + 4 + length)
        if (this.#answer) socket.write(this.#answer)
      }
    })
  }
}

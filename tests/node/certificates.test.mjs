// Whom a client trusts, and what the cause of a refusal is called.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ConfigError, ConnectError, WebhookClient } from 'blynk-webhooks'

const path = (name) => fileURLToPath(new URL(`support/certificates/${name}`, import.meta.url))
const read = (name) => readFileSync(path(name), 'utf8')
const servers = new Map()

before(async () => {
  const key = read('server.key')
  const chains = {
    leaf: read('server.pem'),
    chain: read('server.pem') + read('root.pem'),
    'self-signed': read('self-signed.pem'),
    'other-name': read('other-name.pem'),
    expired: read('expired.pem'),
  }
  for (const [name, cert] of Object.entries(chains)) {
    const server = createServer({ key, cert }, (_, response) => {
      response.setHeader('Content-Type', 'application/json').end('[]')
    })
    server.on('tlsClientError', () => {})
    await once(server.listen(0, '127.0.0.1'), 'listening')
    servers.set(name, server)
  }
})
after(() => {
  for (const server of servers.values()) {
    server.close()
    server.closeAllConnections()
  }
})

const urlOf = (name) => `https://localhost:${servers.get(name).address().port}`
const clientOf = (name, options) => new WebhookClient({ baseUrl: urlOf(name), token: 't', maxRetries: 0, ...options })

test('a certificate that is refused has the name of the cause that Node has', async () => {
  const trusted = { ca: read('root.pem') }
  const refused = [
    ['leaf', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['chain', {}, 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['self-signed', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['other-name', trusted, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', trusted, 'CERT_HAS_EXPIRED'],
  ]
  for (const [name, options, code] of refused) {
    const error = await clientOf(name, options)
      .list()
      .catch((error) => error)
    assert.ok(error instanceof ConnectError, `${name}: ${error}`)
    assert.ok(error.cause instanceof Error)
    assert.equal(error.cause.code, code, name)
    // The same server, asked by Node itself.
    const own = await new Promise((resolve) => {
      get(urlOf(name), { ...options, agent: false }).on('error', resolve)
    })
    assert.equal(own.code, code, `${name} by Node`)
  }
})

test('a host name that is not found has the cause ENOTFOUND', async () => {
  const unknown = new WebhookClient({
    baseUrl: 'https://no-such-host.invalid',
    token: 't',
    maxRetries: 0,
    proxy: undefined,
  })
  const error = await unknown.list().catch((error) => error)
  assert.ok(error instanceof ConnectError, String(error))
  // A machine without a name server cannot say that there is no such name.
  assert.match(error.cause.code, /^(ENOTFOUND|EAI_AGAIN)$/)
  assert.ok(error.cause.errno < 0)
})

test('authorities are given as text, as bytes, as several, and by file', async () => {
  const [pem, other] = [read('root.pem'), read('self-signed.pem')]
  const settings = [
    { ca: pem },
    { ca: Buffer.from(pem) },
    { ca: new Uint8Array(Buffer.from(pem)) },
    { ca: [other, Buffer.from(pem)] },
    { caFile: path('root.pem') },
  ]
  for (const setting of settings) assert.deepEqual(await clientOf('leaf', setting).list(), [])
  assert.deepEqual(await clientOf('self-signed', { ca: other }).list(), [])
  for (const ca of ['no PEM', 5, {}, [5], Buffer.from('x')]) {
    assert.throws(() => clientOf('leaf', { ca }), ConfigError, String(ca))
  }
})

/** How a call ends in a worker with this environment, and what is warned of. */
async function inWorker(name, env) {
  const script = `const { parentPort } = require('node:worker_threads')
    const { WebhookClient } = require('blynk-webhooks')
    const warnings = []
    process.on('warning', ({ code }) => warnings.push(code))
    const make = () => new WebhookClient({ baseUrl: '${urlOf(name)}', token: 't', maxRetries: 0 })
    const attempt = async () => { make(); await make().list(); return 'listed' }
    attempt().catch((error) => error.cause?.code ?? error.message)
      .then((outcome) => setImmediate(() => parentPort.postMessage([outcome, ...warnings])))`
  const worker = new Worker(script, { eval: true, env })
  const [message] = await once(worker, 'message')
  await worker.terminate()
  return message
}

test('NODE_EXTRA_CA_CERTS is honoured; one that cannot be used is said once and passed over', async () => {
  assert.deepEqual(await inWorker('leaf', {}), ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'])
  assert.deepEqual(await inWorker('leaf', { NODE_EXTRA_CA_CERTS: path('root.pem') }), ['listed'])
  for (const wrong of ['/nowhere/certificates.pem', fileURLToPath(import.meta.url)]) {
    const outcome = await inWorker('leaf', { NODE_EXTRA_CA_CERTS: wrong })
    assert.deepEqual(outcome, ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'BLYNK_CERTIFICATES'])
  }
})

test('SSL_CERT_FILE of the caller is honoured, and a wrong one is an error', async () => {
  assert.deepEqual(await inWorker('leaf', { SSL_CERT_FILE: path('root.pem') }), ['listed'])
  const [message] = await inWorker('leaf', { SSL_CERT_FILE: '/nowhere/certificates.pem' })
  assert.match(message, /SSL_CERT_FILE names certificates that cannot be read/)
})

test('a proxy of the caller is asked, unless its NO_PROXY names the host', async () => {
  const script = `const { parentPort } = require('node:worker_threads')
    const { WebhookClient } = require('blynk-webhooks')
    const client = new WebhookClient({ baseUrl: 'https://no-such-host.invalid', token: 't', maxRetries: 0 })
    client.list().catch((error) => parentPort.postMessage(error.message))`
  const messageWith = async (env) => {
    const worker = new Worker(script, { eval: true, env })
    const [message] = await once(worker, 'message')
    await worker.terminate()
    return message
  }
  const proxy = 'http://user:hunter2@127.0.0.1:1'
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
    const message = await messageWith({ [name]: proxy })
    assert.match(message, new RegExp(`through the proxy http://\\S*127\\.0\\.0\\.1:1 \\(of ${name}\\)`), message)
    assert.ok(!message.includes('hunter2'))
  }
  assert.doesNotMatch(await messageWith({ HTTPS_PROXY: proxy, NO_PROXY: '.invalid' }), /proxy http/)
})

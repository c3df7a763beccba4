// Tokens that a function of the program provides.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { ConfigError, RequestTimeoutError, UnauthorizedError } from 'blynk-webhooks'
import { ScriptedServer } from './support/scripted-server.mjs'

let server

beforeEach(async () => {
  server = await ScriptedServer.answering('[]')
})
afterEach(async () => assert.deepEqual(await server.stop(), []))

const clientOf = (token, options) => server.client({ token, ...options })
const received = async () => (await server.requests()).map(({ headers }) => headers.authorization)

test('a function gives a token, at once or later, with or without its life', async () => {
  const sources = [
    () => 'a',
    async () => 'a',
    () => ({ token: 'a' }),
    async () => ({ token: 'a', expiresIn: 300 }),
    () => ({ token: 'a', expiresIn: 1e300 }),
    () => ({ token: 'a', expiresIn: Number.POSITIVE_INFINITY }),
  ]
  for (const token of sources) assert.deepEqual(await clientOf(token).list(), [])
  assert.deepEqual(await received(), Array(sources.length).fill('Bearer a'))
})

test('it is asked once however many calls wait, and again before the end of a life', async () => {
  let asked = 0
  const client = clientOf(async () => {
    asked += 1
    await new Promise((resolve) => setTimeout(resolve, 20))
    return `t${asked}`
  })
  await Promise.all(Array.from({ length: 50 }, () => client.list()))
  assert.equal(asked, 1)
  await client.list()
  assert.equal(asked, 1)
  const short = clientOf(() => ({ token: `s${++asked}`, expiresIn: 0.001 }))
  await short.list()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await short.list()
  assert.equal(asked, 3)
})

test('it is asked again after a 401, once', async () => {
  const refusal = { status: 401 }
  await server.goOnWith([
    { request: { headers: { authorization: 'Bearer t1' } }, answer: refusal },
    { answer: { json: [] } },
  ])
  let asked = 0
  const client = clientOf(() => `t${++asked}`)
  assert.deepEqual(await client.list(), [])
  assert.deepEqual(await received(), ['Bearer t1', 'Bearer t2'])
  await server.goOnWith([{ answer: refusal }])
  await assert.rejects(client.list(), UnauthorizedError)
  assert.equal(asked, 3)
})

test('what it throws reaches every caller unchanged, and the next call asks again', async () => {
  for (const reason of [new Error('sealed'), 'a string', undefined, { any: 'value' }, null]) {
    let fails = true
    const client = clientOf(async () => {
      if (fails) throw reason
      return 'a'
    })
    const outcomes = await Promise.allSettled([client.list(), client.list(), client.withResponse.get(1)])
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected')
      assert.equal(outcome.reason, reason)
    }
    fails = false
    assert.deepEqual(await client.list(), [])
  }
})

test('what is no token is a ConfigError that says what was given', async () => {
  const wrong = [
    [() => 5, /must return a string or \{ token, expiresIn \}, returned number/],
    [() => undefined, /returned undefined/],
    [() => null, /returned null/],
    [() => ({ tokn: 'x' }), /an object without a token/],
    [() => ({ token: 'a', expiresIn: -1 }), /expiresIn must be a number of seconds above 0/],
    [() => ({ token: 'a', expiresIn: '300' }), /expiresIn/],
  ]
  for (const [token, message] of wrong) {
    await assert.rejects(clientOf(token).list(), (error) => {
      assert.match(error.message, message)
      return error instanceof ConfigError
    })
  }
  assert.deepEqual(await received(), [])
  assert.throws(() => clientOf(() => 'a', { clientId: 'x', clientSecret: 'y' }), ConfigError)
  assert.throws(() => clientOf({}), ConfigError)
})

test('its time counts against the deadline, and a signal ends the wait', async () => {
  const client = clientOf(() => new Promise(() => {}))
  await assert.rejects(client.list({ timeoutMs: 50 }), RequestTimeoutError)
  await assert.rejects(client.list({ signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
})

test('it may use another client, and is held as long as calls need it', async () => {
  const inner = clientOf('inner')
  let asked = 0
  const make = () =>
    clientOf(async () => {
      await inner.list()
      asked += 1
      return 'outer'
    })
  const calls = Array.from({ length: 20 }, () => make().list())
  globalThis.gc?.()
  await Promise.all(calls)
  assert.equal(asked, 20)
})

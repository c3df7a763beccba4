/* global afterAll, beforeAll, expect, jest, test */
// A user's test file under Jest.

const { ConfigError, NotFoundError, WebhookClient } = require('blynk-webhooks')
const { Emulator } = require('blynk-webhooks/emulator')

let emulator
let client

beforeAll(async () => {
  emulator = await Emulator.start()
  client = emulator.client()
})
afterAll(() => emulator.stop())

const spec = {
  name: 'n',
  trigger: 'NEW_USER',
  url: 'https://example.com',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
}

test('a webhook comes back as it was created', async () => {
  const webhook = await client.create(spec)
  expect(webhook).toMatchObject(spec)
  await expect(client.get(webhook.id)).resolves.toEqual(webhook)
})

test('errors have the class of this module registry', async () => {
  await expect(client.get(99)).rejects.toThrow(NotFoundError)
  expect(() => new WebhookClient({ baseUrl: emulator.url })).toThrow(ConfigError)
  expect(() => new WebhookClient({ baseUrl: emulator.url })).toThrow(/no credentials/)
  jest.resetModules()
  const again = require('blynk-webhooks')
  expect(again.NotFoundError).not.toBe(NotFoundError)
  const other = new again.WebhookClient({
    baseUrl: emulator.url,
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
  })
  await expect(other.get(99)).rejects.toThrow(again.NotFoundError)
})

test('the setup keeps every test from the real service', () => {
  expect(() => new WebhookClient({ token: 't' })).toThrow(/only loopback is allowed/)
  process.env.BLYNK_TOKEN = 'of-this-test'
  expect(() => WebhookClient.fromEnv()).toThrow(/only loopback is allowed/)
  expect(WebhookClient.fromEnv({ baseUrl: emulator.url })).toBeInstanceOf(WebhookClient)
  delete process.env.BLYNK_TOKEN
  expect(() => WebhookClient.fromEnv({ baseUrl: emulator.url })).toThrow(/no credentials/)
})

test('fake timers do not stop calls', async () => {
  jest.useFakeTimers()
  try {
    await expect(client.list()).resolves.toHaveLength(1)
  } finally {
    jest.useRealTimers()
  }
})

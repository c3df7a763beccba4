// Values: what goes over the wire comes out as plain objects, and nothing changes on the way.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { format, inspect } from 'node:util'
import { extraOf, JsonNumber, parse, specOf, stringify, ValidationError, validate } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

const spec = {
  name: 'Doors',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
}
let emulator

before(async () => {
  emulator = await Emulator.start()
})
after(() => emulator.stop())

test('integers beyond 2^53 survive in both directions', async () => {
  const client = emulator.client()
  const formBody = {
    big: 12345678901234567890n,
    negative: -9007199254740993n,
    list: [1, 9007199254740992n],
    text: 'int:5',
  }
  const webhook = await client.create({ ...spec, failureReceivers: [1, 9007199254740993n], formBody })
  assert.deepEqual(webhook.formBody, formBody)
  assert.deepEqual(webhook.failureReceivers, [1, 9007199254740993n])
  const updated = await client.update(webhook.id, { ...webhook, name: 'Renamed' })
  assert.deepEqual(updated.formBody, formBody)
  assert.deepEqual((await client.list()).find(({ id }) => id === webhook.id).formBody, formBody)
})

test('a number that is not exact any more is refused', async () => {
  const client = emulator.client()
  await assert.rejects(client.create({ ...spec, failureReceivers: [2 ** 53] }), (error) => {
    assert.ok(error instanceof ValidationError)
    assert.deepEqual(error.violations[0].path, 'failureReceivers[0]')
    return /BigInt/.test(error.message)
  })
})

test('large integers of an answer are exact, and look-alikes stay what they are', async () => {
  const numbers =
    '[9007199254740991,9007199254740992,-9007199254740992,1e20,1.2345678901234567890,"12345678901234567890"]'
  const server = await ScriptedServer.answering(
    `{"id":1,"name":"int:12345678901234567890 \\"#int:","numbers":${numbers}}`,
  )
  const webhook = await server.client().get(1)
  assert.deepEqual(webhook.numbers, [
    9007199254740991,
    9007199254740992n,
    -9007199254740992n,
    1e20,
    new JsonNumber('1.2345678901234567890'),
    '12345678901234567890',
  ])
  assert.equal(webhook.name, 'int:12345678901234567890 "#int:')
  await server.stop()
})

/** What a server holds that JavaScript's own values cannot: the text must come back as it is, byte by byte. */
const odd = {
  huge: '1e400',
  tiny: '-1e-400',
  integers: '[20000000000000000001,-9007199254740993,18446744073709551617]',
  decimals: '[0.12345678901234567890,123456789.123456789123,1.7976931348623157e309]',
  round: '[1e20,1e21,1.2345678901234567e20,-0,0.1,12e-1,100000000000000000000]',
  half: String.raw`{"text":"\ud800 x","\udfff":1}`,
  deep: `${'['.repeat(120)}1${']'.repeat(120)}`,
}

/** As the copy may say it: the same number in the shortest form. */
const written = {
  ...odd,
  round: '[100000000000000000000,1e+21,1.2345678901234567e20,-0,0.1,1.2,100000000000000000000]',
}

async function oddServer() {
  const members = Object.entries(odd).map(([name, text]) => `"${name}":${text}`)
  return ScriptedServer.answering(`{"id":1,${JSON.stringify(spec).slice(1, -1)},${members.join()}}`)
}

test('a copy of a webhook loses nothing on its way back', async () => {
  const server = await oddServer()
  const webhook = await server.client().get(1)
  const nested = {
    ...webhook,
    half: { ...webhook.half },
    decimals: [...webhook.decimals],
    integers: [...webhook.integers],
  }
  for (const copy of [{ ...webhook, name: 'Renamed' }, nested, parse(stringify(webhook)), Object.assign({}, webhook)]) {
    await server.client().update(1, copy)
    const body = (await server.bodies()).at(-1)
    for (const [name, text] of Object.entries(written))
      assert.ok(body.includes(`"${name}":${text}`), `${name} in ${body}`)
  }
  await server.stop()
})

test('an exact number counts as the nearest number and shows its digits', async () => {
  const number = new JsonNumber('0.12345678901234567890')
  assert.ok(number instanceof Number)
  assert.equal(number * 2, 0.12345678901234568 * 2)
  assert.equal(`${number}`, '0.12345678901234567890')
  assert.equal(inspect({ number }), '{ number: 0.12345678901234567890 }')
  assert.equal(stringify({ number }), '{"number":0.12345678901234567890}')
  const json = 'rawJSON' in JSON ? '[0.12345678901234567890]' : '[0.12345678901234568]'
  assert.equal(JSON.stringify([number]), json)
  for (const text of ['', 'x', '1.', '.5', '01', '0x1', ' 1', '1e', 'NaN', '1,"a":2']) {
    assert.throws(() => new JsonNumber(text), SyntaxError)
  }
  // What structuredClone leaves of it has lost its digits, so it is refused where it would be sent.
  await assert.rejects(emulator.client().create({ ...spec, ratio: structuredClone(number) }), (error) => {
    assert.match(error.message, /ratio: is a Number object.*JsonNumber/)
    return error instanceof ValidationError
  })
})

test('parse and stringify are each other’s reverse, and refuse what is no JSON', () => {
  for (const text of [
    ...Object.values(odd).filter((text) => text !== odd.round),
    '"\\u00e9"',
    'null',
    '[]',
    '{"a":{}}',
  ]) {
    assert.equal(stringify(parse(text)), text === '"\\u00e9"' ? '"é"' : text)
  }
  for (const text of ['', '{', '[00000000000000000001]', '{"a":1}}', 'undefined']) {
    assert.throws(() => parse(text), { name: 'ValidationError', message: /text: is not JSON/ })
  }
  for (const value of [undefined, () => 1, Number.NaN, Symbol('s'), new Map(), 2 ** 53 + 2]) {
    assert.throws(() => stringify(value), ValidationError)
  }
  assert.equal(stringify({ a: 'x', b: undefined, c: [null] }), '{"a":"x","c":[null]}')
  assert.equal(stringify([new String('x'), new Boolean(true), new Date(0)]), '["x",true,"1970-01-01T00:00:00.000Z"]')
})

test('a value that only the server knows survives every way of copying', async () => {
  const answer = { ...spec, id: 1, trigger: 'NEWER_STILL', status: 'PAUSED' }
  const server = await ScriptedServer.answering(JSON.stringify(answer))
  const client = server.client()
  const webhook = await client.get(1)
  const { id, ...rest } = webhook
  const copies = [structuredClone(webhook), JSON.parse(JSON.stringify(webhook)), parse(stringify(webhook)), rest]
  for (const copy of copies) {
    await client.update(id, { ...copy, name: 'Renamed' })
    assert.equal(JSON.parse((await server.bodies()).at(-1)).trigger, 'NEWER_STILL')
  }
  // Text that was kept elsewhere, from a server that this process has never asked.
  const kept = parse('{"id":5,"trigger":"OF_ANOTHER_PROCESS"}')
  assert.ok(validate({ ...spec, ...kept }).every(({ severity }) => severity === 'warning'))
  // A value that no server has sent is a person's, also in a copy.
  await assert.rejects(client.update(1, { ...structuredClone(webhook), trigger: 'TYPO' }), ValidationError)
  await assert.rejects(client.update(1, { ...spec, trigger: 'NEWER_STILL' }), ValidationError)
  await server.stop()
})

test('specOf leaves out what only the server sets, extraOf has what this version does not know', async () => {
  const client = emulator.client()
  const created = await client.create({ ...spec, failureLimit: 3, formBody: { big: 12345678901234567890n } })
  const copy = specOf(created)
  assert.deepEqual(copy, { ...spec, failureLimit: 3, formBody: created.formBody, status: 'ENABLED' })
  assert.deepEqual(extraOf(created), { formBody: { big: 12345678901234567890n } })
  assert.deepEqual(extraOf(copy), extraOf(created))
  assert.deepEqual(extraOf(await client.create(spec)), {})
  const { status: _, ...creatable } = copy
  const again = await client.create(creatable)
  assert.notEqual(again.id, created.id)
  assert.deepEqual(again.formBody, created.formBody)
  const server = await ScriptedServer.answering(JSON.stringify({ ...spec, id: 1, trigger: 'KNOWN_TO_SERVERS' }))
  const newer = specOf(await server.client().get(1))
  await server.client().update(1, newer)
  assert.equal(JSON.parse((await server.bodies()).at(-1)).trigger, 'KNOWN_TO_SERVERS')
  await server.stop()
})

test('what the inspection adds to a webhook is seen by nothing else', async () => {
  const server = await ScriptedServer.answering(
    JSON.stringify({ ...spec, id: 1, url: 'https://me:pass@example.com/', oAuth2Request: { clientSecret: 's' } }),
  )
  const webhook = await server.client().get(1)
  const plain = { ...spec, id: 1, url: 'https://me:pass@example.com/', oAuth2Request: { clientSecret: 's' } }
  assert.deepEqual(webhook, plain)
  assert.deepEqual({ ...webhook }, plain)
  assert.deepEqual(structuredClone(webhook), plain)
  assert.deepEqual(JSON.parse(JSON.stringify(webhook)), plain)
  assert.deepEqual(Object.keys(webhook).sort(), Object.keys(plain).sort())
  await server.stop()
})

test('a webhook is shown in the console whatever a program has put into it', async () => {
  const server = await ScriptedServer.answering(JSON.stringify({ ...spec, id: 1, url: 'https://me:pass@example.com/' }))
  const webhook = await server.client().get(1)
  const shown = inspect(Object.assign(webhook, { onEvent() {}, count: 1n, ratio: Number.NaN }))
  assert.match(shown, /id: 1/)
  assert.doesNotMatch(shown, /pass/)
  await server.stop()
})

test('no text of an answer is taken for an integer, however the server writes it', async () => {
  const server = await ScriptedServer.answering(
    String.raw`[{"id":1,"name":"\u0069nt:x","texts":["\u0069nt:5","i\u006et:5"],"large":9007199254740993}]`,
  )
  const webhooks = await server.client().list()
  assert.deepEqual(webhooks, [{ id: 1, name: 'int:x', texts: ['int:5', 'int:5'], large: 9007199254740993n }])
  await server.stop()
})

test('fields that are null are absent, unknown ones stay', async () => {
  const server = await ScriptedServer.answering(
    '[{"id":1,"name":null,"body":null,"formBody":{"a":null}},{"id":2,"url":"null"}]',
  )
  const [first, second] = await server.client().list()
  assert.deepEqual(first, { id: 1, formBody: { a: null } })
  assert.deepEqual(second, { id: 2, url: 'null' })
  await server.stop()
})

test('text of every alphabet, escapes and lengths comes through', async () => {
  const client = emulator.client()
  for (const body of ['äöü', '漢字 🚪', '\u0000\u001f"\\/\u2028', 'é'.repeat(1024)]) {
    const { id } = await client.create({ ...spec, contentType: 'PLAIN_TEXT', body })
    assert.equal((await client.get(id)).body, body)
    await client.delete(id)
  }
})

test('a value that only the server knows may be sent back, a person may not send one', async () => {
  const answer = { ...spec, id: 1, trigger: 'BRAND_NEW', status: 'PAUSED' }
  const server = await ScriptedServer.answering(JSON.stringify(answer))
  const client = server.client()
  const webhook = await client.get(1)
  await client.update(1, { ...webhook, name: 'Renamed' })
  assert.equal(JSON.parse((await server.bodies()).at(-1)).trigger, 'BRAND_NEW')
  assert.ok(validate({ ...webhook }).every(({ severity }) => severity === 'warning'))
  await assert.rejects(client.update(1, { ...spec, trigger: 'BRAND_NEW' }), ValidationError)
  // A typo beside the server's new value is a typo still, and the only fault.
  const faults = validate({ ...webhook, method: 'TYPO' }).filter(({ severity }) => severity === 'error')
  assert.deepEqual(
    faults.map(({ path }) => path),
    ['method'],
  )
  await assert.rejects(client.update(1, { ...webhook, trigger: 'TYPO' }), ValidationError)
  assert.deepEqual(JSON.parse(JSON.stringify(webhook)), answer)
  const known = await emulator.client().create(spec)
  assert.deepEqual(Object.getOwnPropertySymbols(known), [])
  await server.stop()
})

test('a webhook is a plain object with prototype and members of its own', async () => {
  const server = await ScriptedServer.answering('{"id":1,"__proto__":{"polluted":true},"constructor":1}')
  const webhook = await server.client().get(1)
  assert.equal(Object.getPrototypeOf(webhook), Object.prototype)
  assert.equal(webhook.polluted, undefined)
  assert.equal({}.polluted, undefined)
  assert.deepEqual(Object.keys(webhook).sort(), ['__proto__', 'constructor', 'id'])
  await server.stop()
})

test('secrets are there and stay out of logs', async () => {
  const held = {
    ...spec,
    id: 1,
    url: 'https://me:hunter2@example.com/{device_id}?api_key=hunter2&n=1',
    authType: 'OAUTH2',
    oAuth2Request: { clientId: 'id', clientSecret: 'hunter2', tokenUrl: 'https://example.com/token' },
    basicAuth: { user: 'me', password: 'hunter2' },
  }
  const server = await ScriptedServer.answering(JSON.stringify(held))
  const webhook = await server.client().get(1)
  assert.deepEqual(webhook, held)
  assert.deepEqual(JSON.parse(JSON.stringify(webhook)), held)
  const all = await ScriptedServer.answering(JSON.stringify([held, { id: 2 }]))
  const list = await all.client().list()
  const state = parse(stringify({ organizations: [{ webhooks: [webhook] }], none: null }))
  const shown = [
    webhook,
    [webhook],
    { webhook },
    list,
    parse(stringify(webhook)),
    specOf(webhook),
    state.organizations[0].webhooks,
  ]
  for (const value of shown) {
    for (const text of [
      inspect(value),
      inspect(value, { depth: 9, showHidden: true }),
      format('%o %O', value, value),
    ]) {
      assert.ok(!text.includes('hunter2'), text)
      assert.match(text, /name: 'Doors'/)
    }
  }
  // Of a copy the objects in its fields stay hidden; its URL is the caller's own text.
  const { url: _url, ...copy } = webhook
  for (const value of [copy, { ...copy, name: 'x' }]) assert.ok(!inspect(value).includes('hunter2'))
  assert.match(inspect(webhook), /api_key=\*\*\*&n=1/)
  assert.equal(inspect(list[1]), '{ id: 2 }')
  assert.deepEqual(parse('[null, 5, "x", [[]]]'), [null, 5, 'x', [[]]])
  const changed = await server
    .client()
    .delete(1, { expected: { ...webhook, name: 'Other' } })
    .catch((error) => error)
  assert.equal(changed.current.url, held.url)
  for (const text of [inspect(changed, { depth: 9 }), JSON.stringify(changed), JSON.stringify({ ...changed })]) {
    assert.ok(!text.includes('hunter2'), text)
  }
  await server.client().update(1, { ...webhook, name: 'Renamed' })
  const { id: _, ...sent } = held
  assert.deepEqual(JSON.parse((await server.bodies()).at(-1)), { ...sent, name: 'Renamed' })
  await server.stop()
  await all.stop()
})

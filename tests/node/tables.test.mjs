// The tables that TypeScript needs to have in writing say the same as those of the core.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as webhooks from 'blynk-webhooks'

const dist = new URL('../../bindings-node/dist/', import.meta.url)
const core = JSON.parse(createRequire(import.meta.url)(fileURLToPath(new URL('native.node', dist))).tables())
const exported = new Map(Object.entries(webhooks))
const declared = (file) => readFileSync(new URL(file, dist), 'utf8')

test('the error classes are the tree of the core', () => {
  assert.ok(core.errors.length > 10)
  for (const [name, code, parent] of core.errors) {
    const errorClass = exported.get(name)
    assert.ok(errorClass, `${name} is exported`)
    assert.equal(errorClass.name, name)
    assert.equal(errorClass.prototype.name, name)
    assert.equal(errorClass.prototype.code, code)
    assert.equal(Object.getPrototypeOf(errorClass), parent ? exported.get(parent) : Error, `${name}'s parent`)
    assert.ok(declared('errors.d.ts').includes(`'${code}'`), `ErrorCode declares ${code}`)
  }
  const classes = [...exported.keys()].filter((name) => name.endsWith('Error'))
  assert.deepEqual(classes.sort(), core.errors.map(([name]) => name).sort())
})

for (const name of ['Trigger', 'Method', 'ContentType', 'AuthType', 'Status']) {
  test(`${name} has the names of the core`, () => {
    const members = exported.get(name)
    assert.deepEqual(Object.keys(members), core[name])
    assert.deepEqual(Object.values(members), core[name])
  })
}

test('WebhookSpec and Webhook declare the fields of the core', () => {
  const [spec, webhook] = declared('model.d.ts').match(
    /interface WebhookSpec \{.*?\n\}|interface Webhook extends.*?\n\}/gs,
  )
  const fields = (text) => [...text.matchAll(/readonly (\w+)(\??):/g)].map(([, name, optional]) => [name, optional])
  assert.deepEqual(
    fields(spec)
      .map(([name]) => name)
      .sort(),
    [...core.settable].sort(),
  )
  const required = fields(spec).filter(([, optional]) => optional === '')
  assert.deepEqual(required.map(([name]) => name).sort(), [...core.required].sort())
  assert.deepEqual(
    fields(webhook)
      .map(([name]) => name)
      .sort(),
    [...core.readOnly].sort(),
  )
})

test('the documented defaults are those of the core', () => {
  const options = declared('options.d.ts')
  for (const [name, value] of Object.entries(core.defaults)) {
    const shown = typeof value === 'number' ? value.toLocaleString('en') : `\`${value}\``
    assert.match(options, new RegExp(`Default: ${shown}\\. \\*/\\s+readonly ${name}\\?`), `${name}: ${shown}`)
  }
})

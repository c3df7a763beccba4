// Plays tests/conformance/emulator/*.json: see the README there for the format.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ServerError, ValidationError } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'
import { ScriptedServer } from './support/scripted-server.mjs'

const errors = { ServerError, ValidationError }
const folder = new URL('../conformance/emulator/', import.meta.url)
const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
const cases = texts.flatMap((text) => JSON.parse(text))
assert.ok(cases.length > 3, 'no cases were found')

const answering = (status) => [{ answer: { status } }]

for (const { name } of cases) {
  test(name, async () => {
    const text = JSON.stringify(cases.find((found) => found.name === name))
    const target = await ScriptedServer.rules(answering(200))
    const { state, steps, received } = JSON.parse(text.replaceAll('http://target', target.url))
    const emulator = await Emulator.start({ state })
    const client = emulator.client()
    for (const step of steps) {
      if (step.target !== undefined) await target.goOnWith(answering(step.target))
      else if (step.error) await assert.rejects(play(emulator, client, step), errors[step.error])
      else assertHolds(await play(emulator, client, step), step.value, JSON.stringify(step))
    }
    const paths = (await target.requests()).map(({ path }) => path)
    assert.deepEqual(paths, received)
    client.close()
    await emulator.stop()
    await target.stop()
  })
}

async function play(emulator, client, { call, command }) {
  if (call) {
    const { operation, ...subjects } = call
    return client[operation](...Object.values(subjects))
  }
  const given = command.with ?? {}
  switch (command.do) {
    case 'trigger':
      return emulator.trigger(given.trigger, given.values)
    case 'redeliver':
      return emulator.redeliver(given.deliveryId)
    case 'deliveries':
      return emulator.deliveries(given.filter)
    case 'notices':
      return emulator.notices()
    case 'advance_time':
      return emulator.advanceTime(given.byMs)
    case 'fail_next': {
      const { kind, ...fault } = given.fault
      const { times, operation } = given
      return emulator.failNext({ ...(kind === 'status' ? fault : { [kind]: true }), times, operation })
    }
    default:
      assert.fail(`no command is called ${command.do}`)
  }
}

/** Objects hold at least the members named, lists are as long. */
function assertHolds(value, expected, step) {
  if (Array.isArray(expected)) {
    assert.equal(value.length, expected.length, step)
    for (const [index, item] of expected.entries()) assertHolds(value[index], item, step)
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [name, member] of Object.entries(expected)) assertHolds(value[name], member, step)
  } else {
    assert.equal(value, expected, step)
  }
}

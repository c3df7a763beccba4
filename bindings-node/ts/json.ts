/** JSON in both directions without losing anything: numbers that are none of JavaScript's, values newer than this version. */

import { callSite, converting, errorFrom } from './errors'
import { hideNestedSecrets } from './inspection'
import { noted, parseMarked, SERVER_VALUES } from './json-reader'
import { type Fault, writeJson } from './json-writer'
import { native } from './native'

/**
 * Reads JSON text without losing a digit: an integer beyond 2^53 becomes a `bigint`, another number that a `number` would
 * round a `JsonNumber`. For webhooks and specs that were kept as text, and for the emulator's state.
 *
 * @throws {ValidationError} If the text is not JSON.
 * @example
 * const webhook = parse(await readFile('webhook.json', 'utf8')) as Webhook
 */
export function parse(text: string): unknown {
  try {
    // This also refuses text that is not JSON.
    const plain = JSON.parse(text)
    const marked = native.markJson(text)
    return noted(hideNestedSecrets(typeof marked === 'string' ? plain : parseMarked(marked)))
  } catch (problem) {
    const fault = ['text', `is not JSON: ${(problem as Error).message}`]
    throw errorFrom(native.refusal(JSON.stringify([fault]), false), callSite(parse))
  }
}

/**
 * Writes a value as JSON text without losing a digit: what `parse` reads, `bigint` and `JsonNumber` included.
 *
 * @throws {ValidationError} If the value has no JSON form, e.g. a function, `NaN` or an object that contains itself.
 * @example
 * await writeFile('webhook.json', stringify(await client.get(7)))
 */
export function stringify(value: unknown): string {
  return converting(stringify, () => {
    return toJson(value, 'value') ?? refuse([['value', 'is undefined, which has no JSON form']], false)
  })
}

/**
 * A value as JSON text; undefined for undefined. Throws for what has no JSON form: a ValidationError, or a ConfigError
 * for settings.
 */
export function toJson(value: unknown, name: string, settings = false): string | undefined {
  const { text, faults } = writeJson(value, name, !settings && name !== 'options')
  if (faults.length > 0) refuse(faults, settings)
  return text
}

function refuse(faults: Fault[], settings: boolean): never {
  throw errorFrom(native.refusal(JSON.stringify(faults), settings))
}

/**
 * What the add-on trusts of a spec's unknown enum values: those that it says came from its server, all that servers have
 * sent for a copy of a webhook that says nothing (by `structuredClone` or JSON); undefined if there are none.
 */
export function trustedValues(spec: unknown): string | undefined {
  if (typeof spec !== 'object' || spec === null) return undefined
  const values = (spec as Record<symbol, unknown>)[SERVER_VALUES]
  if (Array.isArray(values)) return JSON.stringify(values.map(String))
  // Only a webhook that a server has sent has an id.
  return (spec as { id?: unknown }).id === undefined ? undefined : 'true'
}

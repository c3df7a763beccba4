/** JSON in both directions without losing anything: numbers that are none of JavaScript's, values newer than this version. */

import { types } from 'node:util'
import { callSite, converting, errorFrom } from './errors'
import { ENUM_FIELDS } from './generated/fields'
import { hideNestedSecrets, hideSecrets } from './inspection'
import { JsonNumber, jsonNumberText } from './json-number'
import { type NativeAnswer, native } from './native'

/** Where a webhook keeps the enum values that only its server knows. A copy by `{ ...webhook }` takes them along. */
const SERVER_VALUES = Symbol.for('blynk-webhooks.serverValues')

/** The core refuses a field of more levels than 127; this only keeps the stack from overflowing. */
const MAX_LEVELS = 500

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
    // Also what refuses a text that is no JSON.
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
 * @throws {ValidationError} If the value has no JSON form, e.g. a function, `NaN` or an object that holds itself.
 * @example
 * await writeFile('webhook.json', stringify(await client.get(7)))
 */
export function stringify(value: unknown): string {
  return converting(stringify, () => {
    return toJson(value, 'value') ?? refuse([['value', 'is undefined, which has no JSON form']], false)
  })
}

/** How a value is written: where faults are noted, and what is allowed. */
interface Writing {
  readonly faults: [path: string, message: string][]
  /** The objects around the present one. */
  readonly above: object[]
  /** Whether half of a character may stand in a text: a server's may come back, a setting never holds one. */
  readonly halves: boolean
}

/**
 * A value as JSON text; undefined for undefined. Throws for what has no JSON form: a ValidationError, or a ConfigError
 * for settings.
 */
export function toJson(value: unknown, name: string, settings = false): string | undefined {
  const writing: Writing = { faults: [], above: [], halves: !settings && name !== 'options' }
  const text = write(value, name, writing)
  if (writing.faults.length > 0) refuse(writing.faults, settings)
  return text
}

function refuse(faults: Writing['faults'], settings: boolean): never {
  throw errorFrom(native.refusal(JSON.stringify(faults), settings))
}

function write(value: unknown, path: string, writing: Writing): string | undefined {
  switch (typeof value) {
    case 'string':
      return writing.halves || value.isWellFormed()
        ? JSON.stringify(value)
        : fault(writing, path, 'holds half of a character (a lone surrogate)')
    case 'number':
      return writeNumber(value, path, writing)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? 'null' : writeObject(value, path, writing)
    default:
      return fault(writing, path, `a ${typeof value} has no JSON form`)
  }
}

function fault({ faults }: Writing, path: string, message: string): string {
  faults.push([path, message])
  return 'null'
}

function writeNumber(value: number, path: string, writing: Writing): string {
  if (!Number.isFinite(value)) return fault(writing, path, `must be a finite number, is ${value}`)
  const size = Math.abs(value)
  if (Number.isInteger(value) && size > Number.MAX_SAFE_INTEGER && size < 1e21 && significantDigits(value) > 15) {
    return fault(writing, path, 'is beyond 2^53, where numbers are not exact: write it as a BigInt')
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

/** Up to 15 digits a number is sure to be the one that was written, e.g. 1e20. */
function significantDigits(value: number): number {
  return value.toExponential().replace(/^-|\.|e.*$/g, '').length
}

function writeObject(value: object, path: string, writing: Writing): string | undefined {
  const { above } = writing
  if (types.isBoxedPrimitive(value)) return writeBoxed(value, path, writing)
  if (above.includes(value)) return fault(writing, path, 'holds itself')
  if (above.length > MAX_LEVELS) return fault(writing, path, `is nested more than ${MAX_LEVELS} levels deep`)
  const { isRawJSON } = JSON as { isRawJSON?: (value: object) => boolean }
  if (isRawJSON?.call(JSON, value)) return JSON.stringify(value)
  if (value instanceof Map || value instanceof Set) {
    return fault(writing, path, 'a Map or Set has no JSON form; write an object or an array')
  }
  above.push(value)
  try {
    if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(''), path, writing)
    return Array.isArray(value) ? writeArray(value, path, writing) : writeMembers(value, path, writing)
  } finally {
    above.pop()
  }
}

function writeBoxed(value: object, path: string, writing: Writing): string | undefined {
  const text = jsonNumberText(value)
  if (text !== undefined) return text
  if (types.isNumberObject(value)) {
    const problem = 'is a Number object, e.g. what structuredClone makes of a JsonNumber: it has lost its digits'
    return fault(writing, path, `${problem}. Pass a number, a BigInt or a JsonNumber`)
  }
  return write(value.valueOf(), path, writing)
}

function writeArray(value: readonly unknown[], path: string, writing: Writing): string {
  const items: string[] = []
  for (let index = 0; index < value.length; index++) {
    const place = `${path}[${index}]`
    const item = write(value[index], place, writing)
    items.push(item ?? fault(writing, place, 'is undefined, which has no JSON form'))
  }
  return `[${items.join(',')}]`
}

function writeMembers(value: object, path: string, writing: Writing): string {
  let text = ''
  for (const name of Object.keys(value)) {
    // Fields of a spec are known by their own names, those inside them by the way to them.
    const place = writing.above.length > 1 ? `${path}.${name}` : name
    const member = write((value as Record<string, unknown>)[name], place, writing)
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${member}`
  }
  return `{${text}}`
}

/**
 * What the add-on trusts of a spec's unknown enum values: those that it says came from its server, all that servers have
 * sent for a copy of a webhook that says nothing (by `structuredClone` or JSON); undefined where there are none.
 */
export function trustedValues(spec: unknown): string | undefined {
  if (typeof spec !== 'object' || spec === null) return undefined
  const values = (spec as Record<symbol, unknown>)[SERVER_VALUES]
  if (Array.isArray(values)) return JSON.stringify(values.map(String))
  // Only what a server has sent has an id.
  return (spec as { id?: unknown }).id === undefined ? undefined : 'true'
}

/** The value of an answer; null is undefined. With its response, where that was asked for. */
export function fromAnswer(answer: NativeAnswer): unknown {
  if (answer === undefined) return undefined
  if (typeof answer === 'string') return JSON.parse(answer) ?? undefined
  const value = parseMarked(answer) ?? undefined
  if (answer.secret) hideSecrets(value)
  if (answer.unknown) noted(value)
  return answer.response === undefined ? value : { value, ...JSON.parse(answer.response) }
}

/** The webhook in an error. */
export function webhookFrom(json: string): unknown {
  const marked = native.markJson(json)
  return noted(hideSecrets(typeof marked === 'string' ? JSON.parse(marked) : parseMarked(marked)))
}

function parseMarked({ json, marker }: { readonly json: string; readonly marker?: string }): unknown {
  return JSON.parse(json, marker === undefined ? undefined : exactNumbers(marker))
}

/** Reads strings that begin with the marker as the numbers they stand for. */
function exactNumbers(marker: string): (name: string, value: unknown) => unknown {
  return (_, value) => {
    if (typeof value !== 'string' || !value.startsWith(marker)) return value
    const text = value.slice(marker.length)
    return /^-?\d+$/.test(text) ? BigInt(text) : new JsonNumber(text)
  }
}

/** Notes on the webhooks of a value the enum values that only their server knows. */
function noted(value: unknown): unknown {
  for (const webhook of Array.isArray(value) ? value : [value]) {
    if (typeof webhook !== 'object' || webhook === null || !('id' in webhook)) continue
    const values = Object.entries(ENUM_FIELDS)
      .filter(([field, known]) => typeof webhook[field] === 'string' && !Object.hasOwn(known, webhook[field]))
      .map(([field]) => webhook[field])
    if (values.length > 0) webhook[SERVER_VALUES] = values
  }
  return value
}

/** JSON in both directions without losing anything: large integers, values that are none, values newer than this version. */

import { errorFrom } from './errors'
import { type NativeAnswer, native } from './native'
import { AuthType, ContentType, Method, Status, Trigger } from './vocabulary'

/** Where a webhook keeps the enum values that only its server knows. A copy by `{ ...webhook }` takes them along. */
const SERVER_VALUES = Symbol.for('blynk-webhooks.serverValues')

const MOST_LEVELS = 100

/**
 * A value as JSON text; undefined for undefined. Throws for what has no JSON form: a ValidationError, or a ConfigError
 * for settings.
 */
export function toJson(value: unknown, name: string, settings = false): string | undefined {
  const faults: [path: string, message: string][] = []
  const text = write(value, name, [], faults)
  if (faults.length > 0) throw errorFrom(native.refusal(JSON.stringify(faults), settings))
  return text
}

function write(value: unknown, path: string, above: object[], faults: [string, string][]): string | undefined {
  const fault = (message: string) => {
    faults.push([path, message])
    return 'null'
  }
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : fault('holds half of a character (a lone surrogate)')
    case 'number':
      if (!Number.isFinite(value)) return fault(`must be a finite number, is ${value}`)
      if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
        return fault(`is beyond 2^53, where numbers are not exact: write it as a BigInt`)
      }
      return JSON.stringify(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? 'null' : writeObject(value, path, above, faults)
    default:
      return fault(`a ${typeof value} has no JSON form`)
  }
}

function writeObject(value: object, path: string, above: object[], faults: [string, string][]): string | undefined {
  if (above.includes(value) || above.length > MOST_LEVELS) {
    faults.push([path, above.includes(value) ? 'holds itself' : `is nested more than ${MOST_LEVELS} levels deep`])
    return 'null'
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return write(value.toJSON(''), path, [...above, value], faults)
  }
  if (value instanceof Map || value instanceof Set) {
    faults.push([path, 'a Map or Set has no JSON form; write an object or an array'])
    return 'null'
  }
  above.push(value)
  const text = Array.isArray(value) ? writeArray(value, path, above, faults) : writeMembers(value, path, above, faults)
  above.pop()
  return text
}

function writeArray(value: readonly unknown[], path: string, above: object[], faults: [string, string][]): string {
  const items: string[] = []
  for (let index = 0; index < value.length; index++) {
    const place = `${path}[${index}]`
    const item = write(value[index], place, above, faults)
    if (item === undefined) faults.push([place, 'is undefined, which has no JSON form'])
    else items.push(item)
  }
  return `[${items.join(',')}]`
}

function writeMembers(value: object, path: string, above: object[], faults: [string, string][]): string {
  let text = ''
  for (const name of Object.keys(value)) {
    // Fields of a spec are known by their own names, those inside them by the way to them.
    const member = write(
      (value as Record<string, unknown>)[name],
      above.length > 1 ? `${path}.${name}` : name,
      above,
      faults,
    )
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${member}`
  }
  return `{${text}}`
}

/** The unknown enum values of a spec that came from the server, as JSON; undefined where there are none. */
export function trustedValues(spec: unknown): string | undefined {
  const values =
    typeof spec === 'object' && spec !== null ? (spec as Record<symbol, unknown>)[SERVER_VALUES] : undefined
  return Array.isArray(values) ? JSON.stringify(values.map(String)) : undefined
}

/** The value of an answer. */
export function fromAnswer(answer: NativeAnswer): unknown {
  if (answer === undefined) return undefined
  const { json, marker, unknown } =
    typeof answer === 'string' ? { json: answer, marker: undefined, unknown: false } : answer
  const value = JSON.parse(json, marker === undefined ? undefined : exactIntegers(marker))
  for (const webhook of Array.isArray(value) ? value : [value]) {
    if (webhook?.oAuth2Request) hideFromInspection(webhook.oAuth2Request)
    if (unknown) noteServerValues(webhook)
  }
  return value
}

/** Reads strings that begin with the marker as the integers they stand for. */
function exactIntegers(marker: string): (name: string, value: unknown) => unknown {
  return (_, value) =>
    typeof value === 'string' && value.startsWith(marker) ? BigInt(value.slice(marker.length)) : value
}

/** Keeps a secret out of `console.log` and `util.inspect`; the object itself stays as it is. */
function hideFromInspection(secret: object): void {
  Object.defineProperty(secret, Symbol.for('nodejs.util.inspect.custom'), { value: () => '<redacted>' })
}

const VOCABULARIES = { trigger: Trigger, method: Method, contentType: ContentType, authType: AuthType, status: Status }

function noteServerValues(webhook: Record<string | symbol, unknown>): void {
  const values = Object.entries(VOCABULARIES)
    .filter(([field, known]) => typeof webhook[field] === 'string' && !Object.hasOwn(known, webhook[field]))
    .map(([field]) => webhook[field])
  if (values.length > 0) webhook[SERVER_VALUES] = values
}

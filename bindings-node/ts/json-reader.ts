/** Reads what the add-on answers: every digit of its numbers, no secret in the console, and what only the server knows. */

import { ENUM_FIELDS } from './generated/fields'
import { hideSecrets } from './inspection'
import { JsonNumber } from './json-number'
import { type NativeAnswer, native } from './native'

/** Where a webhook keeps the enum values that only its server knows. A copy by `{ ...webhook }` takes them along. */
export const SERVER_VALUES = Symbol.for('blynk-webhooks.serverValues')

/** The value of an answer; null is undefined. With its response, if that was requested. */
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

/** JSON text in which a marker may stand before the digits of numbers. */
export function parseMarked({ json, marker }: { readonly json: string; readonly marker?: string }): unknown {
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
export function noted(value: unknown): unknown {
  for (const webhook of Array.isArray(value) ? value : [value]) {
    if (typeof webhook !== 'object' || webhook === null || !('id' in webhook)) continue
    const values = Object.entries(ENUM_FIELDS)
      .filter(([field, known]) => typeof webhook[field] === 'string' && !Object.hasOwn(known, webhook[field]))
      .map(([field]) => webhook[field])
    if (values.length > 0) webhook[SERVER_VALUES] = values
  }
  return value
}

/** Writes a value as JSON text. */

import { types } from 'node:util'
import { jsonNumberText } from './json-number'

/** The core refuses a field of more levels than 127; this only keeps the stack from overflowing. */
const MAX_LEVELS = 500

/** A value that has no JSON form: its path, and what is wrong with it. */
export type Fault = [path: string, message: string]

/** How a value is written: where faults are noted, and what is allowed. */
interface Writing {
  readonly faults: Fault[]
  /** The objects around the present one. */
  readonly above: object[]
  /** Whether half of a character may stand in a text: a server's may come back, a setting never holds one. */
  readonly halves: boolean
}

/** A value as JSON text, undefined for undefined, and the faults in it, which are written as null. */
export function writeJson(
  value: unknown,
  name: string,
  halves: boolean,
): { text: string | undefined; faults: Fault[] } {
  const writing: Writing = { faults: [], above: [], halves }
  return { text: write(value, name, writing), faults: writing.faults }
}

function write(value: unknown, path: string, writing: Writing): string | undefined {
  switch (typeof value) {
    case 'string':
      return writing.halves || value.isWellFormed()
        ? JSON.stringify(value)
        : fault(writing, path, 'contains half of a character (a lone surrogate)')
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
  if (above.includes(value)) return fault(writing, path, 'contains itself')
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

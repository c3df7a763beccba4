/** Settings and options on their way to the add-on, which checks them. */

import { errorFrom } from './errors'
import { toJson } from './json'
import { native } from './native'
import type { HeadersInit } from './option-types'

/** Settings of a client or an emulator as JSON. */
export function settingsJson(settings: unknown): string {
  // The add-on refuses what is not an object.
  const plain = typeof settings === 'object' && settings !== null ? withPlainValues(settings) : settings
  return toJson(plain, 'options', true) ?? 'null'
}

/** A call's options: those that the add-on does not read, and the others, if any, as JSON. */
export interface ReadOptions {
  signal?: AbortSignal | undefined
  /** As JSON. */
  expected?: string | undefined
  text?: string | undefined
}

/** Takes a call's options apart. */
export function readOptions(options: unknown): ReadOptions {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return { text: toJson(options, 'options') ?? 'null' }
  }
  const { signal, expected, ...rest } = options as { signal?: unknown; expected?: unknown }
  if (signal !== undefined && !isSignal(signal)) {
    throw errorFrom(native.refusal(JSON.stringify([['signal', 'must be an AbortSignal']]), false))
  }
  const text = Object.keys(rest).length === 0 ? undefined : toJson(withPlainValues(rest), 'options')
  return { signal, text, expected: toJson(expected, 'expected') }
}

/** An option that is a function, if it is set. */
export function readFunction<F extends (...args: never[]) => unknown>(
  name: string,
  value: F | undefined,
  settings = false,
): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw errorFrom(native.refusal(JSON.stringify([[name, 'must be a function']]), settings))
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/** Headers of every form as an object, PEM as text; what is none stays as it is, for the add-on to refuse. */
function withPlainValues(settings: object): object {
  let plain = settings
  const { headers, ...pem } = settings as { headers?: HeadersInit | null; ca?: unknown; targetCa?: unknown }
  if (typeof headers === 'object' && headers !== null && Symbol.iterator in headers) {
    const pairs: unknown[] = [...(headers as Iterable<unknown>)]
    plain = { ...plain, headers: pairs.every(isPair) ? Object.fromEntries(pairs) : pairs }
  }
  for (const name of ['ca', 'targetCa'] as const) {
    const value = pem[name]
    if (typeof value === 'object' && value !== null) plain = { ...plain, [name]: pemText(value) }
  }
  return plain
}

function pemText(ca: object): unknown {
  const parts = ca instanceof Uint8Array ? [ca] : Array.isArray(ca) ? ca : undefined
  const texts = parts?.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : part))
  return texts?.every((text) => typeof text === 'string') ? texts.join('\n') : ca
}

function isPair(value: unknown): value is [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}

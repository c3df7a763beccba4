/** Settings and options on their way to the add-on, which checks them. */

import { errorFrom } from './errors'
import { toJson } from './json'
import { native } from './native'
import type { HeadersInit } from './option-types'

/** Settings of a client or an emulator as JSON. */
export function settingsJson(settings: object): string {
  return toJson(withPlainHeaders(settings), 'options', true) ?? '{}'
}

/** A call's options: its signal, and the others as JSON where there are any. */
export function readOptions(options: unknown): { signal?: AbortSignal; text?: string | undefined } {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return { text: toJson(options, 'options') ?? 'null' }
  }
  const { signal, ...rest } = options as { signal?: unknown }
  if (signal !== undefined && !isSignal(signal)) {
    throw errorFrom(native.refusal(JSON.stringify([['signal', 'must be an AbortSignal']]), false))
  }
  const text = Object.keys(rest).length === 0 ? undefined : toJson(withPlainHeaders(rest), 'options')
  return signal === undefined ? { text } : { signal, text }
}

/** An option that is a function, where it is there. */
export function readFunction<F extends (...args: never[]) => unknown>(
  name: string,
  value: F | undefined,
): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw errorFrom(native.refusal(JSON.stringify([[name, 'must be a function']]), false))
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/** Headers of every form as an object; what is none stays as it is, for the add-on to refuse. */
function withPlainHeaders(settings: object): object {
  const { headers } = settings as { headers?: HeadersInit | null }
  if (typeof headers !== 'object' || headers === null || !(Symbol.iterator in headers)) return settings
  const pairs: unknown[] = [...(headers as Iterable<unknown>)]
  return { ...settings, headers: pairs.every(isPair) ? Object.fromEntries(pairs) : pairs }
}

function isPair(value: unknown): value is [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}

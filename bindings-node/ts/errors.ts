/** Errors of the tree, from what the add-on rejects with or throws. */

import { ERROR_CLASSES } from './generated/error-classes'
import { TransportError } from './generated/errors'
import { webhookFrom } from './json-reader'
import { causeOf } from './system-error'
import { thrownReason } from './thrown'
import { WebhooksError } from './webhooks-error'

export * from './generated/errors'
export { type ErrorFields, WebhooksError } from './webhooks-error'

type ErrorClass = new (message: string, fields: object) => WebhooksError

const CLASSES = new Map<string, ErrorClass>()

for (const [errorClass, code] of ERROR_CLASSES) {
  CLASSES.set(errorClass.name, errorClass)
  // On the prototypes, as the language's own errors have their names.
  const define = (name: string, value: unknown) =>
    Object.defineProperty(errorClass.prototype, name, { value, configurable: true, writable: true })
  define('name', errorClass.name)
  define('code', code)
}

/** Where a call was made: an object with a `stack`. */
export interface CallSite {
  stack?: string
}

/** A function, or a class. */
type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)

/** Where a function was called, which is on the stack now. */
export function callSite(caller: Callable): CallSite {
  const site: CallSite = {}
  Error.captureStackTrace(site, caller as (...args: never[]) => unknown)
  return site
}

/**
 * Converts a caller's values: an error of the tree shows where the caller was called; what the user's own code throws, e.g.
 * a getter, stays as it is.
 */
export function converting<T>(caller: Callable, convert: () => T): T {
  try {
    return convert()
  } catch (failure) {
    throw failure instanceof WebhooksError ? errorFrom(failure, callSite(caller)) : failure
  }
}

/** Runs a function of the add-on: what it throws becomes an error of the tree that shows where the caller was called. */
export function calling<T>(caller: Callable, run: () => T): T {
  try {
    return run()
  } catch (failure) {
    throw errorFrom(failure, callSite(caller))
  }
}

/**
 * The error of what the add-on rejects with or throws, with the stack of the call that failed. What a function of the user
 * has thrown is that, unchanged.
 */
export function errorFrom(failure: unknown, site?: CallSite): unknown {
  const error = failure instanceof WebhooksError ? failure : build(messageOf(failure))
  const stack = site?.stack
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1
  if (error instanceof WebhooksError && stack !== undefined && frames >= 0) {
    const value = `${error.name}: ${error.message}${stack.slice(frames)}`
    Object.defineProperty(error, 'stack', { value, configurable: true, writable: true })
  }
  return error
}

/** The message of an error, also of one of another realm: in Jest the add-on's errors are not those of the tests. */
function messageOf(failure: unknown): string {
  const isObject = typeof failure === 'object' && failure !== null
  return String(isObject && 'message' in failure ? failure.message : failure)
}

function build(text: string): unknown {
  let told: { class: string; message: string; thrown?: number; current?: { json: string }; causeCode?: string }
  try {
    told = JSON.parse(text)
  } catch {
    return new WebhooksError(text)
  }
  const { class: name, message, thrown, current, causeCode, ...fields } = told
  if (thrown !== undefined) return thrownReason(thrown)
  const all = current === undefined ? fields : { ...fields, current: webhookFrom(current.json) }
  const error = new (CLASSES.get(name) ?? WebhooksError)(message, all)
  const cause = error instanceof TransportError ? causeOf(message, causeCode) : undefined
  if (cause) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  return error
}

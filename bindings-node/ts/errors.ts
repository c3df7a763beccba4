/** The error tree: the same classes as in the project's other languages. */

import type { Violation } from './model'
import { systemErrorIn } from './system-error'

/** Stable code of an error, one for each class. */
export type ErrorCode =
  | 'WEBHOOKS'
  | 'CONFIG'
  | 'VALIDATION'
  | 'TRANSPORT'
  | 'CONNECT'
  | 'REQUEST_TIMEOUT'
  | 'RESPONSE'
  | 'AUTH'
  | 'API'
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'SERVER'

/** The fields that an error class adds to its message, for making one in a test. */
export type ErrorFields<Class> = {
  readonly [Field in Exclude<keyof Class, keyof Error | 'code' | 'toJSON'>]?: Class[Field]
}

/**
 * Any error of this package; each has a class and a stable `code`. The message says what was wrong, where, and what to
 * do; no secret is in it.
 *
 * @example
 * try {
 *   await client.get(7)
 * } catch (error) {
 *   if (error instanceof NotFoundError) console.log(error.status, error.requestId)
 *   else throw error
 * }
 */
export class WebhooksError extends Error {
  /** Stable code of the class, e.g. `NOT_FOUND`. */
  declare readonly code: ErrorCode
  /**
   * True where the server may have created a webhook although `create` failed here: list before you repeat it. The other
   * operations do the same however often they run.
   */
  declare readonly outcomeUnknown: boolean
  /** Request id of the answer, where there was one. */
  declare readonly requestId?: string

  constructor(message?: string, fields?: object, options?: ErrorOptions) {
    super(message, options)
    Object.assign(this, fields)
  }

  /** What is known of the error, for structured logs: all but the stack. */
  toJSON(): { name: string; code: ErrorCode; message: string; [field: string]: unknown } {
    const { name, code, message } = this
    return Object.assign({ name, code, message }, { ...this } as object)
  }
}

/** The client was set up wrongly; nothing was sent. */
export class ConfigError extends WebhooksError {
  constructor(message?: string, fields?: ErrorFields<ConfigError>, options?: ErrorOptions) {
    super(message, fields, options)
  }
}

/** The arguments break the contract or have a wrong type; nothing was sent. */
export class ValidationError extends WebhooksError {
  /** Every finding at once. */
  declare readonly violations: readonly Violation[]

  constructor(message?: string, fields?: ErrorFields<ValidationError>, options?: ErrorOptions) {
    super(message, { violations: [], ...fields }, options)
  }
}

/** The connection broke while a request was under way. Where the system says why, `cause.code` is e.g. `ECONNRESET`. */
export class TransportError extends WebhooksError {
  /** HTTP method. */
  declare readonly method: string
  /** URL, without secrets. */
  declare readonly url: string
  /** How many times the request was sent or tried. */
  declare readonly attempts: number

  constructor(message?: string, fields?: ErrorFields<TransportError>, options?: ErrorOptions) {
    super(message, fields, options)
  }
}

/** No connection could be made: the call did not run. Where the system says why, `cause.code` is e.g. `ECONNREFUSED`. */
export class ConnectError extends TransportError {}

/** The deadline passed. */
export class RequestTimeoutError extends TransportError {}

/** The answer cannot be understood. */
export class ResponseError extends WebhooksError {
  /** HTTP method. */
  declare readonly method: string
  /** URL, without secrets. */
  declare readonly url: string
  /** How many times the request was sent. */
  declare readonly attempts: number

  constructor(message?: string, fields?: ErrorFields<ResponseError>, options?: ErrorOptions) {
    super(message, fields, options)
  }
}

/** The token endpoint refused. */
export class AuthError extends WebhooksError {
  /** HTTP status. */
  declare readonly status: number
  /** OAuth2 error code, e.g. `invalid_client`. */
  declare readonly error: string
  /** What the server says of it. */
  declare readonly errorDescription?: string
  /** URL of the token endpoint. */
  declare readonly url: string

  constructor(message?: string, fields?: ErrorFields<AuthError>, options?: ErrorOptions) {
    super(message, fields, options)
  }
}

/** The API answered with an error; the class of one whose status has no class of its own. */
export class ApiError extends WebhooksError {
  /** HTTP status. */
  declare readonly status: number
  /** HTTP method. */
  declare readonly method: string
  /** URL, without secrets. */
  declare readonly url: string
  /** The answer's body, or the beginning of a long one. */
  declare readonly body: string
  /** How long the server asks to wait, in seconds. */
  declare readonly retryAfter?: number
  /** Where a redirect points that was not followed: of an answer with a status 3xx. */
  declare readonly location?: string

  constructor(message?: string, fields?: ErrorFields<ApiError>, options?: ErrorOptions) {
    super(message, fields, options)
  }
}

/** 400: the server names what is wrong with the request. */
export class BadRequestError extends ApiError {}

/** 401: the token was not accepted. */
export class UnauthorizedError extends ApiError {}

/** 403: the token may not do this. */
export class ForbiddenError extends ApiError {}

/** 404: there is no such webhook, or these credentials do not reach it. */
export class NotFoundError extends ApiError {}

/** 409: the request conflicts with what the server holds. */
export class ConflictError extends ApiError {}

/** 429: too many requests; `retryAfter` says how long to wait, where the server does. */
export class RateLimitedError extends ApiError {}

/** 5xx: the server failed, not the request. */
export class ServerError extends ApiError {}

type ErrorClass = new (message: string, fields: object) => WebhooksError

/** Each class with its code. */
const CODES: readonly (readonly [ErrorClass, ErrorCode])[] = [
  [WebhooksError, 'WEBHOOKS'],
  [ConfigError, 'CONFIG'],
  [ValidationError, 'VALIDATION'],
  [TransportError, 'TRANSPORT'],
  [ConnectError, 'CONNECT'],
  [RequestTimeoutError, 'REQUEST_TIMEOUT'],
  [ResponseError, 'RESPONSE'],
  [AuthError, 'AUTH'],
  [ApiError, 'API'],
  [BadRequestError, 'BAD_REQUEST'],
  [UnauthorizedError, 'UNAUTHORIZED'],
  [ForbiddenError, 'FORBIDDEN'],
  [NotFoundError, 'NOT_FOUND'],
  [ConflictError, 'CONFLICT'],
  [RateLimitedError, 'RATE_LIMITED'],
  [ServerError, 'SERVER'],
]

const CLASSES = new Map<string, ErrorClass>()

for (const [errorClass, code] of CODES) {
  CLASSES.set(errorClass.name, errorClass)
  // On the prototypes, as the language's own errors have their names.
  const define = (name: string, value: unknown) =>
    Object.defineProperty(errorClass.prototype, name, { value, configurable: true, writable: true })
  define('name', errorClass.name)
  define('code', code)
}
Object.defineProperty(WebhooksError.prototype, 'outcomeUnknown', { value: false, configurable: true, writable: true })

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

/** Runs a function of the add-on: whatever it throws becomes an error of the tree that shows where the caller was called. */
export function calling<T>(caller: Callable, run: () => T): T {
  try {
    return run()
  } catch (failure) {
    throw errorFrom(failure, callSite(caller))
  }
}

/** The error of what the add-on rejects with or throws, with the stack of the call that failed. */
export function errorFrom(failure: unknown, site?: CallSite): WebhooksError {
  const error = failure instanceof WebhooksError ? failure : build(messageOf(failure))
  const stack = site?.stack
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1
  if (stack !== undefined && frames >= 0) {
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

function build(text: string): WebhooksError {
  try {
    const { class: name, message, ...fields } = JSON.parse(text)
    const error = new (CLASSES.get(name) ?? WebhooksError)(message, fields)
    const cause = error instanceof TransportError ? systemErrorIn(message) : undefined
    if (cause) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
    return error
  } catch {
    return new WebhooksError(text)
  }
}

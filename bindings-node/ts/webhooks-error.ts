/** The class above all errors of this package. */

import type { CommonAttributes, ErrorCode } from './generated/errors'

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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the attributes are on the prototype or set by the constructor
export class WebhooksError extends Error {
  constructor(message?: string, fields?: object, options?: ErrorOptions) {
    super(message, options)
    Object.assign(this, fields)
    if (fields !== undefined && 'current' in fields) {
      // A webhook may contain secrets, and logs print what is enumerable.
      Object.defineProperty(this, 'current', { enumerable: false })
    }
  }

  /** What is known of the error, for structured logs: all but the stack, and the webhook in `current`. */
  toJSON(): { name: string; code: ErrorCode; message: string; [field: string]: unknown } {
    const { name, code, message } = this
    return Object.assign({ name, code, message }, { ...this } as object)
  }
}

// The attributes that every class has are declared by the core.
export interface WebhooksError extends CommonAttributes {}

Object.defineProperty(WebhooksError.prototype, 'outcomeUnknown', { value: false, configurable: true, writable: true })

/** Why a connection failed, in the form of Node's own errors. */

import { getSystemErrorMap } from 'node:util'

/**
 * Why a connection failed: an error of the operating system (`ECONNREFUSED`), of name resolution (`ENOTFOUND`), or of a
 * server's certificate (`CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`).
 */
export interface SystemError extends Error {
  /** Name of the error, e.g. `ECONNREFUSED`. */
  readonly code: string
  /** Its number, negative as in Node; absent for certificates. */
  readonly errno?: number
}

/** The cause of an error with this message and the core's name for the cause; undefined where neither says one. */
export function causeOf(message: string, code: string | undefined): SystemError | undefined {
  const number = /\(os error (\d+)\)/.exec(message)?.[1]
  const errno = code === undefined ? -Number(number) : numbers().get(code)
  const [name, text] = code === undefined ? (getSystemErrorMap().get(errno ?? 0) ?? []) : [code, undefined]
  if (name === undefined) return undefined
  const error = new Error(text === undefined ? message : `${name}: ${text}`)
  // It happened outside JavaScript: there is no line to show.
  error.stack = String(error)
  return Object.assign(error, errno === undefined ? { code: name } : { code: name, errno })
}

/** The numbers of error names; name resolution has its own name for one of them. */
function numbers(): Map<string, number> {
  const numbers = new Map(Array.from(getSystemErrorMap(), ([errno, [name]]) => [name, errno]))
  const notFound = numbers.get('EAI_NONAME')
  return notFound === undefined ? numbers : numbers.set('ENOTFOUND', notFound)
}

/** The system's word on a connection that failed, in the form of Node's own errors. */

import { getSystemErrorMap } from 'node:util'

/** An error of the operating system, e.g. with the code `ECONNREFUSED`. */
export interface SystemError extends Error {
  /** Name of the error, e.g. `ECONNREFUSED`. */
  readonly code: string
  /** Its number, negative as in Node. */
  readonly errno: number
}

/** The system error that a message names by its number; undefined where it names none that Node knows. */
export function systemErrorIn(message: string): SystemError | undefined {
  const number = /\(os error (\d+)\)/.exec(message)?.[1]
  if (number === undefined) return undefined
  const errno = -Number(number)
  const [code, text] = getSystemErrorMap().get(errno) ?? []
  if (code === undefined) return undefined
  const error = new Error(`${code}: ${text}`)
  // It happened outside JavaScript: there is no line to show.
  error.stack = String(error)
  return Object.assign(error, { code, errno })
}

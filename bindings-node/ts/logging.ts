/** What a client tells of its work, and to whom. */

import { calling } from './errors'
import { listenFor, tell } from './events'
import { type LogTarget, native } from './native'

/** How important an event is, from the most important on; `off` for none. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** The facts of an event. Holds no token, no secret and no body. */
export interface LogFields {
  /** When it happened, in epoch milliseconds. */
  readonly time: number
  /** What else there is to say, e.g. `method`, `url`, `status`, `attempt`. */
  readonly [field: string]: unknown
}

/** Takes events: `console`, or the logger of a library such as pino or winston. A method that is absent takes none. */
export interface Logger {
  error?(message: string, fields: LogFields): void
  warn?(message: string, fields: LogFields): void
  info?(message: string, fields: LogFields): void
  debug?(message: string, fields: LogFields): void
  trace?(message: string, fields: LogFields): void
}

/** The numbers by which the add-on knows loggers. Clients hold their loggers, this does not. */
const numbers = new WeakMap<Logger, number>()
let common: { logger: Logger | null; level: LogLevel } | undefined

/**
 * Sets the logger of clients that are created from now on, unless they have their own `logger`. Without it,
 * the environment variable `BLYNK_LOG` names a level, and lines go to standard error.
 *
 * @param logger Receives the log records; null: no log, regardless of the environment.
 * @param level The least important events that are wanted. Default: `info`.
 * @throws {ConfigError} If the logger is not an object or the level does not exist.
 * @example
 * setLogger(console, 'debug')
 */
export function setLogger(logger: Logger | null, level: LogLevel = 'info'): void {
  calling(setLogger, () => check(logger, level))
  common = { logger, level }
}

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace', 'off']

function check(logger: unknown, level: unknown): void {
  const faults: [name: string, message: string][] = []
  if (logger === undefined || (typeof logger !== 'object' && typeof logger !== 'function')) {
    faults.push(['logger', 'must be an object with methods such as info and debug, or null'])
  }
  if (!LEVELS.includes(level as LogLevel)) faults.push(['logLevel', `must be one of ${LEVELS.join(', ')}`])
  if (faults.length > 0) throw native.refusal(JSON.stringify(faults), true)
}

/** Where the events of a client go, by its own options, else by `setLogger`, else by the environment. */
export function logTarget(logger: Logger | null | undefined, level: LogLevel | undefined): LogTarget | undefined {
  check(logger ?? null, level ?? 'info')
  const chosen = logger === undefined ? common : { logger, level: level ?? 'info' }
  if (chosen === undefined) {
    const wanted = level ?? process.env['BLYNK_LOG']
    return wanted === undefined || wanted === '' ? undefined : { level: wanted }
  }
  if (chosen.logger === null) return undefined
  return { level: level ?? chosen.level, logger: numberOf(chosen.logger) }
}

function numberOf(logger: Logger): number {
  const known = numbers.get(logger)
  if (known !== undefined) return known
  const number = listenFor(logger, (logger, event) => {
    const { level, message, fields } = event as { level: keyof Logger; message: string; fields: LogFields }
    if (logger) tell('a logger', logger, () => logger[level]?.(message, fields))
  })
  numbers.set(logger, number)
  return number
}

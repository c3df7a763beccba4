/** How a client is set up, and what a call may do differently. */

import type { CallSettings, ClientSettings, CreateSettings, ListSettings, UpdateSettings } from './generated/options'
import type { Logger, LogLevel } from './logging'
import type { Webhook } from './model'
import type { Attempt } from './option-types'

export type { Attempt, HeadersInit, ProvidedToken, TokenSource } from './option-types'

/** Settings of a `WebhookClient`: either `token`, or `clientId` and `clientSecret`. */
export interface ClientOptions extends ClientSettings {
  /**
   * Receives the client's log records, e.g. `console`; null: no log. Default: the logger of `setLogger`, otherwise lines
   * on standard error if the environment variable `BLYNK_LOG` names a level.
   */
  readonly logger?: Logger | null | undefined
  /** The least important events that the logger gets. Default: `info` with a logger, else what `BLYNK_LOG` says. */
  readonly logLevel?: LogLevel | undefined
  /** Receives each attempt of a request, after its end. If it throws, the call goes on. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined
  /**
   * Whether calls create spans of OpenTelemetry, if the program has registered a tracer provider, and send its headers
   * (`traceparent`) with each request. Default: true.
   */
  readonly openTelemetry?: boolean | undefined
}

/** What any call may do differently from its client. */
export interface CallOptions extends CallSettings {
  /** Ends the call: it rejects with the signal's reason, and its request is closed. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `list`. */
export interface ListOptions extends CallOptions, ListSettings {}

/** Options of `create`. */
export interface CreateOptions extends CallOptions, CreateSettings {}

/** Options of calls that change a webhook. */
export interface WriteOptions extends CallOptions {
  /**
   * The webhook that the server must hold still. It is read again first and compared in content and time of the last change;
   * a difference rejects with a `PreconditionFailedError`, whose `current` is what the server holds, and nothing is written.
   * Another writer can still come between this reading and the write: the race is narrowed, not closed.
   */
  readonly expected?: Webhook | undefined
}

/** Options of `update`. */
export interface UpdateOptions extends WriteOptions, UpdateSettings {}

/** What the calls of a client made by `withOptions` have in common. */
export interface CommonOptions extends CallSettings, CreateSettings, UpdateSettings {}

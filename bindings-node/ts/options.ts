/** How a client is set up, and what a call may do differently. */

import type { CallSettings, ClientSettings, CreateSettings, ListSettings, UpdateSettings } from './generated/options'
import type { Logger, LogLevel } from './logging'
import type { Webhook } from './model'
import type { Attempt } from './option-types'

export type { Attempt, HeadersInit, ProvidedToken, TokenSource } from './option-types'

/** Settings of a `WebhookClient`: either `token`, or `clientId` and `clientSecret`. */
export interface ClientOptions extends ClientSettings {
  /**
   * Takes what the client tells of its work, e.g. `console`; null: nobody does. Default: what `setLogger` says, else lines
   * on standard error where the environment variable `BLYNK_LOG` names a level.
   */
  readonly logger?: Logger | null | undefined
  /** The least important events that the logger gets. Default: `info` with a logger, else what `BLYNK_LOG` says. */
  readonly logLevel?: LogLevel | undefined
  /** Is told of each attempt of a request, after its end. One that throws breaks no call. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined
  /**
   * Whether calls make spans of OpenTelemetry, where the program has registered a tracer provider, and send its headers
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

/** How a client is set up, and what a call may do differently. */

import type { CallSettings, ClientSettings, CreateSettings, ListSettings, UpdateSettings } from './generated/options'
import type { Logger, LogLevel } from './logging'

export type { HeadersInit } from './option-types'

/** Settings of a `WebhookClient`: either `token`, or `clientId` and `clientSecret`. */
export interface ClientOptions extends ClientSettings {
  /**
   * Takes what the client tells of its work, e.g. `console`; null: nobody does. Default: what `setLogger` says, else lines
   * on standard error where the environment variable `BLYNK_LOG` names a level.
   */
  readonly logger?: Logger | null | undefined
  /** The least important events that the logger gets. Default: `info` with a logger, else what `BLYNK_LOG` says. */
  readonly logLevel?: LogLevel | undefined
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

/** Options of `update`. */
export interface UpdateOptions extends CallOptions, UpdateSettings {}

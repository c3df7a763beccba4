/** How a client is set up, and what a call may do differently. */

import type { Logger, LogLevel } from './logging'

/** HTTP headers: an object, a `Headers`, a `Map` or pairs. */
export type HeadersInit = { readonly [name: string]: string } | Iterable<readonly [string, string]>

/** Settings of a `WebhookClient`: either `token`, or `clientId` and `clientSecret`. */
export interface ClientOptions {
  /** The server, e.g. `https://fra1.blynk.cloud`. Default: `https://blynk.cloud`. */
  readonly baseUrl?: string | URL | undefined
  /** A token that was obtained elsewhere; it is not renewed. */
  readonly token?: string | undefined
  /** OAuth2 client ID; tokens are then fetched, kept and renewed. */
  readonly clientId?: string | undefined
  /** OAuth2 client secret. */
  readonly clientSecret?: string | undefined
  /** The organization of `list` and `create`, where a call names no other. Default: the token's. */
  readonly orgId?: number | undefined
  /** Time for a whole call (token, attempts and pauses) in milliseconds; null: no deadline. Default: 30,000. */
  readonly timeoutMs?: number | null | undefined
  /** Time for making one connection, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Repeats after the first attempt, where a repeat is safe. Default: 2. */
  readonly maxRetries?: number | undefined
  /** Whether specs are checked before they are sent. Default: true. */
  readonly validate?: boolean | undefined
  /** An HTTP proxy for every request. Default: what the system says (`HTTPS_PROXY`, `NO_PROXY`). */
  readonly proxy?: string | URL | undefined
  /** A PEM file with certificate authorities to trust beside the system's. */
  readonly caFile?: string | undefined
  /** Allows plain http to hosts other than loopback: the token is then readable on the way. Default: false. */
  readonly allowHttp?: boolean | undefined
  /** Headers for every request. */
  readonly headers?: HeadersInit | undefined
  /** Most sockets open at once; further calls wait, within their time. Default: 100. */
  readonly maxConnections?: number | undefined
  /**
   * Takes what the client tells of its work, e.g. `console`; null: nobody does. Default: what `setLogger` says, else lines
   * on standard error where the environment variable `BLYNK_LOG` names a level.
   */
  readonly logger?: Logger | null | undefined
  /** The least important events that the logger gets. Default: `info` with a logger, else what `BLYNK_LOG` says. */
  readonly logLevel?: LogLevel | undefined
}

/** What any call may do differently from its client. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason, and its request is closed. */
  readonly signal?: AbortSignal | undefined
  /** Time for the whole call, in milliseconds; null: no deadline. */
  readonly timeoutMs?: number | null | undefined
  /** Repeats after the first attempt, where a repeat is safe. */
  readonly maxRetries?: number | undefined
  /** Headers beside the client's. */
  readonly headers?: HeadersInit | undefined
}

/** Options of `list`. */
export interface ListOptions extends CallOptions {
  /** The organization, in the place of the client's. */
  readonly orgId?: number | undefined
}

/** Options of `create`. */
export interface CreateOptions extends ListOptions {
  /**
   * Where a create is lost on the way and may have run, look for the webhook in the list before answering. One that is
   * equal in every field of the spec and has the highest id is taken for the created one. A quarter of the call's time is
   * kept for it. Default: false.
   */
  readonly reconcile?: boolean | undefined
}

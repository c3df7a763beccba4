/** Types of settings and options that the core's declaration does not name. */

/** HTTP headers: an object, a `Headers`, a `Map` or pairs. */
export type HeadersInit = { readonly [name: string]: string } | Iterable<readonly [string, string]>

/** A token from elsewhere. */
export interface ProvidedToken {
  /** The token. */
  readonly token: string
  /** Its life in seconds. Without it, the token is used until the API refuses it. */
  readonly expiresIn?: number | undefined
}

/**
 * A function that provides tokens, e.g. from a vault. It is called when the first call needs a token, before the end of a
 * token's life, and once after the API has refused one; never twice at once, however many calls wait. Its time counts against
 * their deadlines. What it throws reaches them unchanged, and the next call asks again.
 */
export type TokenSource = () => string | ProvidedToken | Promise<string | ProvidedToken>

/** One attempt of a request, after its end. Contains no secret. */
export interface Attempt {
  /** Name of the operation, e.g. `patch`, which makes more than one request; `token` for a request for a token. */
  readonly operation: string
  /** HTTP method. */
  readonly method: string
  /** URL, without secrets. */
  readonly url: string
  /** Number of the attempt, from 1. */
  readonly number: number
  /** HTTP status, if there was a response. */
  readonly status?: number
  /** Why there was no response. */
  readonly error?: string
  /** When it began, in milliseconds since 1970 (UTC). */
  readonly startedAt: number
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number
  /** Request ID of the response. */
  readonly requestId?: string
  /** Pause before the next attempt, in milliseconds; absent for the last one. */
  readonly pauseMs?: number
}

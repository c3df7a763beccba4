/** What goes over the wire, as plain readonly objects with the wire's own names. */

import type { WebhookSpec } from './generated/fields'
import type { Method } from './generated/vocabulary'

export type { Webhook, WebhookSpec } from './generated/fields'

/** An integer: a `bigint` if it is beyond 2^53, because a `number` cannot hold it exactly. */
export type Integer = number | bigint

/** A free JSON object. Integers beyond 2^53 are `bigint`. */
export type JsonObject = { readonly [member: string]: unknown }

/** A spec that is not finished, for `validate`, `placeholders` and `render`. */
export type WebhookDraft = { readonly [Field in keyof WebhookSpec]?: WebhookSpec[Field] | undefined }

/**
 * Changes to a webhook: what is absent stays, what is null is cleared.
 *
 * @example
 * await client.patch(7, { name: 'Renamed', body: null })
 */
export type WebhookChanges = { readonly [Field in keyof WebhookSpec]?: WebhookSpec[Field] | null | undefined }

/** One finding about a spec or an argument. */
export interface Violation {
  /** Where: the field's wire name, with an index inside lists, e.g. `failureReceivers[3]`. */
  readonly path: string
  /** What kind, e.g. `required`, `too_long`; stable. */
  readonly code: string
  /** What is wrong and what to do. Never holds a secret. */
  readonly message: string
  /** An error stops a call, a warning never does. */
  readonly severity: 'error' | 'warning'
}

/** The request a webhook would send. */
export interface RenderedRequest {
  /** HTTP method. */
  readonly method: Method
  /** URL with every placeholder replaced and percent-encoded. */
  readonly url: string
  /** Header names and values. */
  readonly headers: { readonly [name: string]: string }
  /** Body with every placeholder replaced; null if the webhook has none. */
  readonly body: string | null
}

/** What goes over the wire, as plain readonly objects with the wire's own names. */

import type { AuthType, ContentType, Method, Status, Trigger } from './vocabulary'

/** An integer: a `bigint` where it is beyond 2^53 and a `number` could not hold it exactly. */
export type Integer = number | bigint

/** A free JSON object. Integers beyond 2^53 are `bigint`. */
export type JsonObject = { readonly [member: string]: unknown }

/**
 * A webhook as a person wants it.
 *
 * A field that this version does not know is sent as it is; name it in a type of your own: `WebhookSpec & { formBody: object }`.
 *
 * @example
 * const spec: WebhookSpec = {
 *   name: 'Doors', trigger: 'DEVICE_ADDED', url: 'https://example.com/{device_id}',
 *   method: 'POST', contentType: 'JSON', authType: 'NONE', body: '{"id": {device_id}}',
 * }
 */
export interface WebhookSpec {
  /** Name; `validate` says how long it may be. */
  readonly name: string
  /** The event that runs it. */
  readonly trigger: Trigger
  /** Absolute http(s) URL; may hold placeholders such as `{device_id}`. */
  readonly url: string
  /** HTTP method. */
  readonly method: Method
  /** How the body is written. */
  readonly contentType: ContentType
  /** How the webhook authenticates to its target. */
  readonly authType: AuthType
  /** Which datastream or log event runs it; required for those triggers. Its inner names are not published. */
  readonly dataTrigger?: JsonObject | undefined
  /** Body template; may hold placeholders. */
  readonly body?: string | undefined
  /** OAuth2 configuration, required where `authType` is `OAUTH2`. Holds a secret. */
  readonly oAuth2Request?: JsonObject | undefined
  /** User IDs to notify of failures. */
  readonly failureReceivers?: readonly Integer[] | undefined
  /** Consecutive failures before the platform disables the webhook. */
  readonly failureLimit?: number | undefined
  /** Whether it runs; `update` and `patch` set it, `create` does not. */
  readonly status?: Status | undefined
}

/** A spec that is not finished, for `validate`, `placeholders` and `render`. */
export type WebhookDraft = { readonly [Field in keyof WebhookSpec]?: WebhookSpec[Field] | undefined }

/**
 * A webhook as the server holds it. What the server sends as null is absent. Fields that this version does not know are there
 * too: `extraOf` has them.
 *
 * The types say that the fields which a webhook must have are there. The API's contract promises that of no field but `id`;
 * a webhook made through it has them.
 *
 * @example
 * await client.update(webhook.id, { ...webhook, name: 'Renamed' })
 */
export interface Webhook extends WebhookSpec {
  /** Webhook ID. */
  readonly id: number
  /** Attempts so far. */
  readonly attemptCount?: number | undefined
  /** Creation time, milliseconds since 1970 (UTC). */
  readonly createdAt?: number | undefined
  /** Time of the last change, milliseconds since 1970 (UTC). */
  readonly lastModifiedTs?: number | undefined
  /** Time of the last attempt, milliseconds since 1970 (UTC). */
  readonly lastTriggeredTs?: number | undefined
}

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
  /** Body with every placeholder replaced; null where the webhook has none. */
  readonly body: string | null
}

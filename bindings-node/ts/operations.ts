/** What a client does, as an interface. */

import type { Webhook, WebhookChanges, WebhookSpec } from './model'
import type { CallOptions, CreateOptions, ListOptions, UpdateOptions, WriteOptions } from './options'

/**
 * The operations of a `WebhookClient`, for code that accepts one, and for fakes in tests.
 *
 * @example
 * const fake: Pick<WebhookOperations, 'list'> = { list: async () => [] }
 */
export interface WebhookOperations {
  /** Returns all webhooks of an organization. */
  list(options?: ListOptions): Promise<Webhook[]>
  /** Returns one webhook. */
  get(webhookId: number, options?: CallOptions): Promise<Webhook>
  /** Creates a webhook. */
  create(spec: WebhookSpec, options?: CreateOptions): Promise<Webhook>
  /** Replaces a webhook: a field that the spec leaves out is cleared. */
  update(webhookId: number, spec: WebhookSpec, options?: UpdateOptions): Promise<Webhook>
  /** Changes some fields of a webhook. */
  patch(webhookId: number, changes: WebhookChanges, options?: WriteOptions): Promise<Webhook>
  /** Deletes a webhook. */
  delete(webhookId: number, options?: WriteOptions): Promise<void>
  /** Sets the status of a webhook to `ENABLED`. */
  enable(webhookId: number, options?: WriteOptions): Promise<Webhook>
  /** Sets the status of a webhook to `DISABLED`. */
  disable(webhookId: number, options?: WriteOptions): Promise<Webhook>
}

/** The value of a call, and the response that it came in; of a call that makes several requests, the last one's. */
export interface CallResponse<Value> {
  /** The result of the call. */
  readonly value: Value
  /** HTTP status. */
  readonly status: number
  /** Headers by their names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** Request ID, if the server sends one. */
  readonly requestId: string | null
  /** How many times the request was sent or tried. */
  readonly attempts: number
  /** Time of the whole call in milliseconds: token, attempts and pauses. */
  readonly elapsedMs: number
}

/** The operations of a client, each with its response. */
export type OperationsWithResponse = {
  readonly [Name in keyof WebhookOperations]: (
    ...args: Parameters<WebhookOperations[Name]>
  ) => Promise<CallResponse<Awaited<ReturnType<WebhookOperations[Name]>>>>
}

/** What a client does, as an interface. */

import type { Webhook, WebhookChanges, WebhookSpec } from './model'
import type { CallOptions, CreateOptions, ListOptions, UpdateOptions } from './options'

/**
 * The operations of a `WebhookClient`, for code that takes one and for fakes that stand in for it in tests.
 *
 * @example
 * const fake: Pick<WebhookOperations, 'list'> = { list: async () => [] }
 */
export interface WebhookOperations {
  /** All webhooks of an organization. */
  list(options?: ListOptions): Promise<Webhook[]>
  /** One webhook. */
  get(webhookId: number, options?: CallOptions): Promise<Webhook>
  /** A new webhook. */
  create(spec: WebhookSpec, options?: CreateOptions): Promise<Webhook>
  /** Replaces a webhook: a field that the spec leaves out is cleared. */
  update(webhookId: number, spec: WebhookSpec, options?: UpdateOptions): Promise<Webhook>
  /** Changes some fields of a webhook. */
  patch(webhookId: number, changes: WebhookChanges, options?: CallOptions): Promise<Webhook>
  /** Deletes a webhook. */
  delete(webhookId: number, options?: CallOptions): Promise<void>
  /** Sets the status of a webhook to `ENABLED`. */
  enable(webhookId: number, options?: CallOptions): Promise<Webhook>
  /** Sets the status of a webhook to `DISABLED`. */
  disable(webhookId: number, options?: CallOptions): Promise<Webhook>
}

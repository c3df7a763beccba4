/** Events of each call for `node:diagnostics_channel`, at no cost where nobody listens. */

import { tracingChannel } from 'node:diagnostics_channel'
import type { WebhooksError } from './errors'

/** Name of the tracing channel: subscribe by `diagnostics_channel.tracingChannel(CALL_CHANNEL)`. */
export const CALL_CHANNEL = 'blynk-webhooks.call'

/** What subscribers of the call channel receive. Holds no secret and no answer. */
export interface CallEvent {
  /** `list`, `get`, `create`, `update`, `patch`, `delete`, `enable` or `disable`. */
  readonly operation: string
  /** The webhook the call is about, as the caller gave it. */
  readonly webhookId?: unknown
  /** How long the call took in milliseconds; there once it has ended. */
  durationMs?: number
  /** Why it failed; there where it has. */
  error?: WebhooksError | unknown
}

const channel = tracingChannel<CallEvent, CallEvent>(CALL_CHANNEL)

/** True where somebody listens. */
export function observed(): boolean {
  return (
    channel.start.hasSubscribers ||
    channel.end.hasSubscribers ||
    channel.asyncStart.hasSubscribers ||
    channel.asyncEnd.hasSubscribers ||
    channel.error.hasSubscribers
  )
}

/**
 * Runs a call with its events: `start`, `end`, then `error` if it fails, `asyncStart` and `asyncEnd`. All are published
 * where the store of `start` is bound.
 */
export function observe<T>(event: CallEvent, call: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const finish = (publishError: boolean) => {
    event.durationMs = performance.now() - started
    if (publishError) channel.error.publish(event)
    channel.asyncStart.publish(event)
    channel.asyncEnd.publish(event)
  }
  return channel.start.runStores(event, () => {
    const promise = call()
    channel.end.publish(event)
    return promise.then(
      (value) => {
        finish(false)
        return value
      },
      (error) => {
        event.error = error
        finish(true)
        throw error
      },
    )
  })
}

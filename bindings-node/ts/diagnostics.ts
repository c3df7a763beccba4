/** Reports calls and their attempts to subscribers of the tracing channel and to OpenTelemetry. Without them, it does nothing. */

import { AsyncResource } from 'node:async_hooks'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { WebhooksError } from './errors'
import { forget, listen } from './events'
import { type MoreArguments, native } from './native'
import type { Attempt } from './option-types'
import { type AttemptStart, CallSpans } from './telemetry'

/** Name of the tracing channel: subscribe by `diagnostics_channel.tracingChannel(CALL_CHANNEL)`. */
export const CALL_CHANNEL = 'blynk-webhooks.call'

/**
 * Name of the channel of attempts: subscribe by `diagnostics_channel.subscribe(ATTEMPT_CHANNEL, …)`. A message is an
 * `AttemptEvent`; it is published where the store of the call's `start` is bound.
 */
export const ATTEMPT_CHANNEL = 'blynk-webhooks.attempt'

/** What subscribers of the call channel receive. Holds no secret and no answer. */
export interface CallEvent {
  /** `list`, `get`, `create`, `update`, `patch`, `delete`, `enable` or `disable`. */
  readonly operation: string
  /** The webhook the call is about, as the caller gave it. */
  readonly webhookId?: unknown
  /** The attempts so far; requests for a token are not among them. */
  readonly attempts: readonly Attempt[]
  /** How long the call took in milliseconds; there once it has ended. */
  durationMs?: number
  /** Why it failed, if it did. */
  error?: WebhooksError | unknown
}

/** What subscribers of the channel of attempts receive. */
export interface AttemptEvent {
  /** The call that the attempt belongs to. */
  readonly call: CallEvent
  /** The attempt, after its end. */
  readonly attempt: Attempt
}

const calls = tracingChannel<CallEvent, CallEvent>(CALL_CHANNEL)
const attempts = channel(ATTEMPT_CHANNEL)

/** True if somebody listens. */
export function isObserved(): boolean {
  return (
    calls.start.hasSubscribers ||
    calls.end.hasSubscribers ||
    calls.asyncStart.hasSubscribers ||
    calls.asyncEnd.hasSubscribers ||
    calls.error.hasSubscribers ||
    attempts.hasSubscribers
  )
}

/** Follows the attempts of one call. */
export interface AttemptObserver {
  readonly more: MoreArguments
}

/**
 * Runs a call with its events: `start`, `end`, then `error` if it fails, `asyncStart` and `asyncEnd`. All are published
 * where the store of `start` is bound.
 */
export function observe<T>(
  operation: string,
  webhookId: unknown,
  traced: boolean,
  call: (observer: AttemptObserver) => Promise<T>,
): Promise<T> {
  const made: Attempt[] = []
  const event: CallEvent =
    webhookId === undefined ? { operation, attempts: made } : { operation, webhookId, attempts: made }
  const spans = traced ? CallSpans.start(operation, webhookId) : undefined
  const started = performance.now()
  return calls.start.runStores(event, () => {
    // The add-on calls from outside of every asynchronous context.
    const told = AsyncResource.bind((message: unknown) => {
      const { start, reply, ...attempt } = message as { start?: AttemptStart; reply?: number } & Attempt
      if (start) {
        native.reply(reply ?? 0, JSON.stringify(spans?.startAttempt(start) ?? {}))
        return
      }
      spans?.endAttempt(attempt)
      // The request for a token belongs to the trace, not to one call.
      if (attempt.operation === 'token') return
      made.push(attempt)
      attempts.publish({ call: event, attempt } satisfies AttemptEvent)
    })
    const hooks = listen(told)
    const finish = (error?: unknown) => {
      forget(hooks)
      spans?.end(error)
      event.durationMs = performance.now() - started
      if (error !== undefined) calls.error.publish(event)
      calls.asyncStart.publish(event)
      calls.asyncEnd.publish(event)
    }
    const promise = call({ more: { hooks, asksForHeaders: spans !== undefined } })
    calls.end.publish(event)
    return promise.then(
      (value) => {
        finish()
        return value
      },
      (error) => {
        event.error = error
        finish(error ?? null)
        throw error
      },
    )
  })
}

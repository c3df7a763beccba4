/** Types of the emulator's results and arguments. */

import type { Trigger } from './generated/vocabulary'

/** How a delivery ended: a 2xx came, it failed, or nothing was sent. */
export type Outcome = 'ok' | 'failed' | 'not_sent'

/** A request as it was sent, without the value of `Authorization`. */
export interface SentRequest {
  /** HTTP method. */
  readonly method: string
  /** URL with every placeholder replaced, as it was sent: without user name, password and fragment. */
  readonly url: string
  /** Headers by name; of `Authorization` only the scheme. */
  readonly headers: Readonly<Record<string, string>>
  /** Body with every placeholder replaced. */
  readonly body?: string
}

/** One run of a webhook. */
export interface Delivery {
  /** Number of the delivery, from 1, in the order in which they ended; 0 for one that ended after a reset. */
  readonly id: number
  /** The webhook; absent for a spec that was only tested. */
  readonly webhookId?: number
  /** The event. */
  readonly trigger?: Trigger
  /** When it began, in epoch milliseconds of the emulator's clock. */
  readonly at: number
  /** The request as sent; absent if nothing was sent. */
  readonly request?: SentRequest
  /** Status code of the response. */
  readonly statusCode?: number
  /** Headers of the response, by their names in lower case. */
  readonly responseHeaders?: Readonly<Record<string, string>>
  /** The response, as far as it was read. */
  readonly responseBody?: string
  /** How it ended. */
  readonly outcome: Outcome
  /** Why it failed or was not sent, and what came of it, e.g. that the webhook is disabled. */
  readonly reason?: string
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** The delivery that this one repeats. */
  readonly redeliveryOf?: number
  /** True for a test, like that of the console's button, and no event. */
  readonly test?: boolean
  /** Warnings about the event's values, e.g. of a name that no webhook uses. */
  readonly warnings?: readonly string[]
}

/** Which deliveries are meant; what is absent does not restrict. */
export interface DeliveryFilter {
  /** Of this webhook. */
  readonly webhookId?: number
  /** With this outcome. */
  readonly outcome?: Outcome
  /** Of this trigger. */
  readonly trigger?: Trigger
  /** Whose target answered with this status. */
  readonly statusCode?: number
  /** Whose URL, body, response, reason or webhook's name holds this text; upper and lower case are the same. */
  readonly search?: string
  /** With an id above this one. */
  readonly after?: number
}

/** Which deliveries `expect` waits for. */
export interface ExpectedDeliveries extends DeliveryFilter {
  /** Number of deliveries to wait for. With 0, a delivery that matches within the time is an error. Default: 1. */
  readonly count?: number
  /** How long to wait, in milliseconds. Default: 5000. */
  readonly timeoutMs?: number
}

/** Whether an event runs a webhook. */
export interface WebhookMatch {
  /** The webhook. */
  readonly webhookId: number
  /** Its name. */
  readonly name?: string
  /** Whether the event runs it. */
  readonly runs: boolean
  /** Why the webhook does not run, or why it runs but sends nothing. */
  readonly reason?: string
}

/** What came of an event. */
export interface EventReport {
  /** The deliveries, in the order of their webhooks. */
  readonly deliveries: readonly Delivery[]
  /** Every webhook of the organization, and whether it ran. */
  readonly webhooks: readonly WebhookMatch[]
  /** Warnings about the event's values. */
  readonly warnings: readonly string[]
}

/** A request that a target has received. */
export interface TargetRequest {
  /** HTTP method. */
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as text. */
  readonly body: string
}

/** What a target answers. */
export interface TargetResponse {
  /** HTTP status. Default: 200. */
  readonly status?: number
  /** Headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** The body. Default: none. */
  readonly body?: string
  /** How long it waits before it answers, in milliseconds. */
  readonly delayMs?: number
  /** Only for so many of the next requests. Default: from now on. */
  readonly times?: number
}

/** A fault of deliveries on purpose: one of `delayMs`, `drop`, `duplicate` and `reset`. */
export interface DeliveryFault {
  /** It is sent later. */
  readonly delayMs?: number
  /** The request never arrives, and the delivery fails. */
  readonly drop?: boolean
  /** The request arrives twice; the first response counts. */
  readonly duplicate?: boolean
  /** The request arrives, the connection is reset before the response is read, and the delivery fails. */
  readonly reset?: boolean
  /** Number of deliveries. Default: 1. */
  readonly times?: number
  /** Only deliveries of this webhook. */
  readonly webhookId?: number
}

/** A mail that a failure receiver would have got. */
export interface Notice {
  /** User ID of the receiver. */
  readonly userId: number
  /** The webhook that was disabled. */
  readonly webhookId: number
  /** When, in epoch milliseconds of the emulator's clock. */
  readonly at: number
}

/** An injected fault: one of `status` (503 if nothing is named), `reset`, `truncate`, `malformed` and `delayMs`. */
export interface Fault {
  /** An answer with this status. */
  readonly status?: number
  /** `Retry-After` of that answer, in seconds. */
  readonly retryAfter?: number
  /** The connection is reset. */
  readonly reset?: boolean
  /** The answer breaks off. */
  readonly truncate?: boolean
  /** The answer is not JSON. */
  readonly malformed?: boolean
  /** The answer comes later. */
  readonly delayMs?: number
  /** Number of requests. Default: 1. */
  readonly times?: number
  /** Only requests of this operation. Default: every operation except `token`. */
  readonly operation?: 'list' | 'get' | 'create' | 'update' | 'delete' | 'token'
}

/** Organizations, clients, webhooks, limits and the clock of an emulator; everything is optional. */
export interface EmulatorState {
  /** Organizations; the first is that of a client which names none. */
  readonly organizations?: readonly { readonly id: number; readonly name?: string }[]
  /** OAuth2 clients; the first is the emulator's own. `permissions` makes it a user's, who needs `MANAGE_WEB_HOOK`. */
  readonly clients?: readonly {
    readonly clientId: string
    readonly clientSecret: string
    readonly orgId?: number
    readonly permissions?: readonly string[]
  }[]
  /** Webhooks with the wire's names, and `orgId` and `consecutiveFailures`. */
  readonly webhooks?: readonly Readonly<Record<string, unknown>>[]
  /** The highest webhook id given so far. */
  readonly lastWebhookId?: number
  /** A time that stands still, in epoch milliseconds; absent or null: the machine's. */
  readonly clock?: number | null
  /** Limits of the platform. */
  readonly limits?: {
    /** Runs of one webhook within a minute. */
    readonly runsPerMinute?: number
    /** Webhooks of one organization. */
    readonly webhooks?: number
    /** Requests of one organization within a minute. */
    readonly requestsPerMinute?: number
    /** Bytes of a target's response that are read. */
    readonly responseBytes?: number
    /** Time for one delivery. */
    readonly deliveryTimeoutMs?: number
    /** Life of a token. */
    readonly tokenSeconds?: number
  }
}

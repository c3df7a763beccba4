/** One call: its options, its signal, its error. */

import { type CallEvent, observe, observed } from './diagnostics'
import { type CallSite, errorFrom, WebhooksError } from './errors'
import { fromAnswer, toJson, trustedValues } from './json'
import { type NativeAnswer, type NativeCall, type NativeClient, native } from './native'
import type { HeadersInit } from './options'

/** What a call is about: the id of a webhook, a spec, changes. */
export interface Subject {
  /** Absent where the operation takes none. */
  readonly webhookId?: unknown
  readonly spec?: unknown
  readonly changes?: unknown
}

/** Makes a call; `caller` is the method that the user has called, from which on the stack is shown. */
export function call<T>(
  client: NativeClient,
  operation: string,
  subject: Subject,
  options: unknown,
  caller: (...args: never[]) => unknown,
): Promise<T> {
  const site: CallSite = {}
  Error.captureStackTrace(site, caller)
  const start = () => perform(client, operation, subject, options, site) as Promise<T>
  if (!observed()) return start()
  const event: CallEvent = 'webhookId' in subject ? { operation, webhookId: subject.webhookId } : { operation }
  return observe(event, start)
}

async function perform(
  client: NativeClient,
  operation: string,
  subject: Subject,
  options: unknown,
  site: CallSite,
): Promise<unknown> {
  try {
    const { signal, text } = readOptions(options)
    const call: NativeCall = {
      operation,
      webhookId: toJson(subject.webhookId, 'webhookId'),
      text: toJson(subject.spec ?? subject.changes, 'spec'),
      trusted: trustedValues(subject.spec),
      options: text,
    }
    return fromAnswer(await (signal === undefined ? client.call(call) : abortable(client, call, signal)))
  } catch (failure) {
    if (failure instanceof Aborted) throw failure.reason
    // Text comes from the add-on; anything else but an error of the tree is the caller's own, e.g. from a getter.
    throw typeof failure === 'string' || failure instanceof WebhooksError ? errorFrom(failure, site) : failure
  }
}

async function abortable(client: NativeClient, call: NativeCall, signal: AbortSignal): Promise<NativeAnswer> {
  if (signal.aborted) throw new Aborted(signal.reason)
  const callId = native.nextCallId()
  // The add-on resolves the promise of a cancelled call, so that it is not left behind.
  const cancel = () => native.cancelCall(callId)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answer = await client.call({ ...call, callId })
    if (signal.aborted) throw new Aborted(signal.reason)
    return answer
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Carries a signal's reason, which may be any value, past what is made of the add-on's failures. */
class Aborted {
  constructor(readonly reason: unknown) {}
}

function readOptions(options: unknown): { signal?: AbortSignal; text?: string | undefined } {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null) return { text: toJson(options, 'options') ?? 'null' }
  const { signal, ...rest } = options as { signal?: unknown }
  if (signal !== undefined && !isSignal(signal)) {
    throw errorFrom(native.refusal(JSON.stringify([['signal', 'must be an AbortSignal']])))
  }
  const text = Object.keys(rest).length === 0 ? undefined : settingsJson(rest)
  return signal === undefined ? { text } : { signal, text }
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/** Settings or options as JSON, headers of every form as an object. */
export function settingsJson(settings: object): string {
  const { headers } = settings as { headers?: HeadersInit | null }
  const pairs = typeof headers === 'object' && headers !== null && Symbol.iterator in headers
  return (
    toJson(
      pairs ? { ...settings, headers: Object.fromEntries(headers as Iterable<[string, string]>) } : settings,
      'options',
    ) ?? 'null'
  )
}

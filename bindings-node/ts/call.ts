/** One call: from the arguments of a method to its value or its error. */

import { Aborted, abortable } from './abort'
import { type CallEvent, observe, observed } from './diagnostics'
import { type CallSite, errorFrom, WebhooksError } from './errors'
import { fromAnswer, toJson, trustedValues } from './json'
import { type NativeAnswer, type NativeClient, native } from './native'
import { readOptions } from './options-json'

/** What a call is about: the id of a webhook, a spec, changes. */
export interface Subject {
  /** Absent where the operation takes none. */
  readonly webhookId?: unknown
  readonly spec?: unknown
  readonly changes?: unknown
}

/** Bun's engine forgets the frame of a function that ends in a call, such as the methods of the client do. */
const DROPS_TAIL_CALLS = process.versions['bun'] !== undefined

/** Makes a call; `caller` is the method that the user has called, from which on the stack is shown. */
export function call<T>(
  client: NativeClient,
  operation: string,
  subject: Subject,
  options: unknown,
  caller: (...args: never[]) => unknown,
): Promise<T> {
  const site: CallSite = {}
  Error.captureStackTrace(site, DROPS_TAIL_CALLS ? call : caller)
  const start = () => perform(site, () => prepare(client, operation, subject, options), fromAnswer) as Promise<T>
  if (!observed()) return start()
  const event: CallEvent = 'webhookId' in subject ? { operation, webhookId: subject.webhookId } : { operation }
  return observe(event, start)
}

/** Converts what the caller has passed; what is returned submits the call. */
function prepare(client: NativeClient, operation: string, subject: Subject, options: unknown): Submit<NativeAnswer> {
  const { signal, text: optionsText } = readOptions(options)
  const webhookId = toJson(subject.webhookId, 'webhookId')
  const text = toJson(subject.spec ?? subject.changes, 'spec')
  const trusted = trustedValues(subject.spec)
  const submit = (callId?: number) => submitted(client.call(operation, webhookId, text, trusted, optionsText, callId))
  return signal === undefined ? submit : () => abortable(submit, signal)
}

type Submit<Answer> = () => Promise<Answer>

/** Prepares and submits a call, and reads its answer; its errors show the site. */
export async function perform<Answer, Value>(
  site: CallSite,
  prepare: () => Submit<Answer>,
  read: (answer: Answer) => Value,
): Promise<Value> {
  let submit: Submit<Answer>
  try {
    submit = prepare()
  } catch (failure) {
    // Anything but an error of the tree is the caller's own, e.g. from a getter.
    throw failure instanceof WebhooksError ? errorFrom(failure, site) : failure
  }
  try {
    return read(await submit())
  } catch (failure) {
    if (failure instanceof Aborted) throw failure.reason
    throw errorFrom(failure, site)
  }
}

let flushing = false

/**
 * Starts what was submitted when the present turn ends: one wake-up of the add-on's thread for all calls of it. Not by
 * `queueMicrotask`, which test frameworks replace.
 */
export function submitted<T>(promise: Promise<T>): Promise<T> {
  if (!flushing) {
    flushing = true
    Promise.resolve().then(flush)
  }
  return promise
}

function flush(): void {
  flushing = false
  native.flush()
}

/** One call: from the arguments of a method to its value or its error. */

import { Aborted, abortable } from './abort'
import { type AttemptObserver, isObserved, observe } from './diagnostics'
import { type CallSite, errorFrom, WebhooksError } from './errors'
import { toJson, trustedValues } from './json'
import { fromAnswer } from './json-reader'
import { type MoreArguments, type NativeAnswer, type NativeClient, native } from './native'
import { readOptions } from './options-json'
import { isTracing } from './telemetry'

/** What a call is about: the id of a webhook, a spec, changes. */
export interface Subject {
  /** Absent if the operation takes none. */
  readonly webhookId?: unknown
  readonly spec?: unknown
  readonly changes?: unknown
}

/** The client that makes a call, and how. */
export interface Caller {
  readonly client: NativeClient
  /** Whether spans of OpenTelemetry are made. */
  readonly traced: boolean
  /** Functions and objects of the user that the add-on tells of the calls; it does not hold them. */
  readonly observers: readonly object[]
}

/** Bun's engine forgets the frame of a function that ends in a call, such as the methods of the client do. */
const DROPS_TAIL_CALLS = process.versions['bun'] !== undefined

/** Makes a call; `method` is what the user has called, from which on the stack is shown. */
export function call<T>(
  caller: Caller,
  operation: string,
  subject: Subject,
  options: unknown,
  method: (...args: never[]) => unknown,
  withResponse = false,
): Promise<T> {
  const site: CallSite = {}
  Error.captureStackTrace(site, DROPS_TAIL_CALLS ? call : method)
  const start = (observer?: AttemptObserver) => {
    const more = withResponse || observer ? { withResponse, ...observer?.more } : undefined
    const submit = () => prepare(caller.client, operation, subject, options, more)
    return perform(site, submit, fromAnswer) as Promise<T>
  }
  const traced = caller.traced && isTracing()
  const made = traced || isObserved() ? observe(operation, subject.webhookId, traced, start) : start()
  return caller.observers.length === 0 ? made : whileHeld(caller, made)
}

/** Calls that are under way, with what must not be collected meanwhile. */
const held = new Set<[Caller]>()

async function whileHeld<T>(caller: Caller, made: Promise<T>): Promise<T> {
  const entry: [Caller] = [caller]
  held.add(entry)
  try {
    return await made
  } finally {
    held.delete(entry)
  }
}

/** Converts what the caller has passed; what is returned submits the call. */
function prepare(
  client: NativeClient,
  operation: string,
  subject: Subject,
  options: unknown,
  more: MoreArguments | undefined,
): Submit<NativeAnswer> {
  const { signal, expected, text: optionsText } = readOptions(options)
  const webhookId = toJson(subject.webhookId, 'webhookId')
  const text = toJson(subject.spec ?? subject.changes, 'spec')
  const trusted = trustedValues(subject.spec)
  const all = expected === undefined ? more : { ...more, expected }
  const submit = (callId?: number) =>
    submitted(client.call(operation, webhookId, text, trusted, optionsText, callId, all))
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

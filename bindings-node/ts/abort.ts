/** Calls that end with a signal. */

import { native } from './native'

/** Carries a signal's reason, which may be any value, past what is made of the add-on's failures. */
export class Aborted {
  constructor(readonly reason: unknown) {}
}

/** Calls under way by their signal. Each signal has one listener however many calls it ends: Node warns of eleven. */
const underway = new WeakMap<AbortSignal, Set<number>>()

/** Makes a call that ends with its signal: the request is closed, and an `Aborted` thrown. */
export async function abortable<Answer>(
  submit: (callId: number) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  if (signal.aborted) throw new Aborted(signal.reason)
  const callId = native.nextCallId()
  watch(signal, callId)
  try {
    const answer = await submit(callId)
    // The add-on resolves the promise of a cancelled call, so that it is not left behind.
    if (signal.aborted) throw new Aborted(signal.reason)
    return answer
  } finally {
    unwatch(signal, callId)
  }
}

function watch(signal: AbortSignal, callId: number): void {
  const calls = underway.get(signal)
  if (calls) {
    calls.add(callId)
  } else {
    underway.set(signal, new Set([callId]))
    signal.addEventListener('abort', cancelAll)
  }
}

function unwatch(signal: AbortSignal, callId: number): void {
  const calls = underway.get(signal)
  if (calls?.delete(callId) && calls.size === 0) {
    underway.delete(signal)
    signal.removeEventListener('abort', cancelAll)
  }
}

function cancelAll(this: AbortSignal): void {
  for (const callId of underway.get(this) ?? []) native.cancelCall(callId)
}

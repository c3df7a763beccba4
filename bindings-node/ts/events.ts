/** Functions of the user that the add-on tells something: each is known to it by a number. */

import { native } from './native'

const listeners = new Map<number, (event: unknown) => void>()
let last = 0

/** Makes a function known to the add-on, until `forget`. It must not throw. */
export function listen(listener: (event: unknown) => void): number {
  if (last === 0) native.onEvent(dispatch)
  last += 1
  listeners.set(last, listener)
  return last
}

function dispatch(number: number, json: string): void {
  const listener = listeners.get(number)
  const event = JSON.parse(json)
  if (listener) listener(event)
  // A call that has ended does not answer; a question for other calls does not wait for it.
  else if (typeof event.reply === 'number') native.reply(event.reply, '{}')
}

/** Ends what `listen` has begun. */
export function forget(number: number): void {
  listeners.delete(number)
}

const collected = new FinalizationRegistry(forget)

/** As `listen`, for as long as something else holds a function or an object of the user; the listener gets it. */
export function listenFor<Target extends object>(
  target: Target,
  listener: (target: Target | undefined, event: unknown) => void,
): number {
  const held = new WeakRef(target)
  const number = listen((event) => listener(held.deref(), event))
  collected.register(target, number)
  return number
}

const failed = new WeakSet<object>()

/** Runs a user's observer. One that throws breaks nothing; that it did is reported once, as a warning. */
export function tell(what: string, observer: object, run: () => unknown): void {
  const report = (problem: unknown) => {
    if (failed.has(observer)) return
    failed.add(observer)
    process.emitWarning(`${what} of blynk-webhooks failed: ${problem}`, { code: 'BLYNK_OBSERVER' })
  }
  try {
    const returned = run()
    // An async function fails later.
    if (returned instanceof Promise) returned.catch(report)
  } catch (problem) {
    report(problem)
  }
}

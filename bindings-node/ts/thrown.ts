/** What functions of the user have thrown, until the calls that wait for it have got it. The add-on knows it by a number. */

const thrown = new Map<number, unknown>()
/** Many calls may wait for one token; none waits for as many failures. */
const MAX_THROWN = 1_000
let last = 0

/** Keeps what a function of the user has thrown; the number by which the add-on refers to it. */
export function keepThrown(reason: unknown): number {
  last += 1
  thrown.set(last, reason)
  if (thrown.size > MAX_THROWN) thrown.delete(last - MAX_THROWN)
  return last
}

/** What a function of the user has thrown. */
export function thrownReason(number: number): unknown {
  return thrown.get(number)
}

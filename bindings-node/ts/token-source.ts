/** Tokens that a function of the user provides. */

import { errorFrom } from './errors'
import { listenFor } from './events'
import { native } from './native'
import type { TokenSource } from './option-types'
import { keepThrown } from './thrown'

/** Makes a token source known to the add-on, which asks it. */
export function listenForToken(source: TokenSource): number {
  return listenFor(source, (source, question) => {
    const { reply } = question as { reply: number }
    provide(source).then((answer) => native.reply(reply, JSON.stringify(answer)))
  })
}

async function provide(source: TokenSource | undefined): Promise<object> {
  try {
    const given: unknown = await source?.()
    const { token, expiresIn } = (typeof given === 'object' && given !== null ? given : { token: given }) as {
      token?: unknown
      expiresIn?: unknown
    }
    const faults: [string, string][] = []
    if (typeof token !== 'string') {
      faults.push(['token', `the function must return a string or { token, expiresIn }, returned ${nameOf(given)}`])
    }
    if (expiresIn !== undefined && expiresIn !== null && !(typeof expiresIn === 'number' && expiresIn > 0)) {
      faults.push(['token', 'expiresIn must be a number of seconds above 0'])
    }
    if (faults.length > 0) throw errorFrom(native.refusal(JSON.stringify(faults), true))
    return { token, expiresIn }
  } catch (reason) {
    return { thrown: keepThrown(reason) }
  }
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object without a token' : String(typeof value)
}

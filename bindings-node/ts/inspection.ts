/** What `console.log` and `util.inspect` show of a webhook: no secret. */

import { toJson } from './json'
import { native } from './native'

/** The member by which an object says how it is inspected. Not enumerable, so that nothing else sees it. */
const INSPECTION = {
  [Symbol.for('nodejs.util.inspect.custom')]: {
    configurable: true,
    writable: true,
    value(this: object): unknown {
      return JSON.parse(native.redacted(toJson(this, 'webhook') ?? '{}'))
    },
  },
}

/**
 * Keeps the secrets of a webhook or a spec, or of each of an array, out of `console.log` and `util.inspect`. The objects stay
 * what they are for everything else.
 */
export function hideSecrets<Value>(value: Value): Value {
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item === 'object' && item !== null && ('id' in item || 'url' in item)) {
      Object.defineProperties(item, INSPECTION)
    }
  }
  return value
}

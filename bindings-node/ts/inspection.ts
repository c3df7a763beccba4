/** What `console.log` and `util.inspect` show of a webhook: no secret. */

import { OPEN_FIELDS } from './generated/fields'
import { writeJson } from './json-writer'
import { native } from './native'

/** The member by which an object says how it is inspected. Not enumerable, so that nothing else sees it. */
const member = (value: () => unknown) => ({
  [Symbol.for('nodejs.util.inspect.custom')]: { configurable: true, writable: true, value },
})

const WITHOUT_SECRETS = member(function (this: object) {
  return JSON.parse(native.redacted(writeJson(this, 'webhook', true).text ?? '{}'))
})
const HIDDEN = member(() => '***')

const SHOWN = new Set<string>(OPEN_FIELDS)

/** As `hideSecrets`, for the webhooks at any place of a value that was parsed, e.g. an emulator's state. */
export function hideNestedSecrets<Value>(value: Value): Value {
  hideSecrets(value)
  const rest: unknown[] = [value ?? {}]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const member of Object.values(next as object)) {
      if (typeof member !== 'object' || member === null) continue
      if (!Array.isArray(member) && 'url' in member && 'trigger' in member) hideSecrets(member)
      else rest.push(member)
    }
  }
  return value
}

/**
 * Keeps the secrets of a webhook or a spec, or of each of an array, out of `console.log` and `util.inspect`. The objects stay
 * what they are for everything else. A copy by `{ ...webhook }` hides what its fields hold as objects.
 */
export function hideSecrets<Value>(value: Value): Value {
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item !== 'object' || item === null || !('id' in item || 'url' in item)) continue
    Object.defineProperties(item, WITHOUT_SECRETS)
    for (const [name, field] of Object.entries(item)) {
      if (!SHOWN.has(name) && typeof field === 'object' && field !== null) Object.defineProperties(field, HIDDEN)
    }
  }
  return value
}

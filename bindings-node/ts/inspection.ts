/** What `console.log` and `util.inspect` show of a webhook: no secret. */

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Keeps the secrets of a webhook, or of each of a list, out of `console.log` and `util.inspect`. The objects stay what
 * they are for everything else: the member that does it is not enumerable.
 */
export function hideSecrets(value: unknown): unknown {
  for (const webhook of Array.isArray(value) ? value : [value]) {
    if (webhook?.oAuth2Request) Object.defineProperty(webhook.oAuth2Request, INSPECT, { value: () => '<redacted>' })
  }
  return value
}

/** What can be asked about a spec without a server. */

import { calling, callSite, converting, errorFrom, ValidationError, WebhooksError } from './errors'
import { READ_ONLY_FIELDS, SETTABLE_FIELDS } from './generated/fields'
import { hideSecrets } from './inspection'
import { toJson, trustedValues } from './json'
import type { RenderedRequest, Violation, Webhook, WebhookDraft, WebhookSpec } from './model'
import { native } from './native'

/**
 * Returns every finding about a spec; an empty list if there is none. Never throws for a bad spec.
 *
 * @param purpose What the spec is for: `create` allows no `status`. Without it, both uses are allowed.
 * @example
 * for (const { path, message, severity } of validate(spec)) console.log(severity, path, message)
 */
export function validate(spec: WebhookDraft, purpose?: 'create' | 'update'): Violation[] {
  let text: string | undefined
  try {
    text = toJson(spec, 'spec')
  } catch (failure) {
    if (failure instanceof ValidationError && purpose === undefined) return [...failure.violations]
    throw failure instanceof WebhooksError ? errorFrom(failure, callSite(validate)) : failure
  }
  return calling(validate, () => JSON.parse(native.validate(text ?? 'null', trustedValues(spec), purpose)))
}

/**
 * Names of the placeholders in the URL and the body, each once, in order of appearance.
 *
 * @example
 * placeholders({ url: 'https://example.com/{device_id}' }) // ['device_id']
 */
export function placeholders(spec: WebhookDraft): string[] {
  const text = converting(placeholders, () => toJson(spec, 'spec') ?? 'null')
  return calling(placeholders, () => native.placeholders(text))
}

/**
 * The request a webhook would send for these placeholder values.
 *
 * @param values Placeholder names and their values; text, numbers, lists, objects.
 * @throws {ValidationError} If a value is missing or the rendered URL is not valid.
 * @example
 * render(spec, { device_id: 7 }).url // 'https://example.com/7'
 */
export function render(spec: WebhookDraft, values: { readonly [placeholder: string]: unknown } = {}): RenderedRequest {
  const [text, json] = converting(render, () => [toJson(spec, 'spec') ?? 'null', toJson(values, 'values') ?? 'null'])
  return calling(render, () => JSON.parse(native.render(text, json)))
}

/**
 * What a person decides of a webhook that a server holds, ready to be changed and sent: its fields without those that only
 * the server sets. Fields that this version does not know are in it.
 *
 * @example
 * await other.create({ ...specOf(await client.get(7)), name: 'Copy' })
 */
export function specOf(webhook: Webhook): WebhookSpec {
  const spec: { [field: string | symbol]: unknown } = { ...webhook }
  for (const field of READ_ONLY_FIELDS) delete spec[field]
  return hideSecrets(spec) as unknown as WebhookSpec
}

/**
 * The fields of a webhook or a spec that this version does not know, by their wire names.
 *
 * @example
 * const { formBody } = extraOf(webhook)
 */
export function extraOf(webhook: WebhookDraft): { readonly [field: string]: unknown } {
  const known: readonly string[] = [...SETTABLE_FIELDS, ...READ_ONLY_FIELDS]
  return Object.fromEntries(Object.entries(webhook).filter(([field]) => !known.includes(field)))
}

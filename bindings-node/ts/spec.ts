/** What can be asked about a spec without a server. */

import { calling, callSite, converting, errorFrom, ValidationError, WebhooksError } from './errors'
import { toJson, trustedValues } from './json'
import type { RenderedRequest, Violation, Webhook, WebhookDraft } from './model'
import { native } from './native'

/**
 * Every finding about a spec, at once; an empty list where there is nothing to say. Never throws for a bad spec.
 *
 * @param purpose What the spec is for: `create` allows no `status`. Without it, both uses are allowed.
 * @example
 * for (const { path, message, severity } of validate(spec)) console.log(severity, path, message)
 */
export function validate(spec: WebhookDraft | Webhook, purpose?: 'create' | 'update'): readonly Violation[] {
  let text: string | undefined
  try {
    text = toJson(spec, 'spec')
  } catch (failure) {
    if (failure instanceof ValidationError && purpose === undefined) return failure.violations
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
export function placeholders(spec: WebhookDraft | Webhook): readonly string[] {
  const text = converting(placeholders, () => toJson(spec, 'spec') ?? 'null')
  return calling(placeholders, () => native.placeholders(text))
}

/**
 * The request a webhook would send for these placeholder values.
 *
 * @param values Placeholder names and their values; text, numbers, lists, objects.
 * @throws {ValidationError} Where a value is missing or the rendered URL is none.
 * @example
 * render(spec, { device_id: 7 }).url // 'https://example.com/7'
 */
export function render(
  spec: WebhookDraft | Webhook,
  values: { readonly [placeholder: string]: unknown } = {},
): RenderedRequest {
  const [text, json] = converting(render, () => [toJson(spec, 'spec') ?? 'null', toJson(values, 'values') ?? 'null'])
  return calling(render, () => JSON.parse(native.render(text, json)))
}

/**
 * Everything that the package exports. The build makes one file of it: a program loads that faster than many, and
 * whichever entries it loads, it has one of each class.
 */

// First: if the add-on cannot be loaded, its message comes before any other.
import './native'

export * from './client'
export * from './deliveries'
export { ATTEMPT_CHANNEL, type AttemptEvent, CALL_CHANNEL, type CallEvent } from './diagnostics'
export * from './emulation'
export * from './generated/errors'
export * from './generated/vocabulary'
export { parse, stringify } from './json'
export { JsonNumber } from './json-number'
export { type LogFields, type Logger, type LogLevel, setLogger } from './logging'
export * from './loopback'
export * from './model'
export * from './operations'
export * from './options'
export {
  type ApplyOptions,
  type ApplyProgress,
  type ApplyReport,
  type DesiredWebhook,
  type ItemOutcome,
  type ItemReport,
  Plan,
  type PlanAction,
  type PlanChange,
  type PlanGuard,
  type PlanItem,
  type PlanOptions,
  type PlanSummary,
} from './plan'
export * from './spec'
export type { SystemError } from './system-error'
export { type ErrorFields, WebhooksError } from './webhooks-error'

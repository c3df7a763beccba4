/** Manage the webhooks of a Blynk organization from code: an unofficial client. */

export { WebhookClient } from './client'
export { CALL_CHANNEL, type CallEvent } from './diagnostics'
export {
  ApiError,
  AuthError,
  BadRequestError,
  ConfigError,
  ConflictError,
  ConnectError,
  type ErrorCode,
  ForbiddenError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  ResponseError,
  ServerError,
  TransportError,
  UnauthorizedError,
  ValidationError,
  WebhooksError,
} from './errors'
export { setLoopbackOnly } from './loopback'
export type {
  Integer,
  JsonObject,
  RenderedRequest,
  Violation,
  Webhook,
  WebhookChanges,
  WebhookDraft,
  WebhookSpec,
} from './model'
export type { CallOptions, ClientOptions, CreateOptions, HeadersInit, ListOptions } from './options'
export { placeholders, render, validate } from './spec'
export { AuthType, ContentType, Method, Status, Trigger } from './vocabulary'

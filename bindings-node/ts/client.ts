/** The client: the operations of the API. */

import { call } from './call'
import { environmentJson } from './environment'
import { callSite, errorFrom } from './errors'
import { type Logger, logTarget } from './logging'
import type { Webhook, WebhookChanges, WebhookSpec } from './model'
import { type NativeClient, native } from './native'
import type { WebhookOperations } from './operations'
import type { CallOptions, ClientOptions, CreateOptions, ListOptions, UpdateOptions } from './options'
import { settingsJson } from './options-json'
import { type DesiredWebhook, makePlan, type Plan, type PlanOptions } from './plan'

const { versions } = process
const PLATFORM = versions['bun']
  ? `bun/${versions['bun']}`
  : versions['deno']
    ? `deno/${versions['deno']}`
    : `node/${versions.node}`

/**
 * A client of the webhook API. It keeps its connections and its token, so make one and use it for everything. An idle
 * client does not keep the process alive.
 *
 * Each method rejects with an error of the tree: `ValidationError` where an argument breaks the contract (nothing was
 * sent), `TransportError` and its kinds where no answer came, `AuthError` where the token endpoint refused, `ApiError`
 * and its kinds for an error answer, `ResponseError` for one that cannot be understood.
 *
 * @example
 * const client = new WebhookClient({ clientId, clientSecret })
 * for (const webhook of await client.list()) console.log(webhook.id, webhook.name)
 */
export class WebhookClient implements WebhookOperations {
  readonly #native: NativeClient

  /**
   * A client; nothing is sent yet.
   *
   * @throws {ConfigError} Where a setting cannot work, e.g. no credentials or plain http to a host other than loopback.
   * @example
   * new WebhookClient({ token, baseUrl: 'https://fra1.blynk.cloud', timeoutMs: 10_000 })
   */
  constructor(options: ClientOptions)
  /** @internal */
  constructor(options: ClientOptions, source?: typeof ENVIRONMENT)
  constructor(options: ClientOptions, source?: typeof ENVIRONMENT) {
    const fromEnv = source === ENVIRONMENT
    try {
      const { logger, logLevel, settings } = splitSettings(options ?? {})
      if (logger) loggers.set(this, logger)
      const log = logTarget(logger, logLevel)
      this.#native = new native.NativeClient(settingsJson(settings), PLATFORM, environmentJson(), fromEnv, log)
    } catch (failure) {
      throw errorFrom(failure, callSite(fromEnv ? WebhookClient.fromEnv : WebhookClient))
    }
  }

  /**
   * A client with what the environment says: `BLYNK_BASE_URL`, `BLYNK_TOKEN`, or `BLYNK_CLIENT_ID` and
   * `BLYNK_CLIENT_SECRET`, and `BLYNK_ORG_ID`.
   *
   * @param options Settings that go before those of the environment.
   * @throws {ConfigError} Where a setting is missing or cannot work.
   * @example
   * const client = WebhookClient.fromEnv()
   */
  static fromEnv(options: ClientOptions = {}): WebhookClient {
    return new WebhookClient(options, ENVIRONMENT)
  }

  /**
   * All webhooks of an organization.
   *
   * @example
   * const disabled = (await client.list()).filter((webhook) => webhook.status !== 'ENABLED')
   */
  list(options?: ListOptions): Promise<Webhook[]> {
    return call(this.#native, 'list', {}, options, this.list)
  }

  /**
   * One webhook.
   *
   * @throws {NotFoundError} Where there is none of this id, or the credentials do not reach it.
   * @example
   * const webhook = await client.get(7, { signal: AbortSignal.timeout(1_000) })
   */
  get(webhookId: number, options?: CallOptions): Promise<Webhook> {
    return call(this.#native, 'get', { webhookId }, options, this.get)
  }

  /**
   * A new webhook. It is repeated only where the server surely did not carry it out; where that is not known, the error's
   * `outcomeUnknown` is true, and `reconcile` looks before it answers.
   *
   * @throws {ValidationError} Where the spec breaks the contract; nothing was sent.
   * @example
   * const webhook = await client.create({
   *   name: 'Doors', trigger: 'DEVICE_ADDED', url: 'https://example.com/{device_id}',
   *   method: 'POST', contentType: 'JSON', authType: 'NONE',
   * })
   */
  create(spec: WebhookSpec, options?: CreateOptions): Promise<Webhook> {
    return call(this.#native, 'create', { spec }, options, this.create)
  }

  /**
   * Replaces a webhook: a field that the spec leaves out is cleared. Read-only fields of a whole webhook are not sent.
   *
   * @throws {ValidationError} Where the spec breaks the contract; nothing was sent.
   * @throws {NotFoundError} Where there is none of this id.
   * @example
   * await client.update(webhook.id, { ...webhook, name: 'Renamed' })
   */
  update(webhookId: number, spec: WebhookSpec, options?: UpdateOptions): Promise<Webhook> {
    return call(this.#native, 'update', { webhookId, spec }, options, this.update)
  }

  /**
   * Reads a webhook, changes what is named, and writes it: null clears a field, an absent one stays. Another writer
   * between the two is overwritten.
   *
   * @throws {ValidationError} Where the changes break the contract; nothing was written.
   * @throws {NotFoundError} Where there is none of this id.
   * @example
   * await client.patch(7, { url: 'https://example.com/new', body: null })
   */
  patch(webhookId: number, changes: WebhookChanges, options?: CallOptions): Promise<Webhook> {
    return call(this.#native, 'patch', { webhookId, changes }, options, this.patch)
  }

  /**
   * Deletes a webhook.
   *
   * @throws {NotFoundError} Where there is none of this id.
   * @example
   * await client.delete(7)
   */
  delete(webhookId: number, options?: CallOptions): Promise<void> {
    return call(this.#native, 'delete', { webhookId }, options, this.delete)
  }

  /**
   * Sets the status to `ENABLED`, as `patch` does.
   *
   * @throws {NotFoundError} Where there is none of this id.
   * @example
   * await client.enable(7)
   */
  enable(webhookId: number, options?: CallOptions): Promise<Webhook> {
    return call(this.#native, 'enable', { webhookId }, options, this.enable)
  }

  /**
   * Sets the status to `DISABLED`, as `patch` does.
   *
   * @throws {NotFoundError} Where there is none of this id.
   * @example
   * await client.disable(7)
   */
  disable(webhookId: number, options?: CallOptions): Promise<Webhook> {
    return call(this.#native, 'disable', { webhookId }, options, this.disable)
  }

  /**
   * Compares webhooks as they are to be with those of the server, and says what would change. Sends nothing but a list.
   *
   * @param desired Specs with their names (and `id`, `was` or `absent`, see `DesiredWebhook`), or the path of a file or a folder
   *   such as `webhooks.toml`, or several paths. What is not named is left alone.
   * @throws {ValidationError} Where what is wanted breaks the contract or contradicts itself or the server.
   * @throws {ConfigError} Where the file is about another server or organization.
   * @example
   * const plan = await client.plan('webhooks.toml')
   * console.log(String(plan))
   * if (!plan.isEmpty) await plan.apply()
   */
  plan(desired: string | readonly string[] | readonly DesiredWebhook[], options?: PlanOptions): Promise<Plan> {
    return makePlan(this.#native, desired, options, this.plan)
  }

  /** The server that is called, e.g. `https://blynk.cloud`. */
  get baseUrl(): string {
    return this.#native.baseUrl
  }

  /**
   * Closes idle connections and refuses further calls; calls under way end as they would. Calling it is not needed for
   * the process to end.
   */
  close(): void {
    this.#native.close()
  }

  /** Shown by `console.log`: the server, and no secret. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `WebhookClient <${this.#native.baseUrl}>`
  }

  /** `using client = new WebhookClient(…)` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** `await using client = new WebhookClient(…)` closes it at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** A logger lives as long as the clients that tell it of their work. */
const loggers = new WeakMap<WebhookClient, Logger>()

/** Says that the environment is to be read. */
const ENVIRONMENT = Symbol('environment')

/** Settings that stay in JavaScript, and those that the add-on reads; what is no object is left for it to refuse. */
function splitSettings(options: ClientOptions): Pick<ClientOptions, 'logger' | 'logLevel'> & { settings: object } {
  if (typeof options !== 'object' || Array.isArray(options)) return { settings: options }
  const { logger, logLevel, ...settings } = options
  return { logger, logLevel, settings }
}

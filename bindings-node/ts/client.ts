/** The client: the operations of the API. */

import { type Caller, call } from './call'
import { environmentJson, extraCertificates } from './environment'
import { calling, converting } from './errors'
import { listenFor, tell } from './events'
import { OPERATIONS } from './generated/operations'
import { logTarget } from './logging'
import type { Webhook, WebhookChanges, WebhookSpec } from './model'
import { native } from './native'
import type { OperationsWithResponse, WebhookOperations } from './operations'
import type {
  Attempt,
  CallOptions,
  ClientOptions,
  CommonOptions,
  CreateOptions,
  ListOptions,
  UpdateOptions,
  WriteOptions,
} from './options'
import { readFunction, settingsJson } from './options-json'
import { type DesiredWebhook, makePlan, type Plan, type PlanOptions } from './plan'
import { listenForToken } from './token-source'

const { versions } = process
const PLATFORM = versions['bun']
  ? `bun/${versions['bun']}`
  : versions['deno']
    ? `deno/${versions['deno']}`
    : `node/${versions.node}`

/**
 * A client of the webhook API. It keeps its connections and its token, so create one and use it for everything. An idle
 * client does not keep the process alive.
 *
 * Each method rejects with a `WebhooksError`: `ValidationError` if an argument breaks the contract (nothing was sent),
 * `TransportError` or a subclass if there was no response, `AuthError` if the token endpoint refused, `ApiError` or a
 * subclass for an error response, `ResponseError` for a response that cannot be understood.
 *
 * @example
 * const client = new WebhookClient({ clientId, clientSecret })
 * for (const webhook of await client.list()) console.log(webhook.id, webhook.name)
 */
export class WebhookClient implements WebhookOperations {
  readonly #caller: Caller
  #withResponse: OperationsWithResponse | undefined

  /**
   * Creates a client. Sends nothing.
   *
   * @throws {ConfigError} If a setting cannot work, e.g. no credentials or plain http to a host other than loopback.
   * @example
   * new WebhookClient({ token, baseUrl: 'https://fra1.blynk.cloud', timeoutMs: 10_000 })
   */
  constructor(options: ClientOptions)
  /** @internal */
  constructor(options: ClientOptions, source?: typeof ENVIRONMENT | Caller)
  constructor(options: ClientOptions, source?: typeof ENVIRONMENT | Caller) {
    const method = source === ENVIRONMENT ? WebhookClient.fromEnv : WebhookClient
    this.#caller = typeof source === 'object' ? source : calling(method, () => makeCaller(options, source))
  }

  /**
   * Creates a client from the environment: `BLYNK_BASE_URL`, `BLYNK_TOKEN`, or `BLYNK_CLIENT_ID` and
   * `BLYNK_CLIENT_SECRET`, and `BLYNK_ORG_ID`.
   *
   * @param options Settings that take precedence over the environment.
   * @throws {ConfigError} If a setting is missing or cannot work.
   * @example
   * const client = WebhookClient.fromEnv()
   */
  static fromEnv(options: ClientOptions = {}): WebhookClient {
    return new WebhookClient(options, ENVIRONMENT)
  }

  /**
   * Returns all webhooks of an organization.
   *
   * @example
   * const disabled = (await client.list()).filter((webhook) => webhook.status !== 'ENABLED')
   */
  list(options?: ListOptions): Promise<Webhook[]> {
    return call(this.#caller, 'list', {}, options, this.list)
  }

  /**
   * Returns one webhook.
   *
   * @throws {NotFoundError} If the webhook does not exist, or the credentials do not reach it.
   * @example
   * const webhook = await client.get(7, { signal: AbortSignal.timeout(1_000) })
   */
  get(webhookId: number, options?: CallOptions): Promise<Webhook> {
    return call(this.#caller, 'get', { webhookId }, options, this.get)
  }

  /**
   * Creates a webhook. Retries only if the first request certainly did not run. If that is unknown, the error's
   * `outcomeUnknown` is true; with `reconcile` the client looks for the webhook in the list before it returns.
   *
   * @throws {ValidationError} If the spec breaks the contract; nothing was sent.
   * @example
   * const webhook = await client.create({
   *   name: 'Doors', trigger: 'DEVICE_ADDED', url: 'https://example.com/{device_id}',
   *   method: 'POST', contentType: 'JSON', authType: 'NONE',
   * })
   */
  create(spec: WebhookSpec, options?: CreateOptions): Promise<Webhook> {
    return call(this.#caller, 'create', { spec }, options, this.create)
  }

  /**
   * Replaces a webhook: a field that the spec leaves out is cleared. Read-only fields of a whole webhook are not sent.
   *
   * @throws {ValidationError} If the spec breaks the contract; nothing was sent.
   * @throws {NotFoundError} If the webhook does not exist.
   * @example
   * await client.update(webhook.id, { ...webhook, name: 'Renamed' })
   */
  update(webhookId: number, spec: WebhookSpec, options?: UpdateOptions): Promise<Webhook> {
    return call(this.#caller, 'update', { webhookId, spec }, options, this.update)
  }

  /**
   * Reads a webhook, changes the named fields, and writes it. Null clears a field; an absent field stays. A change by
   * another writer in between is overwritten.
   *
   * @throws {ValidationError} If the changes break the contract; nothing was written.
   * @throws {NotFoundError} If the webhook does not exist.
   * @example
   * await client.patch(7, { url: 'https://example.com/new', body: null })
   */
  patch(webhookId: number, changes: WebhookChanges, options?: WriteOptions): Promise<Webhook> {
    return call(this.#caller, 'patch', { webhookId, changes }, options, this.patch)
  }

  /**
   * Deletes a webhook.
   *
   * @throws {NotFoundError} If the webhook does not exist.
   * @example
   * await client.delete(7)
   */
  delete(webhookId: number, options?: WriteOptions): Promise<void> {
    return call(this.#caller, 'delete', { webhookId }, options, this.delete)
  }

  /**
   * Sets the status to `ENABLED`, as `patch` does.
   *
   * @throws {NotFoundError} If the webhook does not exist.
   * @example
   * await client.enable(7)
   */
  enable(webhookId: number, options?: WriteOptions): Promise<Webhook> {
    return call(this.#caller, 'enable', { webhookId }, options, this.enable)
  }

  /**
   * Sets the status to `DISABLED`, as `patch` does.
   *
   * @throws {NotFoundError} If the webhook does not exist.
   * @example
   * await client.disable(7)
   */
  disable(webhookId: number, options?: WriteOptions): Promise<Webhook> {
    return call(this.#caller, 'disable', { webhookId }, options, this.disable)
  }

  /**
   * Compares the webhooks that you want with those of the server, and returns what would change. Only reads.
   *
   * @param desired Specs with their names (and `id`, `was` or `absent`, see `DesiredWebhook`), or the path of a file or a folder
   *   such as `webhooks.toml`, or several paths. Webhooks that are not named stay as they are.
   * @throws {ValidationError} If the desired webhooks break the contract, or contradict each other or the server.
   * @throws {ConfigError} If the file is for another server or organization.
   * @example
   * const plan = await client.plan('webhooks.toml')
   * console.log(String(plan))
   * if (!plan.isEmpty) await plan.apply()
   */
  plan(desired: string | readonly string[] | readonly DesiredWebhook[], options?: PlanOptions): Promise<Plan> {
    return makePlan(this.#caller.client, desired, options, this.plan)
  }

  /**
   * The operations with their responses: `client.withResponse.get(7)` gives the webhook as `value`, and `status`, `headers`,
   * `requestId`, `attempts` and `elapsedMs`.
   *
   * @example
   * const { value, requestId } = await client.withResponse.get(7)
   */
  get withResponse(): OperationsWithResponse {
    this.#withResponse ??= operationsWithResponse(this.#caller)
    return this.#withResponse
  }

  /**
   * A client whose calls have other defaults. It shares connections, tokens and `close` with this one.
   *
   * @throws {ConfigError} If an option cannot work.
   * @example
   * const patient = client.withOptions({ timeoutMs: 120_000, maxRetries: 5 })
   */
  withOptions(options: CommonOptions): WebhookClient {
    const { client, ...rest } = this.#caller
    const json = converting(this.withOptions, () => settingsJson(options))
    const made = calling(this.withOptions, () => client.withOptions(json))
    return new WebhookClient({}, { ...rest, client: made })
  }

  /** The server that is called, e.g. `https://blynk.cloud`. */
  get baseUrl(): string {
    return this.#caller.client.baseUrl
  }

  /**
   * Closes idle connections and refuses further calls; calls under way end as they would. Calling it is not needed for
   * the process to end.
   */
  close(): void {
    this.#caller.client.close()
  }

  /** Shown by `console.log`: the server, and no secret. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `WebhookClient <${this.#caller.client.baseUrl}>`
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

/** Says that the environment is to be read. */
const ENVIRONMENT = Symbol('environment')

/** Makes a client of the add-on of a user's options; a part of them stays in JavaScript. */
function makeCaller(options: ClientOptions, source: typeof ENVIRONMENT | undefined): Caller {
  const given = options ?? {}
  const isObject = typeof given === 'object' && !Array.isArray(given)
  const { logger, logLevel, onAttempt, openTelemetry, token, ...rest } = isObject ? given : {}
  const watcher = readFunction('onAttempt', onAttempt, true)
  if (openTelemetry !== undefined && typeof openTelemetry !== 'boolean') {
    throw native.refusal(JSON.stringify([['openTelemetry', 'must be true or false']]), true)
  }
  const provider = typeof token === 'function' ? token : undefined
  // The add-on refuses what is not an object.
  const settings = isObject ? { ...rest, ...(provider ? {} : { token }) } : given
  const extras = {
    // Reading them takes a while, and plain http asks none.
    certificates: /^http:/i.test(String(rest.baseUrl)) ? undefined : extraCertificates(),
    token: provider && listenForToken(provider),
    onAttempt:
      watcher &&
      listenFor(watcher, (watcher, attempt) => {
        if (watcher) tell('onAttempt', watcher, () => watcher(attempt as Attempt))
      }),
  }
  const log = logTarget(logger, logLevel)
  const [json, environment] = [clientSettingsJson(settings), environmentJson()]
  const client = new native.NativeClient(json, PLATFORM, environment, source === ENVIRONMENT, log, extras)
  const observers: (object | null | undefined)[] = [logger, watcher, provider]
  return { client, traced: openTelemetry ?? true, observers: observers.filter((observer) => observer != null) }
}

/** Settings of a client as JSON. */
function clientSettingsJson(settings: object): string {
  try {
    return settingsJson(settings)
  } catch (failure) {
    // That a name is misspelt says more than that its function or logger has no JSON form.
    native.checkSettingNames(Object.keys(settings))
    throw failure
  }
}

/** The operations of a client, each with its response. */
function operationsWithResponse(caller: Caller): OperationsWithResponse {
  const operations = Object.entries(OPERATIONS).map(([operation, names]) => {
    const method = (...args: unknown[]) => {
      const subject = Object.fromEntries(names.map((name, index) => [name, args[index]]))
      return call(caller, operation, subject, args[names.length], method, true)
    }
    return [operation, method]
  })
  return Object.fromEntries(operations)
}

/** The same API on this machine, for tests, demonstrations and offline work. */

// Reached when it is used: loading node:fs/promises takes as long as loading this package.
import { promises as files } from 'node:fs'
import { perform, submitted } from './call'
import { WebhookClient } from './client'
import type {
  Delivery,
  DeliveryFault,
  DeliveryFilter,
  EmulatorState,
  EventReport,
  ExpectedDeliveries,
  Fault,
  Notice,
  TargetRequest,
  TargetResponse,
  WebhookMatch,
} from './deliveries'
import { calling, callSite, converting, errorFrom } from './errors'
import type { Trigger } from './generated/vocabulary'
import { hideNestedSecrets } from './inspection'
import { toJson } from './json'
import { fromAnswer } from './json-reader'
import type { WebhookSpec } from './model'
import { type NativeEmulator, native } from './native'
import type { ClientOptions } from './options'
import { settingsJson } from './options-json'

/** Settings of an emulator. */
export interface EmulatorOptions {
  /** The port on 127.0.0.1; 0 takes any free one. Default: 0. */
  readonly port?: number | undefined
  /** The initial state: a snapshot of another emulator, or the path of a JSON file. */
  readonly state?: EmulatorState | string | undefined
  /** Whether webhooks may reach hosts other than loopback. Default: false. */
  readonly allowRemoteTargets?: boolean | undefined
  /** Hosts other than loopback that webhooks may reach, with or without a port: `['app:3000']`. */
  readonly allowTargets?: readonly string[] | undefined
  /** Certificate authorities to trust for targets on https, as PEM. */
  readonly targetCa?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
}

/** Running emulators: like an `http.Server`, an emulator keeps running even if the program only keeps its URL. */
const running = new Set<NativeEmulator>()

/**
 * The webhook API with one organization and one OAuth2 client, inside this process and on loopback only. It checks
 * requests by the client's rules. It runs until it is stopped or the process (the worker) ends, and does
 * not keep the process alive.
 *
 * @example
 * await using emulator = await Emulator.start()
 * const client = emulator.client()
 * await client.create(spec)
 */
export class Emulator {
  readonly #native: NativeEmulator

  private constructor(started: NativeEmulator) {
    this.#native = started
    running.add(started)
  }

  /**
   * Starts an emulator. It accepts requests as soon as the promise is fulfilled.
   *
   * @throws {ConfigError} If the port is not available or the state is not valid. A file that cannot be read rejects with
   *   Node's own error, e.g. `ENOENT`.
   * @example
   * const emulator = await Emulator.start({ port: 8080 })
   */
  static async start(options: EmulatorOptions = {}): Promise<Emulator> {
    const { state } = options
    const text = typeof state === 'string' ? await files.readFile(state, 'utf8') : undefined
    try {
      const { state: _, ...settings } = options
      // A file's text is handed over as it is, so that no number in it is altered.
      const json = text === undefined ? toJson(state, 'state', true) : checkedState(text)
      return new Emulator(new native.NativeEmulator(settingsJson(settings), json))
    } catch (failure) {
      throw errorFrom(failure)
    }
  }

  /** The base URL, e.g. `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#native.url
  }

  /** Shown by `console.log`: the URL, and no secret. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Emulator <${this.url}>`
  }

  /** ID of the OAuth2 client. */
  get clientId(): string {
    return this.#native.clientId
  }

  /** Secret of the OAuth2 client. */
  get clientSecret(): string {
    return this.#native.clientSecret
  }

  /**
   * The environment variables with which `WebhookClient.fromEnv` creates a client of this emulator.
   *
   * @example
   * Object.assign(process.env, emulator.environ())
   */
  environ(): { BLYNK_BASE_URL: string; BLYNK_CLIENT_ID: string; BLYNK_CLIENT_SECRET: string } {
    return { BLYNK_BASE_URL: this.url, BLYNK_CLIENT_ID: this.clientId, BLYNK_CLIENT_SECRET: this.clientSecret }
  }

  /**
   * Creates a client of this emulator.
   *
   * @param options Settings in addition to the emulator's URL and credentials, or instead of them.
   * @example
   * const client = emulator.client({ maxRetries: 0 })
   */
  client(options: ClientOptions = {}): WebhookClient {
    const credentials = options.token === undefined ? { clientId: this.clientId, clientSecret: this.clientSecret } : {}
    return new WebhookClient({ baseUrl: this.url, ...credentials, ...options })
  }

  /**
   * Triggers an event: the emulator renders and really sends every enabled webhook that matches. Fulfilled when all have ended.
   *
   * @param values The event's placeholder values. Other placeholders get samples. A webhook with a
   *   `dataTrigger` runs unless the values contradict a member of it.
   * @returns The deliveries, in the order of their webhooks.
   * @throws {ValidationError} If the platform has no such trigger.
   * @example
   * const [delivery] = await emulator.trigger('DEVICE_ADDED', { device_id: 7 })
   */
  trigger(trigger: Trigger, values: object = {}, options: { readonly orgId?: number } = {}): Promise<Delivery[]> {
    return this.#command('trigger', { trigger, values, ...options }, this.trigger)
  }

  /**
   * Like `trigger`; also returns for each webhook of the organization whether it ran, and why not.
   *
   * @example
   * const { webhooks } = await emulator.triggerReport('DEVICE_ADDED', { device_id: 7 })
   */
  triggerReport(
    trigger: Trigger,
    values: object = {},
    options: { readonly orgId?: number } = {},
  ): Promise<EventReport> {
    return this.#command('trigger_report', { trigger, values, ...options }, this.triggerReport)
  }

  /** Returns for each webhook of the organization whether an event would run it, and why not. Sends nothing. */
  explain(trigger: Trigger, values: object = {}, options: { readonly orgId?: number } = {}): Promise<WebhookMatch[]> {
    return this.#command('explain', { trigger, values, ...options }, this.explain)
  }

  /**
   * Sends the request of an earlier delivery again.
   *
   * @throws {ValidationError} If there is no such delivery, or its webhook is gone.
   */
  redeliver(deliveryId: number): Promise<Delivery> {
    return this.#command('redeliver', { deliveryId }, this.redeliver)
  }

  /**
   * Runs a spec once without a webhook, like the console's Test button. No counter changes.
   *
   * @throws {ValidationError} If the spec breaks the API's contract.
   */
  test(spec: WebhookSpec, values: object = {}): Promise<Delivery> {
    return this.#command('test', { spec, values }, this.test)
  }

  /**
   * Runs one webhook once, like the console's Test button, regardless of its status and its rate limit. The run counts as an
   * attempt; a failure does not count towards `failureLimit` (assumed).
   */
  testWebhook(webhookId: number, values: object = {}): Promise<Delivery> {
    return this.#command('test_webhook', { webhookId, values }, this.testWebhook)
  }

  /** The log, oldest first; keeps the last 20,000 deliveries, fewer if they exceed 64 MiB. */
  deliveries(filter: DeliveryFilter = {}): Promise<Delivery[]> {
    return this.#command('deliveries', { filter }, this.deliveries)
  }

  /**
   * Waits for the first delivery that matches, and returns it. Pass `after` to wait for a new one.
   *
   * @param filter Which deliveries match, and `timeoutMs`, the time to wait. Default: 5000.
   * @throws {RequestTimeoutError} If there is none in time.
   */
  waitForDelivery(filter: DeliveryFilter & { readonly timeoutMs?: number } = {}): Promise<Delivery> {
    const { timeoutMs = 5000, ...rest } = filter
    return this.#command('wait_for_delivery', { filter: rest, timeoutMs }, this.waitForDelivery)
  }

  /**
   * Waits until enough deliveries match, and returns them.
   *
   * @throws {RequestTimeoutError} If too few match in time; the message names the closest ones and how they differ.
   * @example
   * const [delivery] = await emulator.expect({ webhookId: webhook.id, outcome: 'ok' })
   */
  expect(expected: ExpectedDeliveries = {}): Promise<Delivery[]> {
    return this.#command('expect', expected ?? {}, this.expect)
  }

  /**
   * Starts a target for webhooks: a server that records requests and sends the responses you set. It runs until the emulator stops.
   *
   * @param options `tls`: whether it serves https, with a certificate that deliveries trust.
   * @example
   * const target = emulator.target()
   * await client.create({ ...spec, url: `${target.url}/{device_id}` })
   * await emulator.trigger('DEVICE_ADDED', { device_id: 7 })
   * target.requests[0].path // '/7'
   */
  target(options: { readonly tls?: boolean } = {}): Target {
    const run: RunCommand = (name, parameters, caller) => this.#commandNow(name, parameters, caller)
    return new Target(run('target', options ?? {}, this.target) as { id: number; url: string }, run)
  }

  /** The certificate authority of targets on https, as PEM, for your own clients of such a target. */
  get targetCa(): string {
    return this.#commandNow('target_ca', {}, this.target) as string
  }

  /** The mails that the platform would have sent to failure receivers, oldest first. */
  notices(): Promise<Notice[]> {
    return this.#command('notices', undefined, this.notices)
  }

  /**
   * Adds a fault for the next requests. Faults apply in the order in which they were added. The operation does not
   * run, except with `delayMs`, so stored data does not change.
   *
   * @throws {ConfigError} If more than one fault is named.
   * @example
   * await emulator.failNext({ status: 503, times: 2 })
   * await emulator.failNext({ reset: true })
   */
  async failNext(fault: Fault = {}): Promise<void> {
    const { times, operation, status, retryAfter, reset, truncate, malformed, delayMs, ...unknown } = fault ?? {}
    const faults = Object.keys(unknown).map((name) => [
      name,
      'is not a fault; known names: status, reset, truncate, malformed, delayMs',
    ])
    if (faults.length > 0) throw errorFrom(native.refusal(JSON.stringify(faults), true), callSite(this.failNext))
    await this.#command('fail_next', fault ?? {}, this.failNext)
  }

  /**
   * Adds a fault for the next deliveries to targets. Faults apply in the order in which they were added.
   *
   * @throws {ConfigError} If more than one fault is named.
   * @example
   * await emulator.failNextDelivery({ duplicate: true })
   */
  failNextDelivery(fault: DeliveryFault): Promise<void> {
    return this.#command('fail_next_delivery', fault ?? {}, this.failNextDelivery)
  }

  /** Removes all pending faults, of requests and of deliveries. */
  clearFaults(): Promise<void> {
    return this.#command('clear_faults', undefined, this.clearFaults)
  }

  /** The emulator's time in epoch milliseconds. */
  now(): Promise<number> {
    return this.#command('now', undefined, this.now)
  }

  /** Sets the time and stops the clock. */
  setTime(now: number | Date): Promise<void> {
    return this.#command('set_time', { now: Number(now) }, this.setTime)
  }

  /** Moves the time forward by milliseconds: tokens expire, rate limits reset. */
  advanceTime(byMs: number): Promise<void> {
    return this.#command('advance_time', { byMs }, this.advanceTime)
  }

  /**
   * Organizations, clients, webhooks and limits as they are now, for `Emulator.start({ state })`. It contains the clients'
   * secrets. It does not contain the log, tokens and faults.
   */
  async snapshot(): Promise<EmulatorState> {
    return hideNestedSecrets(await this.#command<EmulatorState>('snapshot', undefined, this.snapshot))
  }

  /** Restores the initial state. Clears the log, tokens and faults. */
  reset(): Promise<void> {
    return this.#command('reset', undefined, this.reset)
  }

  #command<T>(name: string, parameters: object | undefined, caller: (...args: never[]) => unknown): Promise<T> {
    const site = callSite(caller)
    return perform(
      site,
      () => {
        const command =
          toJson(parameters === undefined ? { do: name } : { do: name, with: parameters }, 'emulator') ?? '{}'
        return () => submitted(this.#native.command(command))
      },
      (answer) => fromAnswer(answer) as T,
    )
  }

  #commandNow(name: string, parameters: object, caller: (...args: never[]) => unknown): unknown {
    const command = converting(caller, () => toJson({ do: name, with: parameters }, 'emulator') ?? '{}')
    return fromAnswer(calling(caller, () => this.#native.commandNow(command)))
  }

  /** Stops the emulator and closes its connections. Does nothing the second time. */
  async stop(): Promise<void> {
    running.delete(this.#native)
    this.#native.stop()
  }

  /** `await using emulator = await Emulator.start()` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

type RunCommand = (name: string, parameters: object, caller: (...args: never[]) => unknown) => unknown

/** A target of webhooks inside this process: see `Emulator.target`. */
export class Target {
  readonly #id: number
  readonly #run: RunCommand
  /** Its base URL, e.g. `http://127.0.0.1:49152`. */
  readonly url: string

  /** @internal */
  constructor({ id, url }: { id: number; url: string }, run: RunCommand) {
    this.#id = id
    this.#run = run
    this.url = url
  }

  /** The requests received so far, oldest first. */
  get requests(): TargetRequest[] {
    return this.#run('target_requests', { targetId: this.#id }, this.respond) as TargetRequest[]
  }

  /**
   * Sets the response, from now on or for the next `times` requests. Default: 200 without a body.
   *
   * @throws {ValidationError} If the response is not valid, e.g. its status is 99.
   * @example
   * target.respond({ status: 503, times: 2 })
   */
  respond(response: TargetResponse): void {
    this.#run('target_respond', { targetId: this.#id, ...response }, this.respond)
  }

  /** Clears the requests and the responses. */
  clear(): void {
    this.#run('clear_target', { targetId: this.#id }, this.clear)
  }
}

/** The text of a state's file, known to be JSON. */
function checkedState(text: string): string {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    JSON.parse(json)
    return json
  } catch (problem) {
    const fault = `is a file that is not JSON: ${(problem as Error).message}`
    throw errorFrom(native.refusal(JSON.stringify([['state', fault]]), true))
  }
}

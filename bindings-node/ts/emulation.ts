/** The same API on this machine: for tests, demonstrations and offline work. */

import { WebhookClient } from './client'
import { errorFrom } from './errors'
import { type NativeEmulator, native } from './native'
import type { ClientOptions } from './options'
import { settingsJson } from './options-json'

/** Settings of an emulator. */
export interface EmulatorOptions {
  /** The port on 127.0.0.1; 0 takes any free one. Default: 0. */
  readonly port?: number | undefined
}

/**
 * The webhook API with one organization and one OAuth2 client, inside this process and on loopback only. It checks
 * requests by the rules that the client checks specs by. It does not keep the process alive.
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
  }

  /**
   * Starts an emulator; it takes requests when the promise is fulfilled.
   *
   * @throws {ConfigError} Where the port cannot be had.
   * @example
   * const emulator = await Emulator.start({ port: 8080 })
   */
  static async start(options: EmulatorOptions = {}): Promise<Emulator> {
    try {
      return new Emulator(new native.NativeEmulator(settingsJson(options)))
    } catch (failure) {
      throw errorFrom(failure)
    }
  }

  /** The base URL, e.g. `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#native.url
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
   * A client of this emulator.
   *
   * @param options Settings beside the emulator's URL and credentials, or in their place.
   * @example
   * const client = emulator.client({ maxRetries: 0 })
   */
  client(options: ClientOptions = {}): WebhookClient {
    const credentials = options.token === undefined ? { clientId: this.clientId, clientSecret: this.clientSecret } : {}
    return new WebhookClient({ baseUrl: this.url, ...credentials, ...options })
  }

  /** Stops the emulator and closes its connections. Does nothing the second time. */
  async stop(): Promise<void> {
    this.#native.stop()
  }

  /** `await using emulator = await Emulator.start()` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Webhooks as code: what would change, and carrying it out. */

import { abortable } from './abort'
import { perform, submitted } from './call'
import { callSite } from './errors'
import { forget, listen, tell } from './events'
import { toJson } from './json'
import { fromAnswer } from './json-reader'
import type { Violation, WebhookDraft } from './model'
import type { NativeClient, NativePlan } from './native'
import { readFunction, readOptions } from './options-json'

/**
 * A desired webhook. It is found by `id`, else by `was`, its old name, else by its exact name.
 */
export interface DesiredWebhook extends WebhookDraft {
  /** ID of the webhook, regardless of its name. */
  readonly id?: number | undefined
  /** The name it had before: it is renamed. */
  readonly was?: string | undefined
  /** Deletes the webhook. */
  readonly absent?: boolean | undefined
}

/** Options of `plan`. */
export interface PlanOptions {
  /** The organization, in the place of the client's. */
  readonly orgId?: number | undefined
  /** Whether secrets that the server masks, and that can therefore not be compared, are sent. Default: false. */
  readonly resendSecrets?: boolean | undefined
  /** Ends the making of the plan, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** What happens to a webhook. `unmanaged`: it is not named, and stays as it is. */
export type PlanAction = 'update' | 'create' | 'delete' | 'unchanged' | 'unmanaged'

/** One field that changes, as it may be shown: secrets are `***`. */
export interface PlanChange {
  /** The field's wire name. */
  readonly field: string
  /** The value on the server; null if there is none. */
  readonly before: unknown
  /** The desired value; null if the field is cleared. */
  readonly after: unknown
}

/** One webhook of a plan. */
export interface PlanItem {
  /** What happens to it. */
  readonly action: PlanAction
  /** Its name; of a webhook that is renamed the new one. */
  readonly name: string
  /** Its ID; null if it does not exist yet. */
  readonly id: number | null
  /** The fields that change. */
  readonly changes: readonly PlanChange[]
  /** Secrets that the server masks or does not show: they cannot be compared. */
  readonly cannotCompare?: readonly string[]
  /** True if the platform has disabled it after too many failures. No plan enables it. */
  readonly disabledByPlatform?: boolean
}

/** How many webhooks a plan deletes, and how many it may. */
export interface PlanGuard {
  /** Webhooks that would be deleted. */
  readonly deletes: number
  /** Webhooks of the server that what is wanted names. */
  readonly managed: number
  /** Most deletes that the file allows; null: no limit. */
  readonly allowed: number | null
  /** The limit as the file has it, e.g. `30%`. */
  readonly limit: string | null
  /** True if the plan is not applied. */
  readonly exceeded: boolean
}

/** How many webhooks of each kind. */
export type PlanSummary = { readonly [Action in PlanAction]: number }

/** How one item of a plan ended; `unknown`: plan again, which reads what came of it. */
export type ItemOutcome = 'done' | 'conflict' | 'failed' | 'unknown' | 'skipped'

/** How one item of a plan ended. */
export interface ItemReport {
  /** What was to happen. */
  readonly action: PlanAction
  /** The webhook's name. */
  readonly name: string
  /** Its ID, if it is known. */
  readonly id: number | null
  /** How it ended. */
  readonly outcome: ItemOutcome
  /** What was not as planned, e.g. why it failed. */
  readonly message?: string
  /** The `code` of the error that stopped it, if a request failed, e.g. `FORBIDDEN`. */
  readonly code?: string
}

/** How a plan was carried out. */
export interface ApplyReport {
  /** The digest of the plan. */
  readonly digest: string
  /** True if a signal stopped it before every item had started. */
  readonly interrupted: boolean
  /** How many items ended in each way; a way that no item took is absent. */
  readonly summary: { readonly [Outcome in ItemOutcome]?: number }
  /** Every item that was to change something, in the order of the plan. */
  readonly items: readonly ItemReport[]
}

/** Options of `apply`. */
export interface ApplyOptions {
  /** Items under way at once; fewer after the server answered 429. Default: 8. */
  readonly concurrency?: number | undefined
  /** The digest that was reviewed, or its first 12 characters or more. Another plan is refused. */
  readonly digest?: string | undefined
  /** Receives each item after its end. If it throws, the apply goes on. */
  readonly onProgress?: ((progress: ApplyProgress) => void) | undefined
  /** Lets no further item begin. Those under way end, and the report says how. */
  readonly signal?: AbortSignal | undefined
}

/** How far an apply has come: one item has ended. */
export interface ApplyProgress {
  /** Items that have ended. */
  readonly done: number
  /** Items of the plan that change something. */
  readonly total: number
  /** The item that ended. */
  readonly item: ItemReport
}

/**
 * What would change: made by `client.plan`, carried out by `apply`.
 *
 * @example
 * const plan = await client.plan('webhooks.toml')
 * console.log(String(plan))
 * if (!plan.isEmpty) await plan.apply()
 */
export class Plan {
  readonly #native: NativePlan
  /** Every webhook that is wanted, in its order, then those of the server that are not named. */
  readonly items: readonly PlanItem[]
  /** Names this plan: another plan, or one from another state of the server, has another digest. */
  readonly digest: string
  /** How many webhooks of each kind. */
  readonly summary: PlanSummary
  /** Deletes, and how many are allowed. */
  readonly guard: PlanGuard
  /** The server that the plan is for. */
  readonly server: string | null
  /** The organization of the plan, if it is known. */
  readonly org: number | null
  /** What is worth knowing about the webhooks that change. */
  readonly warnings: readonly Violation[]

  /** @internal */
  constructor(made: NativePlan) {
    this.#native = made
    const { items, digest, summary, guard, server, org, warnings } = JSON.parse(made.json())
    this.items = items
    this.digest = digest
    this.summary = summary
    this.guard = guard
    this.server = server
    this.org = org
    this.warnings = warnings
  }

  /** True if applying the plan sends nothing. */
  get isEmpty(): boolean {
    return !this.items.some(({ action }) => action === 'update' || action === 'create' || action === 'delete')
  }

  /**
   * Carries the plan out: updates, then creates, then deletes. What fails stops its own item only.
   *
   * Before an update or a delete the webhook is read again; one that has changed since the plan stays as it is. A lost
   * answer is settled by reading again. Interrupted at any moment, a second plan finishes the work.
   *
   * @throws {ConfigError} If the plan deletes more than is allowed, or is not the one of the digest; nothing was sent.
   * @example
   * const report = await plan.apply({ concurrency: 4, onProgress: ({ done, total }) => console.log(done, 'of', total) })
   */
  async apply(options: ApplyOptions = {}): Promise<ApplyReport> {
    const { onProgress, ...rest } = options ?? {}
    const cancel = () => this.#native.cancel()
    let listener: number | undefined
    let signal: AbortSignal | undefined
    const prepare = () => {
      const progress = readFunction('onProgress', onProgress)
      const read = readOptions(rest)
      signal = read.signal
      if (progress) listener = listen((event) => tell('onProgress', progress, () => progress(event as ApplyProgress)))
      return () => {
        const report = submitted(this.#native.apply(read.text, listener))
        if (signal?.aborted) cancel()
        signal?.addEventListener('abort', cancel)
        return report
      }
    }
    try {
      return await perform(callSite(this.apply), prepare, (answer) => fromAnswer(answer) as ApplyReport)
    } finally {
      signal?.removeEventListener('abort', cancel)
      if (listener !== undefined) forget(listener)
    }
  }

  /** The plan for people: each change, the webhooks that stay as they are, the guard, and the digest. */
  toString(): string {
    return this.#native.text()
  }

  /** The plan as data, without secrets. */
  toJSON(): object {
    return JSON.parse(this.#native.json())
  }

  /** Shown by `console.log`: the plan for people. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** Makes a plan of what is wanted: see `WebhookClient.plan`. */
export function makePlan(
  client: NativeClient,
  desired: unknown,
  options: unknown,
  caller: (...args: never[]) => unknown,
): Promise<Plan> {
  const prepare = () => {
    const { signal, text } = readOptions(options)
    const files = typeof desired === 'string' ? [desired] : isPaths(desired) ? desired : undefined
    const json = files ? '' : (toJson(desired, 'desired') ?? 'null')
    // What the file names as secrets may stand in any variable.
    const environment = JSON.stringify(process.env)
    const submit = (callId?: number) => submitted(client.plan(files, json, text, environment, callId))
    return signal === undefined ? submit : () => abortable(submit, signal)
  }
  return perform(callSite(caller), prepare, (made) => new Plan(made))
}

function isPaths(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === 'string')
}

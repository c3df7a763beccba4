/**
 * Spans of OpenTelemetry, if the program has set it up: one for each call and one for each attempt, by the semantic
 * conventions for HTTP clients.
 *
 * HTTP instrumentations cannot see requests that are made in Rust. The package does not depend on `@opentelemetry/api`:
 * what a program has registered lies in a global object, by which the copies of that package find each other.
 */

import type {
  Attributes,
  Context,
  ContextManager,
  Span,
  TextMapPropagator,
  Tracer,
  TracerProvider,
} from '@opentelemetry/api'

/** What a program has registered. */
interface Registered {
  readonly trace?: TracerProvider
  readonly context?: ContextManager
  readonly propagation?: TextMapPropagator
}

/** Version of this package, by the build. */
declare const PACKAGE_VERSION: string

const GLOBAL = Symbol.for('opentelemetry.js.api.1')
/** Where a context has its span. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN')
/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR`. */
const [CLIENT, ERROR] = [2, 2]

/** What the program has registered, if it traces anything. */
function registered(): (Registered & { trace: TracerProvider }) | undefined {
  const found = (globalThis as { [GLOBAL]?: Registered })[GLOBAL]
  return found?.trace === undefined ? undefined : { ...found, trace: found.trace }
}

/** True if the program traces. */
export function isTracing(): boolean {
  return (globalThis as { [GLOBAL]?: Registered })[GLOBAL]?.trace !== undefined
}

/** A context, if the program has not registered a context manager. */
class PlainContext implements Context {
  readonly #values: ReadonlyMap<symbol, unknown>

  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return new PlainContext(new Map(this.#values).set(key, value))
  }

  deleteValue(key: symbol): Context {
    return new PlainContext(new Map([...this.#values].filter(([name]) => name !== key)))
  }
}

/** What is known of an attempt before it is sent. */
export interface AttemptStart {
  readonly method: string
  /** Without secrets. */
  readonly url: string
  /** From 1. */
  readonly number: number
}

/** What is known of an attempt when it has ended. */
export interface AttemptEnd {
  readonly status?: number | undefined
  readonly error?: string | undefined
}

/** The spans of one call. */
export class CallSpans {
  readonly #program: Registered & { trace: TracerProvider }
  readonly #span: Span
  readonly #context: Context
  #attempt: Span | undefined

  private constructor(program: Registered & { trace: TracerProvider }, span: Span, context: Context) {
    this.#program = program
    this.#span = span
    this.#context = context
  }

  /** The span of a call that begins; undefined if the program traces nothing. */
  static start(operation: string, webhookId: unknown): CallSpans | undefined {
    const program = registered()
    if (program === undefined) return undefined
    const attributes: Attributes = { 'blynk_webhooks.operation': operation }
    if (typeof webhookId === 'number') attributes['blynk_webhooks.webhook_id'] = webhookId
    const around = program.context?.active() ?? new PlainContext()
    const span = tracer(program.trace).startSpan(`blynk_webhooks.${operation}`, { kind: CLIENT, attributes }, around)
    return new CallSpans(program, span, around.setValue(SPAN, span))
  }

  /** The span of an attempt that begins; the headers by which the server can go on with the trace. */
  startAttempt({ method, url, number }: AttemptStart): Record<string, string> {
    const { hostname, port, protocol, pathname } = new URL(url)
    const attributes: Attributes = {
      'http.request.method': method,
      'url.full': url,
      'url.template': pathname,
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    }
    if (number > 1) attributes['http.request.resend_count'] = number - 1
    const options = { kind: CLIENT, attributes }
    this.#attempt = tracer(this.#program.trace).startSpan(`${method} ${pathname}`, options, this.#context)
    const headers: Record<string, string> = {}
    this.#program.propagation?.inject(this.#context.setValue(SPAN, this.#attempt), headers, {
      set: (carrier, name, value) => {
        carrier[name] = value
      },
    })
    return headers
  }

  /** Ends the span of the attempt. */
  endAttempt({ status, error }: AttemptEnd): void {
    const span = this.#attempt
    if (status !== undefined) span?.setAttribute('http.response.status_code', status)
    const failure = error ?? (status !== undefined && status >= 400 ? String(status) : undefined)
    if (failure !== undefined) fail(span, failure)
    span?.end()
    this.#attempt = undefined
  }

  /** Ends the span of the call, and of an attempt that was cut off. */
  end(error?: unknown): void {
    const { name, code, message } = (error ?? {}) as { name?: string; code?: unknown; message?: string }
    // A `DOMException`, such as the reason of a signal, has a number.
    const type = typeof code === 'string' ? code : name
    if (this.#attempt) this.endAttempt({ error: type })
    if (error !== undefined) fail(this.#span, type ?? 'Error', message)
    this.#span.end()
  }
}

/** Asked for each time: a program may register another provider. */
function tracer(provider: TracerProvider): Tracer {
  return provider.getTracer('blynk-webhooks', PACKAGE_VERSION)
}

function fail(span: Span | undefined, type: string, message?: string): void {
  span?.setAttribute('error.type', type)
  span?.setStatus(message === undefined ? { code: ERROR } : { code: ERROR, message })
}

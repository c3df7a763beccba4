// Typed use of everything that is public, as an ES module. Checked by tsc, not run.

import { channel } from 'node:diagnostics_channel'
import {
  type ApiError,
  ATTEMPT_CHANNEL,
  type Attempt,
  type AttemptEvent,
  AuthError,
  CALL_CHANNEL,
  type CallEvent,
  type CallOptions,
  type CallResponse,
  type ClientOptions,
  ConnectError,
  type ErrorCode,
  extraOf,
  type Integer,
  JsonNumber,
  type JsonObject,
  type Logger,
  NotFoundError,
  type Plan,
  PreconditionFailedError,
  parse,
  placeholders,
  type RenderedRequest,
  render,
  Status,
  setLogger,
  setLoopbackOnly,
  specOf,
  stringify,
  type TokenSource,
  type TransportError,
  Trigger,
  ValidationError,
  type Violation,
  validate,
  type Webhook,
  type WebhookChanges,
  WebhookClient,
  type WebhookDraft,
  type WebhookOperations,
  type WebhookSpec,
  WebhooksError,
} from 'blynk-webhooks'
import { type Delivery, Emulator, type EmulatorState, type Target } from 'blynk-webhooks/emulator'

const options: ClientOptions = { clientId: 'id', clientSecret: process.env['SECRET'], headers: { 'X-Trace': '1' } }
using client = new WebhookClient({ ...options, baseUrl: new URL('https://blynk.cloud'), timeoutMs: null })
const fromEnv: WebhookClient = WebhookClient.fromEnv({ headers: new Headers({ 'X-Trace': '1' }) })
// @ts-expect-error a setting that does not exist
new WebhookClient({ tokn: 't' })

const spec: WebhookSpec = {
  name: 'Doors',
  trigger: Trigger.DEVICE_ADDED,
  url: 'https://example.com/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  failureReceivers: [1, 12345678901234567890n],
}
// A value that only a newer server knows.
const newer: WebhookSpec = { ...spec, trigger: 'SOMETHING_NEW' }
// @ts-expect-error a required field is missing
const incomplete: WebhookSpec = { name: 'Doors' }
// @ts-expect-error a misspelt field
const misspelt: WebhookSpec = { ...spec, failurelimit: 3 }
// @ts-expect-error specs are read-only
spec.name = 'x'
const known: keyof typeof Trigger = 'DEVICE_ADDED'
// @ts-expect-error no trigger of this version
const unknown: keyof typeof Trigger = 'SOMETHING_NEW'

const perCall: CallOptions = { signal: AbortSignal.timeout(5), timeoutMs: 1_000, maxRetries: 0, headers: [['a', 'b']] }
const list: readonly Webhook[] = await client.list({ ...perCall, orgId: 7 })
const webhook: Webhook = await client.get(7, perCall)
await client.create(spec, { reconcile: true, orgId: 7 })
await client.create(webhook)
await client.update(webhook.id, { ...webhook, name: 'Renamed' })
await client.update(7, spec, { signal: undefined })
const withNewField = { ...spec, formBody: {} }
await client.update(7, withNewField)
const changes: WebhookChanges = { body: null, name: 'x', status: Status.DISABLED }
await client.patch(7, changes)
await client.patch(7, { body: undefined })
const nothing: Promise<void> = client.delete(7)
const status: string | undefined = (await client.enable(7)).status
await client.disable(7, { timeoutMs: null })
// @ts-expect-error an id is a number
await client.get('7')
// @ts-expect-error no such option
await client.get(7, { reconcile: true })
// @ts-expect-error answers are read-only
webhook.name = 'x'
client.close()

const created: number | undefined = webhook.createdAt
const receivers: readonly Integer[] | undefined = webhook.failureReceivers
const data: JsonObject | undefined = webhook.dataTrigger
const field: unknown = extraOf(webhook)['formBody']
// @ts-expect-error a misspelt field of a webhook
webhook.naem
// The fields that a webhook must have are there, the others may not be.
const required: [string, string, string, string, string, string] = [
  webhook.name,
  webhook.trigger,
  webhook.url,
  webhook.method,
  webhook.contentType,
  webhook.authType,
]
// @ts-expect-error a webhook may have no body
const definite: string = webhook.body
await client.update(webhook.id, { ...webhook, body: undefined, failureLimit: undefined, status: undefined })
// @ts-expect-error a misspelt field beside those of a webhook
await client.create({ ...webhook, naem: 'x' })
// @ts-expect-error a misspelt field
await client.create({ naem: 'x' })
// @ts-expect-error a misspelt field of changes
await client.patch(7, { naem: 'x' })
// A field that only a newer server knows, named by the user's own type.
const extended: WebhookSpec & { formBody: object } = { ...spec, formBody: {} }
await client.create(extended)
const copy: WebhookSpec = specOf(webhook)
await client.create(copy)

// Arrays are the caller's own.
const own: Webhook[] = await client.list()
own.sort((a, b) => a.id - b.id)
const ownFindings: Violation[] = validate(copy)
const ownNames: string[] = placeholders(copy)

// A fake that stands in for a client.
class Fake implements WebhookOperations {
  async list() {
    return [webhook]
  }
  async get(webhookId: number) {
    return { ...webhook, id: webhookId }
  }
  async create(spec: WebhookSpec) {
    return { ...spec, id: 1 }
  }
  async update(webhookId: number, spec: WebhookSpec) {
    return { ...spec, id: webhookId }
  }
  async patch(webhookId: number) {
    return this.get(webhookId)
  }
  async delete() {}
  enable = this.patch
  disable = this.patch
}
const service = (client: WebhookOperations) => client.list()
await service(new Fake())
await service(client)

// Responses, tokens from a function, observers, conditional writes, other defaults.
const response: CallResponse<Webhook> = await client.withResponse.get(7, { timeoutMs: 5 })
const { value, status: httpStatus, headers, requestId, attempts, elapsedMs } = response
const everything: [string, number, string | undefined, string | null, number, number] = [
  value.name,
  httpStatus,
  headers['content-type'],
  requestId,
  attempts,
  elapsedMs,
]
const noValue: CallResponse<void> = await client.withResponse.delete(7)
const listedNames: string[] = (await client.withResponse.list({ orgId: 1 })).value.map(({ name }) => name)
// @ts-expect-error an id is a number
await client.withResponse.get('7')
const source: TokenSource = async () => ({ token: 'x', expiresIn: 300 })
new WebhookClient({ token: source, onAttempt: ({ operation, status }: Attempt) => console.log(operation, status) })
new WebhookClient({ token: () => 'x', openTelemetry: false, userAgent: 'doors/1.4', ca: ['pem', new Uint8Array()] })
// @ts-expect-error no token
new WebhookClient({ token: () => 5 })
await client.update(7, spec, { expected: webhook })
await client.patch(7, {}, { expected: webhook })
await client.delete(7, { expected: webhook })
// @ts-expect-error a read expects nothing
await client.get(7, { expected: webhook })
const patient: WebhookClient = client.withOptions({ timeoutMs: 120_000, maxRetries: 5 })
// @ts-expect-error a client's setting, not a call's
client.withOptions({ baseUrl: 'x' })
const base: string = patient.baseUrl
const plan: Plan = await client.plan('webhooks.toml')
await client.plan([spec, { name: 'Old', absent: true }, { ...spec, was: 'Name' }], { orgId: 7 })
// @ts-expect-error a misspelt member
await client.plan([{ name: 'Old', abesnt: true }])
const [item] = plan.items
const report = await plan.apply({
  concurrency: 4,
  onProgress: ({ done, total, item }) => console.log(done, total, item.name),
})
console.log(item?.action, item?.changes[0]?.after, report.summary.done, plan.digest, String(plan))
channel(ATTEMPT_CHANNEL).subscribe((message) => console.log((message as AttemptEvent).attempt.number))

const restored: unknown = parse(stringify(webhook))
const exact: JsonNumber = new JsonNumber('1e400')
const logger: Logger = console
setLogger(logger, 'debug')
setLogger(null)
new WebhookClient({ ...options, logger, logLevel: 'warn' })

const draft: WebhookDraft = { url: 'https://example.com/{device_id}' }
const findings: readonly Violation[] = validate(draft, 'create')
const names: readonly string[] = placeholders(webhook)
const request: RenderedRequest = render(spec, { device_id: 7 })
const body: string | null = request.body

try {
  await client.get(7)
} catch (error) {
  if (error instanceof PreconditionFailedError) {
    const current: Webhook = error.current
    console.log(current.name)
  } else if (error instanceof NotFoundError) {
    const retryAfter: number | undefined = error.retryAfter
    const api: ApiError = error
    const location: string | undefined = api.location
    console.log(api.status, api.body, retryAfter, location)
  } else if (error instanceof ValidationError) {
    for (const { path, code, message, severity } of error.violations) console.log(path, code, message, severity)
  } else if (error instanceof ConnectError) {
    const transport: TransportError = error
    console.log(transport.attempts)
  } else if (error instanceof AuthError) {
    console.log(error.error, error.errorDescription)
  } else if (error instanceof WebhooksError) {
    const code: ErrorCode = error.code
    const cause: unknown = error.cause
    console.log(code, cause, error.outcomeUnknown, error.requestId, error.toJSON().name)
  }
}
throw new NotFoundError('as a test makes one', { status: 404, url: 'https://example.com' })

async function testCode(): Promise<void> {
  await using emulator = await Emulator.start({ port: 0 })
  const client: WebhookClient = emulator.client({ maxRetries: 0 })
  await using second = client
  const text: string = emulator.url + emulator.clientId + emulator.clientSecret
  const [delivery]: readonly Delivery[] = await emulator.trigger('DEVICE_ADDED', { device_id: 7 })
  const sent: string | undefined = delivery?.request?.url
  await emulator.failNext({ status: 503, times: 2, retryAfter: 1 })
  // @ts-expect-error no such fault
  await emulator.failNext({ explode: true })
  const target: Target = emulator.target({ tls: true })
  target.respond({ status: 503, times: 1 })
  const paths: string[] = target.requests.map(({ path }) => path)
  const expected: Delivery[] = await emulator.expect({ outcome: 'ok', count: 2, timeoutMs: 10 })
  await emulator.failNextDelivery({ drop: true })
  Object.assign(process.env, emulator.environ())
  console.log(paths, expected, await emulator.explain('DEVICE_ADDED'))
  const state: EmulatorState = await emulator.snapshot()
  await using copy = await Emulator.start({ state })
  console.log(sent, copy.url)
  setLoopbackOnly(true)
  await emulator.stop()
  console.log(text, second)
}

function listener(event: CallEvent): void {
  console.log(CALL_CHANNEL, event.operation, event.durationMs)
}

export {
  base,
  body,
  created,
  data,
  definite,
  everything,
  exact,
  field,
  findings,
  fromEnv,
  incomplete,
  known,
  list,
  listedNames,
  listener,
  misspelt,
  names,
  newer,
  nothing,
  noValue,
  ownFindings,
  ownNames,
  receivers,
  required,
  restored,
  status,
  testCode,
  unknown,
}

// The log of deliveries: filtered and paged by the emulator, one page of it shown, and one delivery in full.

import {
  arrange,
  asCurl,
  ask,
  byId,
  dateAndTime,
  element,
  milliseconds,
  number,
  outcomeBadge,
  readable,
  rove,
  say,
  time,
  withQuery,
} from './parts.mjs'
import { nameOf } from './webhooks.mjs'

const PAGE = 50
const items = new Map() // ID of a delivery on this page -> its item
const keepOneInTabOrder = rove(byId('deliveries'), 'button')
let page = [] // the deliveries that are shown, newest first
let before // the page ends before this ID; undefined: the newest
let webhook // the log of this webhook only
let log // which log the IDs are of
let newest = 0 // highest ID seen
let chosen // the delivery shown in full
let on

/** Wires the section. `actions`: `changed()`, `act(work)`. */
export function begin(actions) {
  on = actions
  byId('of-outcome').addEventListener('change', () => {
    before = undefined
    on.changed()
  })
  byId('of-every-webhook').addEventListener('click', () => ofWebhook(undefined))
  byId('deliveries-newest').addEventListener('click', () => {
    before = undefined
    on.changed()
  })
  byId('deliveries-older').addEventListener('click', () => {
    before = page.at(-1)?.id
    on.changed()
  })
  byId('redeliver').addEventListener('click', async () => {
    const answer = await on.act(() => ask('POST', `deliveries/${chosen.id}/redeliver`))
    if (answer) choose(answer.value)
  })
  byId('copy-curl').addEventListener('click', () => copy(asCurl(chosen.request)))
}

/** Shows the log of one webhook, or of every webhook. */
export function ofWebhook(id) {
  webhook = id
  before = undefined
  byId('of-webhook').hidden = id === undefined
  say(byId('of-webhook-name'), id === undefined ? '' : nameOf(id))
  on.changed()
}

/** Reads the page that is shown. */
export async function read() {
  const outcome = byId('of-outcome').value
  const answer = await ask('GET', withQuery('deliveries', { webhookId: webhook, outcome, before, limit: PAGE }))
  return {
    list: answer.value.toReversed(),
    log: answer.headers.get('X-Log'),
    last: Number(answer.headers.get('X-Last-Delivery') ?? 0),
    matching: Number(answer.headers.get('X-Total-Count') ?? answer.value.length),
  }
}

/** Shows what was read. Returns false where the log began anew and must be read again from its start. */
export function show(read) {
  if (log !== undefined && read.log !== log) {
    log = read.log
    forget()
    return false
  }
  const first = log === undefined
  log = read.log
  const arrived = first ? [] : read.list.filter((delivery) => delivery.id > newest)
  page = read.list
  const shown = new Set(page.map((delivery) => delivery.id))
  for (const id of [...items.keys()]) if (!shown.has(id)) items.delete(id)
  const list = page.map((delivery) => {
    if (!items.has(delivery.id)) items.set(delivery.id, newItem(delivery, arrived.includes(delivery)))
    say(items.get(delivery.id).querySelector('.what'), title(delivery))
    return items.get(delivery.id)
  })
  arrange(byId('deliveries'), list)
  if (list.length > 0) keepOneInTabOrder()
  mark()
  byId('no-deliveries').hidden = list.length > 0
  say(byId('no-deliveries'), read.last === 0 ? 'No deliveries yet. Trigger an event.' : 'No delivery matches.')
  byId('delivery-pager').hidden = before === undefined && read.matching <= page.length
  byId('deliveries-newest').disabled = before === undefined
  byId('deliveries-older').disabled = page.length < PAGE || page.at(-1)?.id === 1
  say(
    byId('delivery-range'),
    `${number(page.length)} of ${number(read.matching)}${before === undefined ? ', newest first' : ''}`,
  )
  say(byId('delivered'), number(read.last))
  const latest = arrived[0]
  if (latest)
    say(
      byId('said'),
      `Delivery ${latest.id} of ${nameOf(latest.webhookId)}: ${latest.outcome.replace('_', ' ')} ${latest.statusCode ?? ''}`,
    )
  newest = Math.max(newest, read.last)
  return true
}

function forget() {
  newest = 0
  before = undefined
  webhook = undefined
  byId('of-webhook').hidden = true
  items.clear()
  byId('deliveries').replaceChildren()
  choose(undefined)
}

const title = (delivery) => `${nameOf(delivery.webhookId)} · ${delivery.trigger ?? 'test'}`

function newItem(delivery, isNew) {
  const button = element(
    'button',
    { type: 'button', tabIndex: -1, 'data-delivery': delivery.id },
    element('time', { dateTime: new Date(delivery.at).toISOString() }, time(delivery.at)),
    element('bdi', { className: 'what' }, title(delivery)),
    outcomeBadge(delivery.outcome),
    element('span', { className: 'number' }, String(delivery.statusCode ?? '–')),
    element('span', { className: 'number' }, milliseconds(delivery.durationMs)),
  )
  button.addEventListener('click', () => choose(delivery))
  return element('li', { className: isNew ? 'new' : '' }, button)
}

function mark() {
  for (const button of byId('deliveries').querySelectorAll('button')) {
    if (button.dataset.delivery === String(chosen?.id)) button.setAttribute('aria-current', 'true')
    else button.removeAttribute('aria-current')
  }
}

/** Shows a delivery in full. */
export function choose(delivery) {
  chosen = delivery
  mark()
  byId('exchange').hidden = !delivery
  byId('redeliver').hidden = delivery?.webhookId === undefined
  byId('copy-curl').hidden = !delivery?.request
  if (!delivery) return say(byId('detail-title'), 'No delivery is selected')
  const again = delivery.redeliveryOf === undefined ? '' : `, again as ${delivery.redeliveryOf}`
  say(byId('detail-title'), `Delivery ${delivery.id} of ${nameOf(delivery.webhookId)}${again}`)
  const { request } = delivery
  say(byId('request-line'), request ? `${request.method} ${request.url}` : 'Nothing was sent')
  headers(byId('request-headers'), request?.headers)
  body(byId('request-body'), request?.body)
  const answered = delivery.statusCode === undefined ? 'No response' : `Status ${delivery.statusCode}`
  say(byId('response-line'), `${answered} · ${milliseconds(delivery.durationMs)} · ${dateAndTime(delivery.at)}`)
  say(byId('reason'), delivery.reason ?? '')
  headers(byId('response-headers'), delivery.responseHeaders)
  body(byId('response-body'), delivery.responseBody)
}

function headers(target, all) {
  target.replaceChildren(
    ...Object.entries(all ?? {}).map(([name, value]) => element('li', {}, element('bdi', {}, `${name}: ${value}`))),
  )
}

function body(target, text) {
  target.hidden = text === undefined || text === ''
  say(target, readable(text ?? ''))
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    say(byId('said'), 'Copied as a curl command')
  } catch {
    // No permission, or a host other than loopback over plain HTTP.
    const area = element('textarea', { value: text, className: 'visually-hidden', readOnly: true })
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    say(byId('said'), copied ? 'Copied as a curl command' : 'The browser does not allow copying')
  }
  say(byId('copy-curl'), byId('said').textContent.startsWith('Copied') ? 'Copied' : 'Not copied')
  setTimeout(() => say(byId('copy-curl'), 'Copy as curl'), 1500)
}

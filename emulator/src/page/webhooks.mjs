// The list of webhooks: searched and paged by the emulator, one page of it shown.

import { arrange, ask, byId, dateAndTime, element, number, rove, say, statusBadge, withQuery } from './parts.mjs'

const PAGE = 25
const rows = new Map() // ID of a webhook -> its row
const shown = new Map() // ID of a webhook on this page -> the webhook
const names = new Map() // ID -> name, of every webhook seen so far
const keepOneInTabOrder = rove(byId('webhooks'), '.buttons button:first-child')
let offset = 0
let on // what the rows' buttons do

export const nameOf = (id) => (id === undefined ? 'a tested spec' : (names.get(id) ?? `webhook ${id}`))

/** Wires the section. `actions`: `test(id)`, `toggle(webhook)`, `filter(id)`, `changed()`. */
export function begin(actions) {
  on = actions
  const again = () => {
    offset = 0
    on.changed()
  }
  byId('webhook-search').addEventListener('input', again)
  byId('webhook-status').addEventListener('change', again)
  byId('webhooks-previous').addEventListener('click', () => {
    offset = Math.max(0, offset - PAGE)
    on.changed()
  })
  byId('webhooks-next').addEventListener('click', () => {
    offset += PAGE
    on.changed()
  })
}

/** Reads the page that is shown. */
export async function read() {
  const [search, status] = [byId('webhook-search').value.trim(), byId('webhook-status').value]
  const page = () => ask('GET', withQuery('webhooks', { search, status, offset, limit: PAGE }))
  let answer = await page()
  if (answer.value.length === 0 && offset > 0) {
    offset = 0
    answer = await page()
  }
  const filtered = search !== '' || status !== ''
  const matching = total(answer)
  const all = filtered ? total(await ask('GET', withQuery('webhooks', { limit: 0 }))) : matching
  return { list: answer.value, matching, all, filtered }
}

const total = (answer) => Number(answer.headers.get('X-Total-Count'))

/** Shows what was read. */
export function show({ list, matching, all, filtered }) {
  shown.clear()
  for (const webhook of list) {
    shown.set(webhook.id, webhook)
    names.set(webhook.id, webhook.name || `webhook ${webhook.id}`)
  }
  for (const id of [...rows.keys()]) if (!shown.has(id)) rows.delete(id)
  const items = list.map((webhook) => {
    if (!rows.has(webhook.id)) rows.set(webhook.id, newRow(webhook.id))
    fill(rows.get(webhook.id), webhook)
    return rows.get(webhook.id).item
  })
  arrange(byId('webhooks'), items)
  if (items.length > 0) keepOneInTabOrder()
  byId('no-webhooks').hidden = all > 0
  byId('no-matching-webhooks').hidden = all === 0 || list.length > 0
  byId('webhook-pager').hidden = matching <= PAGE && !(filtered && all > PAGE)
  say(
    byId('webhook-range'),
    list.length === 0 ? '0' : `${number(offset + 1)}–${number(offset + list.length)} of ${number(matching)}`,
  )
  byId('webhooks-previous').disabled = offset === 0
  byId('webhooks-next').disabled = offset + list.length >= matching
  say(byId('count'), number(all))
}

// A row stays in place when its webhook changes, so that the focus stays too.
function newRow(id) {
  const row = {
    name: element('bdi', { className: 'name' }),
    status: element('span', { className: 'status' }),
    url: element('bdi', { className: 'url' }),
    counts: element('span', { className: 'counts' }),
    test: element('button', { type: 'button' }, 'Test'),
    toggle: element('button', { type: 'button' }),
    log: element('button', { type: 'button' }, 'Log'),
  }
  row.test.addEventListener('click', () => on.test(id))
  row.toggle.addEventListener('click', () => on.toggle(shown.get(id)))
  row.log.addEventListener('click', () => on.filter(id))
  const buttons = element('span', { className: 'buttons' }, row.test, row.toggle, row.log)
  row.item = element('li', { 'data-webhook': id }, row.name, row.status, row.url, row.counts, buttons)
  row.test.tabIndex = row.toggle.tabIndex = row.log.tabIndex = -1
  // From the row's first button the arrow keys reach the others.
  buttons.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const all = [...buttons.children]
    if (step) all[(all.indexOf(event.target) + step + all.length) % all.length].focus()
  })
  return row
}

function fill(row, webhook) {
  const name = nameOf(webhook.id)
  say(row.name, name)
  if (row.status.textContent !== statusBadge(webhook.status).textContent) {
    row.status.replaceChildren(statusBadge(webhook.status))
  }
  say(row.url, `${webhook.method ?? ''} ${webhook.url ?? ''}`)
  const attempts = webhook.attemptCount === 1 ? '1 attempt' : `${number(webhook.attemptCount ?? 0)} attempts`
  const last = webhook.lastTriggeredTs ? `, last ${dateAndTime(webhook.lastTriggeredTs)}` : ''
  const failures = webhook.consecutiveFailures ? `, ${webhook.consecutiveFailures} failures in a row` : ''
  say(row.counts, `${webhook.trigger ?? ''} · ${attempts}${last}${failures}`)
  const action = webhook.status === 'ENABLED' ? 'Disable' : 'Enable'
  say(row.toggle, action)
  row.test.setAttribute('aria-label', `Test ${name}`)
  row.toggle.setAttribute('aria-label', `${action} ${name}`)
  row.log.setAttribute('aria-label', `Deliveries of ${name}`)
}

/** Forgets what was read, after a reset. */
export function forget() {
  names.clear()
}

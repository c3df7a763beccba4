// The page: shows what the emulator holds, follows its log, and presses its buttons.

import { ask, dateAndTime, element, milliseconds, outcomeBadge, readable, say, statusBadge, time } from './parts.mjs'

const PAUSE = 1000 // milliseconds between two looks
const MOST_SHOWN = 500

const $ = (id) => document.getElementById(id)
const webhooks = new Map() // id -> webhook
const rows = new Map() // id of a webhook -> its row
const deliveries = new Map() // id -> delivery, oldest first
let log // which log the deliveries are of
let last = 0 // number of the last delivery seen
let chosen // id of the delivery that is shown
const seen = {} // texts of the last answers, by path

const nameOf = (id) => (id === undefined ? 'a spec that was tested' : (webhooks.get(id)?.name ?? `webhook ${id}`))

// --- Webhooks

function changed(path, value) {
  const text = JSON.stringify(value)
  const differs = seen[path] !== text
  seen[path] = text
  return differs
}

function showWebhooks(list) {
  if (!changed('webhooks', list)) return
  webhooks.clear()
  for (const webhook of list) webhooks.set(webhook.id, webhook)
  for (const [id, row] of rows) {
    if (!webhooks.has(id)) {
      row.item.remove()
      rows.delete(id)
    }
  }
  for (const webhook of list) {
    let row = rows.get(webhook.id)
    if (!row) {
      row = newRow(webhook.id)
      rows.set(webhook.id, row)
      $('webhooks').append(row.item)
    }
    fillRow(row, webhook)
  }
  $('no-webhooks').hidden = list.length > 0
  say($('count'), String(list.length))
  fillChoice(
    $('of-webhook'),
    'every webhook',
    list.map((webhook) => [String(webhook.id), `${webhook.name} (${webhook.id})`]),
  )
  for (const [id, delivery] of deliveries) showRow(id, delivery)
}

// Rows stay in place when their webhook changes, so that the focus stays too.
function newRow(id) {
  const row = {
    name: element('span', { className: 'name' }),
    status: element('span', { className: 'status' }),
    url: element('span', { className: 'url' }),
    counts: element('span', { className: 'counts' }),
    trigger: element('button', { type: 'button' }, 'Trigger'),
    toggle: element('button', { type: 'button' }),
  }
  row.trigger.addEventListener('click', () => trigger(webhooks.get(id).trigger, webhooks.get(id).orgId))
  row.toggle.addEventListener('click', () => toggle(id))
  const buttons = element('span', { className: 'buttons' }, row.trigger, row.toggle)
  row.item = element('li', { 'data-webhook': id }, row.name, row.status, row.url, row.counts, buttons)
  return row
}

function fillRow(row, webhook) {
  say(row.name, webhook.name)
  row.status.replaceChildren(statusBadge(webhook.status))
  say(row.url, `${webhook.method} ${webhook.url}`)
  const failures = webhook.consecutiveFailures ? `, ${webhook.consecutiveFailures} failures in a row` : ''
  const lastRun = webhook.lastTriggeredTs ? `, last ${dateAndTime(webhook.lastTriggeredTs)}` : ''
  const attempts = webhook.attemptCount === 1 ? '1 attempt' : `${webhook.attemptCount} attempts`
  say(row.counts, `${webhook.trigger} · ${attempts}${lastRun}${failures}`)
  const action = webhook.status === 'ENABLED' ? 'Disable' : 'Enable'
  say(row.toggle, action)
  row.toggle.setAttribute('aria-label', `${action} ${webhook.name}`)
  row.trigger.setAttribute('aria-label', `Trigger ${webhook.trigger}, which runs ${webhook.name}`)
  row.trigger.disabled = webhook.status !== 'ENABLED'
}

async function toggle(id) {
  const status = webhooks.get(id).status === 'ENABLED' ? 'DISABLED' : 'ENABLED'
  const answer = await act(() => ask('PUT', `webhooks/${id}/status`, { status }))
  if (answer) say($('said'), `${nameOf(id)} is ${status.toLowerCase()}`)
}

// --- Events

function eventValues() {
  let values
  let problem = ''
  try {
    values = JSON.parse($('values').value.trim() || '{}')
    if (values === null || typeof values !== 'object' || Array.isArray(values))
      problem = 'must be a JSON object: {"name": value}'
  } catch (error) {
    problem = `is not JSON: ${error.message}`
  }
  say($('values-problem'), problem)
  $('values').setAttribute('aria-invalid', String(problem !== ''))
  if (problem === '') return values
  $('values').focus()
  return undefined
}

async function trigger(name, orgId) {
  const values = eventValues()
  if (values === undefined) return
  const event = { trigger: name, values }
  if (Number.isInteger(orgId)) event.orgId = orgId
  const answer = await act(() => ask('POST', 'trigger', event))
  if (!answer) return
  const ran = answer.value
  say($('said'), ran.length === 0 ? `${name} runs no enabled webhook` : `${name}: ${ran.length} delivered`)
  if (ran.length > 0) choose(ran[ran.length - 1].id)
}

// --- Deliveries

function isMeant(delivery) {
  const [webhook, outcome] = [$('of-webhook').value, $('of-outcome').value]
  return (webhook === '' || String(delivery.webhookId) === webhook) && (outcome === '' || delivery.outcome === outcome)
}

const itemOf = (id) => $('deliveries').querySelector(`[data-delivery="${id}"]`)

function showRow(id, delivery) {
  const button = itemOf(id)
  if (button) say(button.querySelector('.what'), `${nameOf(delivery.webhookId)} · ${delivery.trigger ?? ''}`)
}

function newDelivery(delivery, isNew) {
  const button = element(
    'button',
    { type: 'button', 'data-delivery': delivery.id },
    element('time', { dateTime: new Date(delivery.at).toISOString() }, time(delivery.at)),
    element('span', { className: 'what' }, `${nameOf(delivery.webhookId)} · ${delivery.trigger ?? ''}`),
    outcomeBadge(delivery.outcome),
    element('span', { className: 'number' }, String(delivery.statusCode ?? '–')),
    element('span', { className: 'number' }, milliseconds(delivery.durationMs)),
  )
  button.addEventListener('click', () => choose(delivery.id))
  return element('li', { className: isNew ? 'new' : '', hidden: !isMeant(delivery) }, button)
}

function addDeliveries(list, isNew) {
  for (const delivery of list) {
    if (deliveries.has(delivery.id)) continue
    deliveries.set(delivery.id, delivery)
    last = Math.max(last, delivery.id)
    $('deliveries').prepend(newDelivery(delivery, isNew))
  }
  for (const id of [...deliveries.keys()].slice(0, Math.max(0, deliveries.size - MOST_SHOWN))) {
    if (id === chosen) continue
    deliveries.delete(id)
    itemOf(id)?.parentElement.remove()
  }
  $('no-deliveries').hidden = deliveries.size > 0
  say($('delivered'), String(last))
  if (isNew && list.length > 0) {
    const newest = list[list.length - 1]
    say(
      $('said'),
      `Delivery ${newest.id} of ${nameOf(newest.webhookId)}: ${newest.outcome.replace('_', ' ')} ${newest.statusCode ?? ''}`,
    )
  }
}

function forgetDeliveries() {
  deliveries.clear()
  last = 0
  $('deliveries').replaceChildren()
  choose(undefined)
}

function filterDeliveries() {
  for (const [id, delivery] of deliveries) itemOf(id).parentElement.hidden = !isMeant(delivery)
}

function choose(id) {
  itemOf(chosen)?.removeAttribute('aria-current')
  chosen = id
  itemOf(chosen)?.setAttribute('aria-current', 'true')
  const delivery = deliveries.get(id)
  $('exchange').hidden = !delivery
  $('redeliver').hidden = delivery?.webhookId === undefined
  if (!delivery) return say($('detail-title'), 'No delivery is selected')
  const again = delivery.redeliveryOf === undefined ? '' : `, again as ${delivery.redeliveryOf}`
  say($('detail-title'), `Delivery ${delivery.id} of ${nameOf(delivery.webhookId)}${again}`)
  const { request } = delivery
  say($('request-line'), request ? `${request.method} ${request.url}` : 'Nothing was sent')
  $('request-headers').replaceChildren(
    ...Object.entries(request?.headers ?? {}).map(([name, value]) => element('li', {}, `${name}: ${value}`)),
  )
  show($('request-body'), request?.body)
  const answered = delivery.statusCode === undefined ? 'No answer' : `Status ${delivery.statusCode}`
  say($('response-line'), `${answered} · ${milliseconds(delivery.durationMs)} · ${dateAndTime(delivery.at)}`)
  say($('reason'), delivery.reason ?? '')
  show($('response-body'), delivery.responseBody)
}

function show(target, body) {
  target.hidden = body === undefined || body === ''
  say(target, readable(body ?? ''))
}

function moveInLog(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || !event.target.dataset.delivery) return
  event.preventDefault()
  const shown = [...$('deliveries').querySelectorAll('li:not([hidden]) button')]
  shown[shown.indexOf(event.target) + step]?.focus()
}

// --- The rest

function showNotices(notices) {
  if (!changed('notices', notices)) return
  $('notices-section').hidden = notices.length === 0
  $('notices').replaceChildren(
    ...notices.map(({ userId, webhookId, at }) =>
      element('li', {}, `${dateAndTime(at)}: to user ${userId}, ${nameOf(webhookId)} was disabled due to errors`),
    ),
  )
}

function fillChoice(select, none, entries) {
  const kept = select.value
  const first = none === undefined ? [] : [['', none]]
  select.replaceChildren(...[...first, ...entries].map(([value, text]) => element('option', { value }, text)))
  if ([...select.options].some((option) => option.value === kept)) select.value = kept
}

/** Does what a button says, shows at once what came of it, and says what went wrong. */
async function act(work) {
  try {
    const answer = await work()
    await look()
    return answer
  } catch (error) {
    complain(error)
    return undefined
  }
}

function complain(error) {
  const lost = error instanceof TypeError // fetch says so where nobody answers
  say($('problem'), lost ? 'The emulator does not answer. Is it still running?' : error.message)
  $('problem').hidden = false
}

/** Shows the log from its end: at first, and once it was forgotten. */
async function readLog() {
  const answer = await ask('GET', `deliveries?limit=${MOST_SHOWN}`)
  forgetDeliveries()
  log = answer.log
  addDeliveries(answer.value, false)
}

async function look() {
  const [list, news, notices, clock] = await Promise.all([
    ask('GET', 'webhooks'),
    ask('GET', `deliveries?after=${last}`),
    ask('GET', 'notices'),
    ask('GET', 'clock'),
  ])
  showWebhooks(list.value)
  if (news.log === log) addDeliveries(news.value, true)
  else await readLog()
  showNotices(notices.value)
  say($('clock'), dateAndTime(clock.value.now) + (clock.value.standing ? ', stands still' : ''))
}

async function follow() {
  if (!document.hidden) {
    try {
      await look()
      if ($('problem').textContent.startsWith('The emulator does not answer')) $('problem').hidden = true
    } catch (error) {
      complain(error)
    }
  }
  setTimeout(follow, PAUSE)
}

async function begin() {
  $('event').addEventListener('submit', (event) => {
    event.preventDefault()
    trigger($('trigger').value, Number.parseInt($('organization').value, 10))
  })
  $('values').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('event').requestSubmit()
  })
  $('redeliver').addEventListener('click', async () => {
    const answer = await act(() => ask('POST', `deliveries/${chosen}/redeliver`))
    if (answer) choose(answer.value.id)
  })
  $('deliveries').addEventListener('keydown', moveInLog)
  for (const id of ['of-webhook', 'of-outcome']) $(id).addEventListener('change', filterDeliveries)
  say($('settings'), `eval "$(curl -s ${location.origin}/_emulator/environment)"`)
  try {
    const document = (await ask('GET', 'openapi.json')).value
    const triggers = document.components.schemas.Trigger.enum
    fillChoice(
      $('trigger'),
      undefined,
      triggers.map((name) => [name, name]),
    )
    $('trigger').value = 'DEVICE_ADDED'
    const { organizations } = (await ask('GET', 'state')).value
    fillChoice(
      $('organization'),
      undefined,
      organizations.map(({ id, name }) => [String(id), `${name || 'Organization'} (${id})`]),
    )
    for (const part of window.document.querySelectorAll('.organizations')) part.hidden = organizations.length < 2
    showWebhooks((await ask('GET', 'webhooks')).value)
    await readLog()
  } catch (error) {
    complain(error)
  }
  follow()
}

begin()

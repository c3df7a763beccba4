// The page: shows what the emulator holds, follows its changes, and sends its commands.

import * as deliveries from './deliveries.mjs'
import { ask, byId, dateAndTime, element, say } from './parts.mjs'
import * as webhooks from './webhooks.mjs'

const PAUSE = 250 // milliseconds between two refreshes, at the least

// --- Following changes

let running = false // a refresh is under way
let wanted = false // another one is needed
let last = 0 // when the last one ended

/** Shows the current state soon: at once where nothing was shown lately. Changes in a row share one refresh. */
function refresh() {
  wanted = true
  if (running || document.hidden) return
  running = true
  setTimeout(
    async () => {
      wanted = false
      await look().catch(complain)
      last = performance.now()
      running = false
      if (wanted) refresh()
    },
    Math.max(0, last + PAUSE - performance.now()),
  )
}

async function look() {
  const [list, log, notices, clock] = await Promise.all([
    webhooks.read(),
    deliveries.read(),
    ask('GET', 'notices'),
    ask('GET', 'clock'),
  ])
  webhooks.show(list)
  if (!deliveries.show(log)) {
    webhooks.forget()
    webhooks.show(list)
    deliveries.show(await deliveries.read())
  }
  showNotices(notices.value)
  say(byId('clock'), dateAndTime(clock.value.now) + (clock.value.standing ? ', stopped' : ''))
  if (byId('problem').textContent.startsWith(GONE)) byId('problem').hidden = true
}

/** The emulator says when something changes. The browser reconnects by itself. */
function follow() {
  const changes = new EventSource('changes')
  changes.addEventListener('open', refresh)
  changes.addEventListener('change', refresh)
  changes.addEventListener('error', () => complain(new TypeError('no stream')))
  document.addEventListener('visibilitychange', refresh)
}

// --- Commands

const GONE = 'The emulator does not answer'

function complain(error) {
  // fetch throws a TypeError where nobody answers.
  const gone = error instanceof TypeError
  say(byId('problem'), gone ? `${GONE}. Is it still running?` : error.message)
  byId('problem').hidden = false
}

/** Sends a command, shows its effect at once, and shows what went wrong. */
async function act(work) {
  try {
    const answer = await work()
    byId('problem').hidden = true
    await look()
    return answer
  } catch (error) {
    complain(error)
    return undefined
  }
}

async function toggle(webhook) {
  const status = webhook.status === 'ENABLED' ? 'DISABLED' : 'ENABLED'
  const answer = await act(() => ask('PUT', `webhooks/${webhook.id}/status`, { status }))
  if (answer) say(byId('said'), `${webhooks.nameOf(webhook.id)} is ${status.toLowerCase()}`)
}

/** Runs one webhook once, as the console's Test button does. */
async function test(id) {
  const values = placeholderValues()
  if (values === undefined) return
  const answer = await act(() => ask('POST', `webhooks/${id}/test`, { values }))
  if (!answer) return
  say(byId('said'), `${webhooks.nameOf(id)} was tested: ${answer.value.outcome.replace('_', ' ')}`)
  deliveries.choose(answer.value)
}

function placeholderValues() {
  let values
  let problem = ''
  try {
    values = JSON.parse(byId('values').value.trim() || '{}')
    if (values === null || typeof values !== 'object' || Array.isArray(values))
      problem = 'must be a JSON object: {"name": value}'
  } catch (error) {
    problem = `is not JSON: ${error.message}`
  }
  say(byId('values-problem'), problem)
  byId('values').setAttribute('aria-invalid', String(problem !== ''))
  if (problem === '') return values
  byId('values').focus()
  return undefined
}

async function trigger(name, orgId) {
  const values = placeholderValues()
  if (values === undefined) return
  const event = { trigger: name, values }
  if (Number.isInteger(orgId)) event.orgId = orgId
  const answer = await act(() => ask('POST', 'trigger', event))
  if (!answer) return
  const ran = answer.value
  const result = ran.length === 0 ? `${name} runs no enabled webhook` : `${name}: ${ran.length} delivered`
  say(byId('said'), result)
  say(byId('result-line'), result)
  byId('result').hidden = false
  if (ran.length > 0) deliveries.choose(ran.at(-1))
}

// --- The rest

function showNotices(notices) {
  byId('notices-section').hidden = notices.length === 0
  const texts = notices.map(
    ({ userId, webhookId, at }) =>
      `${dateAndTime(at)}: to user ${userId}, ${webhooks.nameOf(webhookId)} was disabled due to errors`,
  )
  const list = byId('notices')
  if (texts.length === list.children.length && texts.every((text, n) => list.children[n].textContent === text)) return
  list.replaceChildren(...texts.map((text) => element('li', {}, element('bdi', {}, text))))
}

function fillChoice(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => element('option', { value }, text)))
}

function theme() {
  const choose = (name) => {
    document.documentElement.dataset.theme = name
    localStorage.setItem('theme', name)
  }
  byId('theme').value = localStorage.getItem('theme') ?? ''
  choose(byId('theme').value)
  byId('theme').addEventListener('change', () => choose(byId('theme').value))
}

async function begin() {
  theme()
  byId('event').addEventListener('submit', (event) => {
    event.preventDefault()
    trigger(byId('trigger').value, Number.parseInt(byId('organization').value, 10))
  })
  byId('values').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('event').requestSubmit()
  })
  webhooks.begin({ changed: refresh, filter: deliveries.ofWebhook, test, toggle })
  deliveries.begin({ changed: refresh, act })
  say(byId('settings'), `eval "$(curl -s ${location.origin}/_emulator/environment)"`)
  try {
    const api = (await ask('GET', 'openapi.json')).value
    fillChoice(
      byId('trigger'),
      api.components.schemas.Trigger.enum.map((name) => [name, name]),
    )
    byId('trigger').value = 'DEVICE_ADDED'
    const { organizations } = (await ask('GET', 'state')).value
    fillChoice(
      byId('organization'),
      organizations.map(({ id, name }) => [String(id), `${name || 'Organization'} (${id})`]),
    )
    for (const part of document.querySelectorAll('.organizations')) part.hidden = organizations.length < 2
    await look()
  } catch (error) {
    complain(error)
  }
  follow()
}

begin()

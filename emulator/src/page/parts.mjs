// Parts of the page: the control API, elements made of text (never of markup), and how values are shown.

/** Makes an element. Properties that begin with "aria-" or "data-" become attributes; children are texts or elements. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('aria-') || key.startsWith('data-')) made.setAttribute(key, value)
    else made[key] = value
  }
  made.append(...children)
  return made
}

/** Finds an element by its ID. */
export const byId = (id) => document.getElementById(id)

/** Sets a text, and leaves the page alone where it is the same, so that nothing is announced twice. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** Calls the control API. Throws an Error with the emulator's message. */
export async function ask(method, path, body) {
  const options = { method, cache: 'no-store' }
  if (body !== undefined) {
    options.headers = { 'Content-Type': 'application/json' }
    options.body = JSON.stringify(body)
  }
  const response = await fetch(path, options)
  const text = await response.text()
  const value = text === '' ? null : JSON.parse(text)
  if (!response.ok) throw new Error(value?.error?.message ?? `the emulator answered with status ${response.status}`)
  return { value, headers: response.headers }
}

/** A path with those query parameters that have a value. */
export function withQuery(path, parameters) {
  const set = Object.entries(parameters).filter(([, value]) => value !== '' && value !== undefined && value !== null)
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`
}

/** Moves the focus between the items of a list with the arrow keys; one item at a time is in the tab order. */
export function rove(list, item) {
  const items = () => [...list.querySelectorAll(item)]
  const only = (chosen) => {
    for (const each of items()) each.tabIndex = each === chosen ? 0 : -1
  }
  list.addEventListener('focusin', (event) => {
    const focused = event.target.closest(item)
    if (focused) only(focused)
  })
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }[event.key]
    const focused = event.target.closest(item)
    if (step === undefined || !focused) return
    event.preventDefault()
    const all = items()
    all[Math.min(all.length - 1, Math.max(0, all.indexOf(focused) + step))].focus()
  })
  return () => only(items().find((each) => each.tabIndex === 0 && each.isConnected) ?? items()[0])
}

/** Brings the children of a list into this order with as few moves as possible, so that the focus stays. */
export function arrange(list, wanted) {
  const kept = new Set(wanted)
  for (const child of [...list.children]) if (!kept.has(child)) child.remove()
  wanted.forEach((child, place) => {
    if (list.children[place] !== child) list.insertBefore(child, list.children[place] ?? null)
  })
}

const STATUS = {
  ENABLED: ['enabled', 'good'],
  DISABLED: ['disabled', 'off'],
  DISABLED_DUE_TO_ERRORS: ['disabled due to errors', 'bad'],
}
const OUTCOME = { ok: ['ok', 'good'], failed: ['failed', 'bad'], not_sent: ['not sent', 'off'] }

function badge([text, kind]) {
  return element('span', { className: `badge ${kind}` }, text)
}

export const statusBadge = (status) => badge(STATUS[status] ?? [status, ''])
export const outcomeBadge = (outcome) => badge(OUTCOME[outcome] ?? [outcome, ''])
export const time = (moment) => new Date(moment).toLocaleTimeString()
export const dateAndTime = (moment) => new Date(moment).toLocaleString()
export const milliseconds = (count) => (count < 10 ? `${count.toFixed(1)} ms` : `${Math.round(count)} ms`)
export const number = (count) => count.toLocaleString('en')

/** A body as a person reads it: JSON is indented, anything else stays as it is. */
export function readable(text) {
  try {
    const value = JSON.parse(text)
    // Large numbers do not survive being parsed and written again.
    const spaceless = (json) => json.replace(/\s/g, '')
    return spaceless(JSON.stringify(value)) === spaceless(text) ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}

/** A request as a curl command for a POSIX shell. */
export function asCurl({ method, url, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`
  const skipped = ['host', 'content-length', 'connection']
  const parts = [`curl -X ${method} ${quoted(url)}`]
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!skipped.includes(name.toLowerCase())) parts.push(`-H ${quoted(`${name}: ${value}`)}`)
  }
  if (body) parts.push(`--data-raw ${quoted(body)}`)
  return parts.join(' \\\n  ')
}

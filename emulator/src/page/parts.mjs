// Parts of the page: elements made of text, never of markup, and the control API.

/** Makes an element. Properties beginning with "aria-" or "data-" become attributes; children are texts or elements. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('aria-') || key.startsWith('data-')) made.setAttribute(key, value)
    else made[key] = value
  }
  made.append(...children)
  return made
}

/** Sets a text, and leaves the page alone where it is the same, so that nothing is announced twice. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** Asks the control API. Throws an Error that says what the emulator said. */
export async function ask(method, path, body) {
  const options = { method, cache: 'no-store' }
  if (body !== undefined) {
    options.headers = { 'Content-Type': 'application/json' }
    options.body = JSON.stringify(body)
  }
  const answer = await fetch(path, options)
  const text = await answer.text()
  const value = text === '' ? null : JSON.parse(text)
  if (!answer.ok) throw new Error(value?.error?.message ?? `the emulator answered with ${answer.status}`)
  return { value, log: answer.headers.get('X-Log') }
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

/** A body as a person reads it: JSON is indented, anything else stays as it is. */
export function readable(text) {
  try {
    const value = JSON.parse(text)
    // Large numbers would not survive being read and written again.
    const spaceless = (json) => json.replace(/\s/g, '')
    return spaceless(JSON.stringify(value)) === spaceless(text) ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}

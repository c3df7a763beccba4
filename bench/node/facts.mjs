/** What a measured process is told: the server, and the facts of the contract. */

import { readFileSync } from 'node:fs'

export const facts = JSON.parse(readFileSync(process.env.BENCH_FACTS, 'utf8'))
export const baseUrl = process.env.BENCH_URL
export const headers = { authorization: `Bearer ${facts.token}` }

/** Path and query of one webhook, or of a list: the static server tells lengths apart by the organization. */
export function path(length) {
  return length === 0
    ? `${facts.paths.get}?${facts.parameters.get}=7`
    : `${facts.paths.list}?${facts.parameters.list}=${length}`
}

/** What is created; the static server answers with the webhook that it always answers with. */
export const spec = {
  name: 'Device Status Notification',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/webhook/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: '{"device_id": "{device_id}"}',
  failureLimit: 10,
}

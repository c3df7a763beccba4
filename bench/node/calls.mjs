/** A number of calls of our client and nothing else, for counting what each costs: `calls.mjs IN_FLIGHT COUNT`. */

import { WebhookClient } from 'blynk-webhooks'
import { baseUrl, facts } from './facts.mjs'

const [inFlight, count] = process.argv.slice(2).map(Number)
const client = new WebhookClient({ baseUrl, token: facts.token })
const task = async () => {
  for (let call = 0; call < count / inFlight; call++) await client.get(7)
}
await Promise.all(Array.from({ length: inFlight }, task))
client.close()

/** One call with each client: a session that is kept and has a connection for each call in flight. */

import { baseUrl, facts, headers, path, spec } from './facts.mjs'

const CONNECTIONS = 100
/** In the place of a length. */
export const CREATE = -1

async function checked(length) {
  const { check } = await import('./models.mjs')
  return check(length)
}

async function undiciClient(length, make, settings = { connections: CONNECTIONS }) {
  const { Pool } = await import('undici')
  const pool = new Pool(baseUrl, settings)
  const request = { method: 'GET', path: path(length), headers }
  return async () => {
    const { statusCode, body } = await pool.request(request)
    if (statusCode !== 200) throw new Error(`status ${statusCode}`)
    return make(await body.json())
  }
}

export const peers = {
  async ours(length) {
    const { WebhookClient } = await import('blynk-webhooks')
    const client = new WebhookClient({ baseUrl, clientId: 'id', clientSecret: 'secret' })
    const options = { orgId: length }
    if (length === CREATE) return () => client.create(spec)
    return length === 0 ? () => client.get(7) : () => client.list(options)
  },

  async fetch(length) {
    const check = await checked(length)
    const url = baseUrl + path(length)
    return async () => {
      const response = await fetch(url, { headers })
      if (!response.ok) throw new Error(`status ${response.status}`)
      return check(await response.json())
    }
  },

  async axios(length) {
    const { default: axios } = await import('axios')
    const { Agent } = await import('node:http')
    const check = await checked(length)
    const client = axios.create({ baseURL: baseUrl, headers, httpAgent: new Agent({ keepAlive: true }) })
    const url = path(length)
    return async () => check((await client.get(url)).data)
  },

  async got(length) {
    const { default: got } = await import('got')
    const { Agent } = await import('node:http')
    const check = await checked(length)
    const client = got.extend({ headers, agent: { http: new Agent({ keepAlive: true }) } })
    const url = baseUrl + path(length)
    return async () => check(await client.get(url).json())
  },

  async undici(length) {
    return undiciClient(length, await checked(length))
  },

  async undiciJson(length) {
    return undiciClient(length, (value) => value)
  },

  async undiciH2(length) {
    return undiciClient(length, (value) => value, { allowH2: true, connections: 1, pipelining: 100 })
  },

  async undiciCreate() {
    const { Pool } = await import('undici')
    const pool = new Pool(baseUrl, { connections: CONNECTIONS })
    const all = { ...headers, 'content-type': 'application/json' }
    return async () => {
      const request = { method: 'POST', path: facts.paths.create, headers: all, body: JSON.stringify(spec) }
      const { statusCode, body } = await pool.request(request)
      if (statusCode !== 200) throw new Error(`status ${statusCode}`)
      return body.json()
    }
  },

  async openapiFetch(length) {
    const { default: createClient } = await import('openapi-fetch')
    const client = createClient({ baseUrl, headers })
    const [route, name, value] =
      length === 0 ? [facts.paths.get, facts.parameters.get, 7] : [facts.paths.list, facts.parameters.list, length]
    return async () => {
      const { data, error } = await client.GET(route, { params: { query: { [name]: value } } })
      if (error) throw new Error(JSON.stringify(error))
      return data
    }
  },
}

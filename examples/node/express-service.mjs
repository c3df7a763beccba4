// An Express service that manages webhooks and receives what they send.
//
//   npm install express blynk-webhooks
//   BLYNK_CLIENT_ID=… BLYNK_CLIENT_SECRET=… node examples/node/express-service.mjs

import { pathToFileURL } from 'node:url'
import { ApiError, RequestTimeoutError, TransportError, ValidationError, WebhookClient } from 'blynk-webhooks'
import express from 'express'

/** The service; `client` is one for all requests, so that they share its connections and its token. */
export function createService(client) {
  const service = express()
  service.use(express.json())
  /** What came in from webhooks. */
  service.locals.devices = []

  service.get('/webhooks', async (request, response) => {
    response.json(await client.list({ signal: endOf(request, response) }))
  })

  service.post('/webhooks', async (request, response) => {
    // A spec with faults never leaves this machine: see the error handler below.
    const webhook = await client.create(request.body, { signal: endOf(request, response) })
    response.status(201).location(`/webhooks/${webhook.id}`).json(webhook)
  })

  service.delete('/webhooks/:id', async (request, response) => {
    await client.delete(Number(request.params.id), { signal: endOf(request, response) })
    response.sendStatus(204)
  })

  // The target of a webhook with the trigger DEVICE_ADDED.
  service.post('/hooks/device-added', (request, response) => {
    service.locals.devices.push(request.body.id)
    response.sendStatus(204)
  })

  service.use((error, _request, response, next) => {
    if (response.headersSent || response.closed) return next(error)
    const { message } = error
    if (error instanceof ValidationError) return response.status(400).json({ message, violations: error.violations })
    if (error instanceof RequestTimeoutError) return response.status(504).json({ message })
    if (error instanceof TransportError) return response.status(502).json({ message })
    if (error instanceof ApiError) return response.status(error.status === 404 ? 404 : 502).json({ message })
    return next(error)
  })
  return service
}

/** A signal for when the caller has gone: there is nobody left to answer, so the call upstream ends too. */
function endOf(request, response) {
  const controller = new AbortController()
  request.socket.once('close', () => {
    if (!response.writableEnded) controller.abort()
  })
  return controller.signal
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const server = createService(WebhookClient.fromEnv()).listen(Number(process.env.PORT ?? 3000), () => {
    console.log(`listening on port ${server.address().port}`)
  })
}

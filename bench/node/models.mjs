/** The webhook as users of zod would write it: types and enum values are checked. */

import { z } from 'zod'
import { facts } from './facts.mjs'

const { Trigger, Method, ContentType, AuthType, Status } = facts.enums

const webhook = z.object({
  id: z.int32(),
  name: z.string().optional(),
  trigger: z.enum(Trigger).optional(),
  dataTrigger: z.record(z.string(), z.unknown()).optional(),
  url: z.string().optional(),
  method: z.enum(Method).optional(),
  contentType: z.enum(ContentType).optional(),
  authType: z.enum(AuthType).optional(),
  body: z.string().optional(),
  oAuth2Request: z.record(z.string(), z.unknown()).optional(),
  failureReceivers: z.array(z.int()).optional(),
  status: z.enum(Status).optional(),
  attemptCount: z.int32().optional(),
  createdAt: z.int().optional(),
  lastModifiedTs: z.int().optional(),
  lastTriggeredTs: z.int().optional(),
  failureLimit: z.int32().optional(),
})
const webhooks = z.array(webhook)

/** The checked values of a JSON value. */
export const check = (length) => (length === 0 ? (value) => webhook.parse(value) : (value) => webhooks.parse(value))

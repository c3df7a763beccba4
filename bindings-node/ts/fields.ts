/** The fields of a webhook by who sets them. */

/** Fields that a person sets. */
export const SETTABLE_FIELDS = [
  'name',
  'trigger',
  'dataTrigger',
  'url',
  'method',
  'contentType',
  'authType',
  'body',
  'oAuth2Request',
  'failureReceivers',
  'failureLimit',
  'status',
] as const

/** Fields that only the server sets. */
export const READ_ONLY_FIELDS = ['id', 'attemptCount', 'createdAt', 'lastModifiedTs', 'lastTriggeredTs'] as const

/**
 * The closed vocabularies of the wire. A value that the server knows and this version does not passes through as its
 * plain string, which the types allow too.
 */

/** One of the given names, or a string that a newer server knows; completion shows the names. */
export type OpenEnum<Names extends string> = Names | (string & {})

/**
 * The event that runs a webhook.
 *
 * @example
 * spec.trigger = Trigger.DEVICE_ADDED // the same as 'DEVICE_ADDED'
 */
export const Trigger = {
  /** A user was added. */
  NEW_USER: 'NEW_USER',
  /** A user was deleted. */
  DELETED_USER: 'DELETED_USER',
  /** A user was changed. */
  UPDATED_USER: 'UPDATED_USER',
  /** A device was added. */
  DEVICE_ADDED: 'DEVICE_ADDED',
  /** A device was deleted. */
  DEVICE_DELETED: 'DEVICE_DELETED',
  /** A datastream of one device changed; needs `dataTrigger`. */
  DEVICE_DATASTREAM_UPDATE: 'DEVICE_DATASTREAM_UPDATE',
  /** A datastream of a product's devices changed; needs `dataTrigger`. */
  PRODUCT_DATASTREAM_UPDATE: 'PRODUCT_DATASTREAM_UPDATE',
  /** A datastream changed in any organization that holds the product; needs `dataTrigger`. */
  GLOBAL_PRODUCT_DATASTREAM_UPDATE: 'GLOBAL_PRODUCT_DATASTREAM_UPDATE',
  /** One device logged an event; needs `dataTrigger`. */
  DEVICE_LOG_EVENT: 'DEVICE_LOG_EVENT',
  /** A product's device logged an event; needs `dataTrigger`. */
  PRODUCT_LOG_EVENT: 'PRODUCT_LOG_EVENT',
  /** A device logged an event in any organization that holds the product; needs `dataTrigger`. */
  GLOBAL_PRODUCT_LOG_EVENT: 'GLOBAL_PRODUCT_LOG_EVENT',
  /** The first device of an organization connected. */
  FIRST_DEVICE_CONNECTION_IN_ORG: 'FIRST_DEVICE_CONNECTION_IN_ORG',
  /** An organization was added. */
  ORGANIZATION_ADDED: 'ORGANIZATION_ADDED',
} as const

/** The event that runs a webhook, by its wire name. */
export type Trigger = OpenEnum<keyof typeof Trigger>

/** The HTTP method a webhook uses. */
export const Method = {
  /** `GET` */
  GET: 'GET',
  /** `POST` */
  POST: 'POST',
  /** `PUT` */
  PUT: 'PUT',
  /** `DELETE` */
  DELETE: 'DELETE',
  /** `PATCH` */
  PATCH: 'PATCH',
} as const

/** The HTTP method a webhook uses, by its wire name. */
export type Method = OpenEnum<keyof typeof Method>

/** How the body of a webhook's request is written. */
export const ContentType = {
  /** Plain text. */
  PLAIN_TEXT: 'PLAIN_TEXT',
  /** JSON. */
  JSON: 'JSON',
  /** `application/x-www-form-urlencoded` */
  URL_ENCODED_FORM: 'URL_ENCODED_FORM',
} as const

/** How the body of a webhook's request is written, by its wire name. */
export type ContentType = OpenEnum<keyof typeof ContentType>

/** How a webhook authenticates to its target. */
export const AuthType = {
  /** No authentication. */
  NONE: 'NONE',
  /** HTTP Basic. */
  BASIC: 'BASIC',
  /** A token fetched with `oAuth2Request`. */
  OAUTH2: 'OAUTH2',
} as const

/** How a webhook authenticates to its target, by its wire name. */
export type AuthType = OpenEnum<keyof typeof AuthType>

/** Whether a webhook runs. */
export const Status = {
  /** It runs. */
  ENABLED: 'ENABLED',
  /** A person switched it off. */
  DISABLED: 'DISABLED',
  /** The platform switched it off after too many failures in a row; ignored in an update. */
  DISABLED_DUE_TO_ERRORS: 'DISABLED_DUE_TO_ERRORS',
} as const

/** Whether a webhook runs, by its wire name. */
export type Status = OpenEnum<keyof typeof Status>

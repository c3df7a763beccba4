/** Manage the webhooks of a Blynk organization from code: an unofficial client. */
export * from './library'

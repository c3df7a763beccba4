/** The emulator of the webhook API, for tests, demonstrations and offline work. */

export {
  type Delivery,
  type DeliveryFault,
  type DeliveryFilter,
  Emulator,
  type EmulatorOptions,
  type EmulatorState,
  type EventReport,
  type ExpectedDeliveries,
  type Fault,
  type Notice,
  type Outcome,
  type SentRequest,
  setLoopbackOnly,
  Target,
  type TargetRequest,
  type TargetResponse,
  type WebhookMatch,
} from './library'

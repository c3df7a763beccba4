/** The emulator of the webhook API, for tests, demonstrations and offline work. */

export {
  type Delivery,
  type DeliveryFilter,
  Emulator,
  type EmulatorOptions,
  type EmulatorState,
  type Fault,
  type Notice,
  type Outcome,
  type SentRequest,
  setLoopbackOnly,
} from './library'

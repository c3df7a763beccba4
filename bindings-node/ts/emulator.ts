/** The emulator of the webhook API, for tests, demonstrations and offline work. */

export { Emulator, type EmulatorOptions, setLoopbackOnly } from './library'

/** The ES module entry of the emulator: the CommonJS build again. */
export * from './emulator.js'

/** The ES module entry: the CommonJS build again, so that a program that loads both has one of each class. */
export * from './index.js'

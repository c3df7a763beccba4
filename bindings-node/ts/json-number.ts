/** Numbers of JSON that JavaScript's own numbers cannot hold. */

/** Under this name a `JsonNumber` of any copy of this package has its text. */
const TEXT = Symbol.for('blynk-webhooks.number')

const SYNTAX = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/**
 * A number with its digits as they were written: what answers and `parse` give for a number that a `number` would round
 * and that is not an integer, e.g. `0.12345678901234567890` or `1e400`. Integers beyond 2^53 are `bigint`.
 *
 * It counts and compares as the nearest `number`; `String(value)` and `stringify` have every digit. It goes back to the
 * server unaltered, however often the object around it is copied with `{ ...value }`. A `structuredClone` of it loses the
 * digits, and is refused when it is sent.
 *
 * @example
 * stringify({ ratio: new JsonNumber('0.12345678901234567890') }) // '{"ratio":0.12345678901234567890}'
 */
export class JsonNumber extends Number {
  readonly #text: string

  /**
   * @param text The number as JSON writes it.
   * @throws {SyntaxError} If the text is not a JSON number.
   */
  constructor(text: string) {
    if (!SYNTAX.test(text)) throw new SyntaxError(`'${text}' is not a JSON number`)
    super(text)
    this.#text = text
  }

  /** The number as it was written; with a radix, the nearest `number` in it. */
  override toString(radix?: number): string {
    return radix === undefined ? this.#text : super.toString(radix)
  }

  /** For `JSON.stringify`: every digit if the runtime has `JSON.rawJSON` (Node 22), else the nearest `number`. */
  toJSON(): unknown {
    const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }
    return rawJSON === undefined ? this.valueOf() : rawJSON.call(JSON, this.#text)
  }

  /** @internal */
  get [TEXT](): string {
    return this.#text
  }

  /** Shown by `console.log`: the digits. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#text
  }
}

/** The digits of a `JsonNumber`, also of another copy of this package; undefined for any other value. */
export function jsonNumberText(value: object): string | undefined {
  const text = value instanceof Number ? (value as { [TEXT]?: unknown })[TEXT] : undefined
  return typeof text === 'string' && SYNTAX.test(text) ? text : undefined
}

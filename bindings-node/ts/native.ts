/** Loads the add-on: the one file that knows how it is called and where it lies. */

// Platforms with a package of their own; of two for one machine, the likelier C library comes first.
import platforms from './platforms.json'

/** What the add-on exports; every text is JSON unless a line says otherwise. */
export interface Native {
  readonly NativeClient: new (settings: string, platform: string, fromEnv: boolean) => NativeClient
  readonly NativeEmulator: new (settings: string) => NativeEmulator
  nextCallId(): number
  cancelCall(callId: number): void
  validate(spec: string, trusted: string | undefined, purpose: string | undefined): string
  placeholders(spec: string): string[]
  render(spec: string, values: string): string
  refusal(faults: string, settings: boolean): string
  setLoopbackOnly(only: boolean): void
  tables(): string
  /** The exit code. */
  runProgram(args: string[]): number
}

/** A client of the add-on. */
export interface NativeClient {
  readonly baseUrl: string
  /** Rejects with the text of a failure. */
  call(call: NativeCall): Promise<NativeAnswer>
  close(): void
}

/** The arguments of one call. */
export interface NativeCall {
  operation: string
  webhookId?: string | undefined
  text?: string | undefined
  trusted?: string | undefined
  options?: string | undefined
  callId?: number | undefined
}

/** An answer: its JSON, with a word on how to read it where that is not plain; undefined where there is none. */
export type NativeAnswer = string | MarkedAnswer | undefined

/** An answer that holds what JSON.parse would lose. */
export interface MarkedAnswer {
  readonly json: string
  /** Begins each string that stands for an integer beyond 2^53. */
  readonly marker?: string
  /** An enum value of it is none that this version knows. */
  readonly unknown: boolean
}

/** An emulator of the add-on. */
export interface NativeEmulator {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Rejects with the text of a failure. */
  command(command: string): Promise<NativeAnswer>
  stop(): void
}

function load(): Native {
  const problems: string[] = []
  const attempt = (problem: unknown) => problems.push(String((problem as Error).message).split('\n')[0] ?? '')
  try {
    // The file that a build on this machine puts beside this one.
    return require('./native.node') as Native
  } catch (problem) {
    attempt(problem)
  }
  const here = platforms.filter(({ os, cpu }) => os === process.platform && cpu === process.arch)
  for (const { name } of here) {
    try {
      return require(`blynk-webhooks-${name}`) as Native
    } catch (problem) {
      // The other C library's package, or none.
      attempt(problem)
    }
  }
  const platform = `${process.platform}-${process.arch}`
  throw new Error(
    here.length > 0
      ? `blynk-webhooks cannot load its binary for ${platform}. Install it again without --omit=optional, on the machine ` +
          `that runs it (a node_modules folder cannot move between platforms). Tried: ${problems.join('; ')}`
      : `blynk-webhooks has no binary for ${platform}; there are some for ${platforms.map(({ name }) => name).join(', ')}. ` +
          `Build it from its sources (npm run build; needs Rust). Tried: ${problems.join('; ')}`,
  )
}

/** The add-on of this platform. */
export const native: Native = load()

/** Loads the add-on: the only file that knows its name and its place. */

// Platforms with a package of their own; of two for one machine, the likelier C library comes first.
import platforms from './platforms.json'

/** What the add-on exports; every text is JSON unless a line says otherwise. */
export interface Native {
  readonly NativeClient: new (
    settings: string,
    platform: string,
    environment: string,
    fromEnv: boolean,
    log: LogTarget | undefined,
    extras: ClientExtras,
  ) => NativeClient
  readonly NativeEmulator: new (settings: string, state: string | undefined) => NativeEmulator
  version(): string
  /** Starts the calls that were submitted since the last time. */
  flush(): void
  nextCallId(): number
  cancelCall(callId: number): void
  validate(spec: string, trusted: string | undefined, purpose: string | undefined): string
  placeholders(spec: string): string[]
  render(spec: string, values: string): string
  refusal(faults: string, settings: boolean): string
  checkSettingNames(names: string[]): void
  /** A webhook or a spec without its secrets, to be shown. */
  redacted(json: string): string
  markJson(json: string): string | MarkedAnswer
  setLoopbackOnly(only: boolean): void
  /** Says what takes events for functions of the user; it must not throw. */
  onEvent(callback: (listener: number, event: string) => void): void
  /** Answers a question that an event has asked. */
  reply(question: number, answer: string): void
  /** The exit code. */
  runProgram(args: string[]): number
}

/** Where the events of a client go: to a logger by its number, without one to standard error. */
export interface LogTarget {
  readonly level: string
  readonly logger?: number | undefined
}

/** What a client has in addition to its settings; functions by the numbers that `listen` has given them. */
export interface ClientExtras {
  /** Authorities to trust in addition to those of the settings, as PEM. */
  readonly certificates?: string | undefined
  readonly token?: number | undefined
  readonly onAttempt?: number | undefined
}

/** A client of the add-on. */
export interface NativeClient {
  readonly baseUrl: string
  /** A client with other defaults that shares connections and tokens. */
  withOptions(options: string): NativeClient
  /** Submits a call, which starts with the next `flush`. Rejects with the text of a failure. */
  call(...call: NativeCall): Promise<NativeAnswer>
  /** Submits the making of a plan, of files or of JSON. Rejects with the text of a failure. */
  plan(
    files: readonly string[] | undefined,
    desired: string,
    options: string | undefined,
    environment: string,
    callId?: number,
  ): Promise<NativePlan>
  close(): void
}

/** A plan of the add-on. */
export interface NativePlan {
  json(): string
  /** For people. */
  text(): string
  /** Submits the run; resolves with a report. `listener` gets the outcome of each item. */
  apply(options: string | undefined, listener: number | undefined): Promise<NativeAnswer>
  cancel(): void
}

/** The arguments of one call. */
export type NativeCall = [
  operation: string,
  webhookId: string | undefined,
  text: string | undefined,
  trusted: string | undefined,
  options: string | undefined,
  callId?: number,
  more?: MoreArguments,
]

/** What few calls have. */
export interface MoreArguments {
  /** The webhook that the server must hold still. */
  readonly expected?: string | undefined
  readonly withResponse?: boolean | undefined
  /** Number of a function that gets each attempt. */
  readonly hooks?: number | undefined
  /** Whether that function gives headers for each attempt. */
  readonly asksForHeaders?: boolean | undefined
}

/** An answer: its JSON, with how to read it if that is not plain; undefined if there is none. */
export type NativeAnswer = string | MarkedAnswer | undefined

/** An answer that holds what JSON.parse would lose. */
export interface MarkedAnswer {
  readonly json: string
  /** Begins each string that stands for a number which JavaScript's cannot hold. */
  readonly marker?: string
  /** An enum value of it is none that this version knows. */
  readonly unknown: boolean
  /** It holds something that inspection hides. */
  readonly secret: boolean
  /** What came with it, if that was requested. */
  readonly response?: string
}

/** An emulator of the add-on. */
export interface NativeEmulator {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Rejects with the text of a failure. */
  command(command: string): Promise<NativeAnswer>
  /** Carries out a command that waits for nothing outside of this process. */
  commandNow(command: string): NativeAnswer
  stop(): void
}

/** Version of this package, by the build. */
declare const PACKAGE_VERSION: string

/**
 * The add-on that a build on this machine puts next to this file (without a name), or that of a platform's package; what
 * went wrong is added to the problems. Each is named literally and within `try`: tools that trace or bundle a program
 * find those that are there by that, and pass over the others.
 */
function attempt(name: string | undefined, problems: NodeJS.ErrnoException[]): Native | undefined {
  let addOn: Native | undefined
  try {
    switch (name) {
      case undefined:
        addOn = require('./native.node')
        break
      case 'linux-x64-gnu':
        addOn = require('blynk-webhooks-linux-x64-gnu')
        break
      case 'linux-x64-musl':
        addOn = require('blynk-webhooks-linux-x64-musl')
        break
      case 'linux-arm64-gnu':
        addOn = require('blynk-webhooks-linux-arm64-gnu')
        break
      case 'linux-arm64-musl':
        addOn = require('blynk-webhooks-linux-arm64-musl')
        break
      case 'darwin-x64':
        addOn = require('blynk-webhooks-darwin-x64')
        break
      case 'darwin-arm64':
        addOn = require('blynk-webhooks-darwin-arm64')
        break
      case 'win32-x64-msvc':
        addOn = require('blynk-webhooks-win32-x64-msvc')
        break
      case 'win32-arm64-msvc':
        addOn = require('blynk-webhooks-win32-arm64-msvc')
        break
    }
    const version = typeof addOn?.version === 'function' ? addOn.version() : 'unknown'
    if (version === PACKAGE_VERSION) return addOn
    throw new Error(`the binary has version ${version}, but the JavaScript has version ${PACKAGE_VERSION}`)
  } catch (problem) {
    problems.push(problem as NodeJS.ErrnoException)
    return undefined
  }
}

function load(): Native {
  const problems: NodeJS.ErrnoException[] = []
  const here = platforms.filter(({ os, cpu }) => os === process.platform && cpu === process.arch)
  for (const name of [undefined, ...here.map(({ name }) => name)]) {
    const addOn = attempt(name, problems)
    if (addOn) return addOn
  }
  const tried = problems.map(({ message }) => message.split('\n')[0]).join('; ')
  throw new Error(`${remedy(problems, here.length > 0)} Tried: ${tried}`, { cause: problems[0] })
}

/** What to do about an add-on that cannot be loaded. */
function remedy(problems: NodeJS.ErrnoException[], supported: boolean): string {
  const platform = `${process.platform}-${process.arch}`
  if (problems.some(({ code }) => code === 'ERR_DLOPEN_DISABLED')) {
    return 'blynk-webhooks is a native add-on, which this process may not load. Start Node with --allow-addons in addition to --permission, and without --no-addons.'
  }
  if (problems.some(({ message }) => /dynamic(ally)? require/i.test(message))) {
    return (
      'blynk-webhooks is bundled as an ES module, in which its binary cannot be required. Leave it out of the bundle ' +
      "(esbuild: external: ['blynk-webhooks'], webpack: externals, Vite: ssr.external, Next.js: serverExternalPackages)."
    )
  }
  if (!supported) {
    const names = platforms.map(({ name }) => name).join(', ')
    return `blynk-webhooks has no binary for ${platform}; binaries exist for ${names}. Build it from its sources (npm run build; needs Rust).`
  }
  const isThere = problems.some(({ code }) => code !== 'MODULE_NOT_FOUND')
  return (
    `blynk-webhooks cannot load its binary for ${platform}${isThere ? ', which is damaged or of another version, platform or C library' : ''}. ` +
    'Delete node_modules and install it again without --omit=optional, on the machine that runs it (a node_modules folder ' +
    'cannot be moved between platforms). Exclude the package from bundles, or copy its .node file with them.'
  )
}

/** The add-on of this platform. */
export const native: Native = load()

// Builds the package: the add-on by cargo, the types by tsc, the JavaScript by esbuild. `--dev` for a quick, unoptimized
// add-on, `--binary <file>` to take one that is built already. CARGO_BUILD_TARGET builds for another platform,
// BLYNK_CARGO_BUILD names another cargo command for it, e.g. zigbuild.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'bindings-node', 'dist')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const profile = process.argv.includes('--dev') ? 'dev' : 'release'

function run(command, args, options = {}) {
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    encoding: 'utf8',
    ...options,
  })
  if (error) throw new Error(`${command} cannot be run: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
  return stdout
}

/** Builds the add-on; cargo says itself where it has put it, whatever its target folder and the platform's naming. */
function buildAddOn() {
  const target = process.env.CARGO_BUILD_TARGET ? ['--target', process.env.CARGO_BUILD_TARGET] : []
  const messages = run(
    'cargo',
    [
      process.env.BLYNK_CARGO_BUILD || 'build',
      '--locked',
      '--profile',
      profile,
      '-p',
      'blynk-webhooks-node',
      '--message-format',
      'json-render-diagnostics',
      ...target,
    ],
    { stdio: ['inherit', 'pipe', 'inherit'], maxBuffer: 1 << 28 },
  )
  const artifact = messages
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .findLast(
      (message) =>
        message.reason === 'compiler-artifact' && message.target.name.replaceAll('-', '_') === 'blynk_webhooks_node',
    )
  return artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name))
}

const binary = process.argv.indexOf('--binary')
const library = binary < 0 ? buildAddOn() : resolve(process.argv[binary + 1])

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
copyFileSync(library, join(dist, 'native.node'))

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
run(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', root])

// One file holds everything; the entries name what each of them exports of it.
const sources = join(root, 'bindings-node', 'ts')
const define = { PACKAGE_VERSION: JSON.stringify(version) }
const options = {
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  define,
}
const entry = (...names) => names.map((name) => join(sources, name))
buildSync({
  ...options,
  entryPoints: entry('library.ts'),
  format: 'cjs',
  external: ['./native.node', 'blynk-webhooks-*'],
})
buildSync({ ...options, entryPoints: entry('index.ts', 'emulator.ts'), format: 'cjs', external: ['./library'] })
// The program loads the add-on and nothing else.
buildSync({
  ...options,
  entryPoints: entry('program.ts'),
  format: 'cjs',
  external: ['./native.node', 'blynk-webhooks-*'],
  banner: { js: '#!/usr/bin/env node' },
})
buildSync({
  ...options,
  entryPoints: entry('index.mts', 'emulator.mts'),
  format: 'esm',
  external: ['./*.js'],
  outExtension: { '.js': '.mjs' },
})

// Runs the suites on every runtime, test framework and TypeScript that users bring. Takes them from the npm registry into
// a folder of its own, so it is no part of `npm test`. Without arguments: all. With some: only those whose name begins so.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = process.env.MATRIX_FOLDER ?? join(tmpdir(), 'blynk-webhooks-matrix')
const suites = readdirSync(join(root, 'tests', 'node'))
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => join('tests', 'node', name))
const smoke = join('tests', 'node', 'support', 'smoke.mjs')

/** Each row: the package to install, and the command to run with it. */
const rows = [
  ...['20', '22', '24', '26'].map((version) => [
    `node@${version}`,
    'node',
    '--test',
    '--test-timeout=120000',
    ...suites,
  ]),
  ['bun@1', 'bun', 'run', smoke],
  ['deno@2', 'deno', 'run', '--allow-all', smoke],
  ['jest@30', 'jest', '--ci', '--config', 'jest.config.json'],
  ['jest@30', 'jest', '--ci', '--config', 'jest.config.json', '--runInBand'],
  ['vitest@5', 'vitest', 'run', '--pool', 'threads'],
  ['vitest@5', 'vitest', 'run', '--pool', 'forks'],
  ...['5.2', '5.9', '6', '7'].map((version) => [`typescript@${version}`, 'tsc', '-p', join('tests', 'node', 'types')]),
]

function run(command, args, cwd, path = []) {
  const PATH = [...path, process.env.PATH].join(delimiter)
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, PATH },
    // On Windows npm and what it installs are scripts, which take a shell to run.
    shell: process.platform === 'win32',
  })
  return status === 0
}

/** The folder of executables of a package, installed if it is not there yet. */
function install(name) {
  const folder = join(cache, name.replace(/[^\w.]/g, '-'))
  if (!existsSync(join(folder, 'node_modules'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private": true}')
    if (!run('npm', ['install', '--no-audit', '--no-fund', name], folder))
      throw new Error(`${name} cannot be installed`)
  }
  return join(folder, 'node_modules', '.bin')
}

/** A user's folder: the test framework, and this package beside it. */
function frameworkFolder(bin) {
  const folder = dirname(dirname(bin))
  const target = join(folder, 'node_modules', 'blynk-webhooks')
  const files = join(root, 'tests', 'node', 'frameworks')
  cpSync(files, folder, { recursive: true })
  // Twice, so that the framework makes the modules twice.
  for (const name of ['user.jest.cjs', 'user.vitest.mjs']) cpSync(join(files, name), join(folder, `again-${name}`))
  cpSync(join(root, 'package.json'), join(target, 'package.json'))
  cpSync(join(root, 'bindings-node', 'dist'), join(target, 'bindings-node', 'dist'), { recursive: true })
  return folder
}

const wanted = process.argv.slice(2)
const outcomes = []
for (const [name, command, ...args] of rows) {
  if (wanted.length > 0 && !wanted.some((prefix) => name.startsWith(prefix))) continue
  console.log(`\n== ${name}: ${command} ${args.join(' ')}`)
  const bin = install(name)
  const folder = /jest|vitest/.test(name) ? frameworkFolder(bin) : root
  // The package `node` keeps its executable beside the others.
  outcomes.push([name, run(join(bin, command), args, folder, [bin])])
}

console.log('')
for (const [name, passed] of outcomes) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
if (outcomes.length === 0) console.log(`nothing is called ${wanted.join(', ')}`)
process.exit(outcomes.length > 0 && outcomes.every(([, passed]) => passed) ? 0 : 1)

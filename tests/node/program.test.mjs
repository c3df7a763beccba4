// The program `blynk-webhooks`, as this package carries it: what it prints, and how it ends.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'blynk-webhooks'
import { Emulator } from 'blynk-webhooks/emulator'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { bin, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const program = join(root, bin['blynk-webhooks'])
const transcripts = join(root, 'cli', 'tests', 'cmd')
// It holds a number beyond those of JavaScript.
const state = parse(readFileSync(join(root, 'cli', 'tests', 'support', 'state.json'), 'utf8'))
const posix = { skip: process.platform === 'win32' && 'signals of POSIX' }
let folder

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'blynk-webhooks-program-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

function environment(emulator, settings) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('BLYNK_') && name !== 'NO_COLOR')
  return {
    ...Object.fromEntries(kept),
    BLYNK_BASE_URL: emulator.url,
    BLYNK_CLIENT_ID: emulator.clientId,
    BLYNK_CLIENT_SECRET: emulator.clientSecret,
    XDG_CONFIG_HOME: settings,
  }
}

/** The words of a command line, as a shell splits them. */
function words(line) {
  return [...line.matchAll(/(?:[^\s"']|"(?:\\.|[^"])*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"((?:\\.|[^"])*)"|'([^']*)'/g, (_, double, single) => single ?? double.replace(/\\(.)/g, '$1')),
  )
}

/** The command lines of a transcript, each with what it prints and its exit code. */
function read(path) {
  const steps = []
  let inside = false
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('```')) inside = !inside
    else if (!inside) continue
    else if (line.startsWith('$ ')) steps.push({ line, args: words(line.slice(2)).slice(1), code: 0, output: [] })
    else if (line.startsWith('? ')) steps.at(-1).code = Number(line.slice(2))
    else steps.at(-1)?.output.push(line)
  }
  return steps
}

/** What a transcript expects: `[..]` stands for any text on a line, `...` for any lines. */
function expected(output, variables) {
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const lines = output.join('\n').trimEnd().split('\n')
  const pattern = lines.map((line) => {
    if (line === '...') return '(?:.*\n)*?'
    for (const [name, value] of Object.entries(variables)) line = line.replaceAll(name, value)
    return `${line.split('[..]').map(escaped).join('.*')}\n`
  })
  return new RegExp(`^${pattern.join('').trimEnd()}\n*$`)
}

for (const file of readdirSync(transcripts).filter((name) => name.endsWith('.trycmd'))) {
  test(`it prints what cargo's program prints: ${basename(file, '.trycmd')}`, async () => {
    const settings = mkdtempSync(join(folder, 'settings-'))
    const inputs = readdirSync(transcripts).includes(file.replace('.trycmd', '.in'))
    const cwd = inputs ? join(transcripts, file.replace('.trycmd', '.in')) : settings
    const emulator = await Emulator.start({ state })
    try {
      const steps = read(join(transcripts, file))
      assert.ok(steps.length > 0)
      for (const { line, args, code, output } of steps) {
        // Both streams in one, in the order in which they were written.
        const shell = ['-c', 'exec "$0" "$@" 2>&1', process.execPath, program, ...args]
        const options = {
          cwd,
          env: environment(emulator, settings),
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        }
        const ended = spawnSync('sh', shell, options)
        const about = `${file}: ${line}\n${ended.stdout}`
        assert.equal(ended.status, code, about)
        const variables = { '[SERVER]': emulator.url, '[CONFIG]': settings }
        assert.match(ended.stdout.replaceAll('\\', '/'), expected(output, variables), about)
      }
    } finally {
      await emulator.stop()
    }
  })
}

test('it is the bin of the package', () => {
  assert.match(readFileSync(program, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const printed = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' })
  assert.equal(printed.stdout, `blynk-webhooks ${version}\n`)
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  test(`${signal} ends a call`, posix, async () => {
    const silent = createServer()
    await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const reached = new Promise((resolve) => silent.once('connection', resolve))
    const env = { ...process.env, BLYNK_BASE_URL: `http://127.0.0.1:${silent.address().port}`, BLYNK_TOKEN: 't' }
    const child = spawn(process.execPath, [program, 'list'], { env: { ...env, XDG_CONFIG_HOME: folder } })
    const socket = await reached
    child.kill(signal)
    const ended = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
    assert.deepEqual(ended, [code, null])
    socket.destroy()
    silent.close()
  })
}

test('Ctrl-C ends the emulator', posix, async () => {
  const child = spawn(process.execPath, [program, 'emulate', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.endsWith('}\n')) break
  }
  const { url } = JSON.parse(printed)
  assert.equal((await fetch(`${url}/_emulator/openapi.json`)).status, 200)
  child.kill('SIGINT')
  const ended = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
  assert.deepEqual(ended, [130, null])
})

// The tarball: what is in it, and that it installs and runs in an empty folder without a compiler.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
// On Windows npm is a script, which takes a shell to run.
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
const platforms = JSON.parse(readFileSync(join(root, 'bindings-node', 'ts', 'platforms.json'), 'utf8'))
let folder
let packed

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'blynk-webhooks-'))
  // In a copy: packing changes README.md for a moment.
  const source = join(folder, 'source')
  const paths = ['package.json', 'README.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'bindings-node']
  const filter = (path) => !/bindings-node.(src|ts|target)/.test(path)
  for (const path of paths) cpSync(join(root, path), join(source, path), { recursive: true, filter })
  const answer = npm(['pack', '--json', '--pack-destination', folder], source)
  const described = JSON.parse(answer)
  packed = Array.isArray(described) ? described[0] : Object.values(described)[0]
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('the tarball holds the build and nothing else', () => {
  const names = packed.files.map(({ path }) => path)
  const allowed =
    /^(package\.json|README\.md|LICENSE[^/]*|bindings-node\/dist\/(generated\/)?[\w-]+\.(js|mjs|d\.ts|d\.mts|node))$/
  assert.deepEqual(
    names.filter((name) => !allowed.test(name)),
    [],
  )
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md']) assert.ok(names.includes(name), name)
  for (const name of ['index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'emulator.js', 'native.node']) {
    assert.ok(names.includes(`bindings-node/dist/${name}`), name)
  }
})

test('the package has no run-time dependency', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.equal(dependencies, undefined)
  assert.equal(peerDependencies, undefined)
})

test('it installs in an empty folder and runs there, from both module systems', () => {
  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  npm(['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`], folder)
  writeFileSync(
    join(folder, 'main.mjs'),
    `import { createRequire } from 'node:module'
     import { NotFoundError, WebhookClient } from 'blynk-webhooks'
     import { Emulator } from 'blynk-webhooks/emulator'
     const required = createRequire(import.meta.url)
     if (required('blynk-webhooks').WebhookClient !== WebhookClient) throw new Error('two classes of one name')
     if (required('blynk-webhooks/emulator').Emulator !== Emulator) throw new Error('two classes of one name')
     const emulator = await Emulator.start({ port: 0 })
     const client = emulator.client()
     const { id } = await client.create({
       name: 'n', trigger: 'NEW_USER', url: 'https://example.com', method: 'POST', contentType: 'JSON', authType: 'NONE',
     })
     await client.delete(id)
     await client.get(id).catch((error) => console.log(error instanceof NotFoundError, error.code))
     await emulator.stop()`,
  )
  // Without a compiler in reach.
  const env = { PATH: dirname(process.execPath) }
  const printed = execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8', env })
  assert.equal(printed, 'true NOT_FOUND\n')
  const program = join(folder, 'node_modules', 'blynk-webhooks', 'bindings-node', 'dist', 'program.js')
  const { status, stdout } = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' })
  assert.deepEqual([status, stdout.startsWith('blynk-webhooks ')], [0, true], stdout)
})

test('npm shows the page of the Node package, and the repository keeps its own', () => {
  const packedPage = readFileSync(join(folder, 'node_modules', 'blynk-webhooks', 'README.md'), 'utf8')
  assert.equal(packedPage, readFileSync(join(root, 'bindings-node', 'README.md'), 'utf8'))
  assert.doesNotMatch(packedPage, /make demo|cargo|pip install/)
  const source = join(folder, 'source')
  assert.equal(readFileSync(join(source, 'README.md'), 'utf8'), readFileSync(join(root, 'README.md'), 'utf8'))
  assert.ok(!existsSync(join(source, '.README.repository.md')))
})

test('where no binary fits, the error says what to do', () => {
  const run = (platform) => {
    const script = `Object.defineProperty(process, 'platform', { value: '${platform}' })
      const load = require('node:module')._load
      require('node:module')._load = (name, ...rest) => {
        if (name.endsWith('native.node')) throw new Error('no such file')
        return load(name, ...rest)
      }
      try { require('blynk-webhooks') } catch (error) { console.log(error.message) }`
    return execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })
  }
  assert.match(run('sunos'), /has no binary for sunos-.*linux-x64.*npm run build/s)
  assert.match(run('linux'), /cannot load its binary for linux-.*--omit=optional/s)
})

/** A copy of the built package in a folder of its own, and what Node says when it is loaded. */
function loadCopy(name, change, args = []) {
  const copy = join(folder, name, 'node_modules', 'blynk-webhooks')
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  cpSync(join(root, 'bindings-node', 'dist'), join(copy, 'bindings-node', 'dist'), { recursive: true })
  change(join(copy, 'bindings-node', 'dist', 'native.node'), copy)
  const script = `try { require('blynk-webhooks'); console.log('loaded') } catch (error) { console.log(error.message) }`
  const main = join(folder, name, 'main.cjs')
  writeFileSync(main, script)
  return spawnSync(process.execPath, [...args, main], { encoding: 'utf8' }).stdout
}

test('a damaged, missing or replaced binary gets a message that says what to do', () => {
  assert.equal(
    loadCopy('whole', () => {}),
    'loaded\n',
  )
  const damaged = loadCopy('damaged', (binary) => writeFileSync(binary, 'no binary'))
  assert.match(damaged, /cannot load its binary for .*, which is damaged.*install it again/s)
  const missing = loadCopy('missing', (binary) => rmSync(binary))
  assert.match(missing, /cannot load its binary for \S+\. Delete node_modules and install it again/)
  const other = loadCopy('other', (_, copy) => {
    const library = join(copy, 'bindings-node', 'dist', 'library.js')
    const { version } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'))
    writeFileSync(library, readFileSync(library, 'utf8').replaceAll(`"${version}"`, '"9.9.9"'))
  })
  assert.match(other, /of another version.*the binary has version \d.*the JavaScript has version 9\.9\.9/s)
})

test('a process that may not load add-ons is told how to allow it', () => {
  const forbidden = loadCopy('forbidden', () => {}, ['--no-addons'])
  assert.match(forbidden, /--allow-addons in addition to --permission, and without --no-addons/)
  const [major] = process.versions.node.split('.').map(Number)
  const permission = major < 22 ? '--experimental-permission' : '--permission'
  const allowed = [permission, '--allow-fs-read=*']
  assert.match(
    loadCopy('permission', () => {}, allowed),
    /--allow-addons in addition to --permission/,
  )
  if (major < 22) return
  assert.equal(
    loadCopy('permitted', () => {}, [...allowed, '--allow-addons']),
    'loaded\n',
  )
})

test('each platform package is required by its literal name', () => {
  const library = readFileSync(join(root, 'bindings-node', 'dist', 'library.js'), 'utf8')
  for (const name of [...platforms.map(({ name }) => `blynk-webhooks-${name}`), './native.node']) {
    assert.ok(library.includes(`require("${name}")`), name)
  }
})

test('a bundle as an ES module says how to leave the package out', () => {
  const main = join(folder, 'module.mjs')
  writeFileSync(
    main,
    `import { placeholders } from 'blynk-webhooks'\nconsole.log(placeholders({ url: '{device_id}' }))`,
  )
  const outfile = join(folder, 'module-bundle.mjs')
  const options = { entryPoints: [main], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' }
  buildSync({ ...options, loader: { '.node': 'empty' }, external: ['*.node'] })
  const { stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  assert.match(stderr, /is bundled as an ES module.*external: \['blynk-webhooks'\].*serverExternalPackages/s)
})

test('a bundle that leaves the package out, or takes its binary along, runs', () => {
  const main = join(folder, 'bundled.mjs')
  writeFileSync(
    main,
    `import { placeholders } from 'blynk-webhooks'\nconsole.log(placeholders({ url: '{device_id}' }).join())`,
  )
  for (const settings of [{ external: ['blynk-webhooks'] }, { loader: { '.node': 'copy' } }]) {
    const outdir = join(folder, `bundle-${Object.keys(settings)}`)
    const { warnings } = buildSync({
      entryPoints: [main],
      bundle: true,
      platform: 'node',
      outdir,
      logLevel: 'silent',
      ...settings,
    })
    assert.deepEqual(warnings, [])
    assert.equal(execFileSync(process.execPath, [join(outdir, 'bundled.js')], { encoding: 'utf8' }), 'device_id\n')
  }
})

test('a release has a package for each platform, and the main package finds its own', () => {
  const release = join(folder, 'release')
  for (const path of [
    'package.json',
    'bindings-node/scripts',
    'bindings-node/ts/platforms.json',
    'bindings-node/dist',
    'LICENSE-APACHE',
    'LICENSE-MIT',
  ]) {
    cpSync(join(root, path), join(release, path), { recursive: true })
  }
  const binaries = join(folder, 'binaries')
  mkdirSync(binaries)
  for (const { name } of platforms) {
    cpSync(join(root, 'bindings-node', 'dist', 'native.node'), join(binaries, `blynk-webhooks.${name}.node`))
  }
  const modules = join(folder, 'released', 'node_modules')
  const script = join(release, 'bindings-node', 'scripts', 'platform-packages.mjs')
  execFileSync(process.execPath, [script, binaries, join(folder, 'packages')])
  cpSync(release, join(modules, 'blynk-webhooks'), { recursive: true })
  const released = JSON.parse(readFileSync(join(release, 'package.json'), 'utf8'))
  assert.deepEqual(
    Object.entries(released.optionalDependencies),
    platforms.map(({ name }) => [`blynk-webhooks-${name}`, released.version]),
  )
  const run = () =>
    execFileSync(process.execPath, ['-p', 'typeof require("blynk-webhooks").validate'], {
      cwd: dirname(modules),
      encoding: 'utf8',
      stdio: 'pipe',
    })
  assert.throws(run, /cannot load its binary/)
  for (const { name, os, cpu, libc } of platforms) {
    const described = JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8'))
    assert.deepEqual([described.os, described.cpu, described.libc], [[os], [cpu], libc && [libc]])
    for (const file of described.files) assert.ok(existsSync(join(folder, 'packages', name, file)), file)
    if (os === process.platform && cpu === process.arch) {
      cpSync(join(folder, 'packages', name), join(modules, `blynk-webhooks-${name}`), { recursive: true })
    }
  }
  assert.equal(run(), 'function\n')
})

test('the release workflow builds every platform', () => {
  const workflow = readFileSync(join(root, '.github', 'workflows', 'node-release.yml'), 'utf8')
  for (const { name, target } of platforms) {
    assert.match(workflow, new RegExp(`platform: ${name}, runner: [\\w.-]+, target: ${target}(\\.2\\.17)?, command`))
  }
})

test('the build runs the cargo command that the environment names', () => {
  // The target ends the run of any other command before it builds.
  const env = { ...process.env, BLYNK_CARGO_BUILD: 'no-such-command', CARGO_BUILD_TARGET: 'no-such-target' }
  const build = join(root, 'bindings-node', 'scripts', 'build.mjs')
  const { status, stderr } = spawnSync(process.execPath, [build], { env, encoding: 'utf8' })
  assert.notEqual(status, 0)
  assert.match(stderr, /no such command: `no-such-command`/)
})

test('requiring the package loads one file and hardly a module of Node', () => {
  const main = join(folder, 'loads.cjs')
  const entry = JSON.stringify(join(root, 'bindings-node', 'dist', 'index.js'))
  writeFileSync(
    main,
    `const { moduleLoadList } = process
     const before = new Set(moduleLoadList)
     require(${entry})
     const added = moduleLoadList.filter((name) => !before.has(name) && !/ internal|Binding/.test(name))
     console.log(JSON.stringify([added, Object.keys(require.cache).length]))`,
  )
  const [added, files] = JSON.parse(execFileSync(process.execPath, [main], { encoding: 'utf8' }))
  // Each takes about as long as the package itself.
  assert.deepEqual(
    added.filter((name) => !/NativeModule (util|diagnostics_channel|fs)$/.test(name)),
    [],
  )
  // The script, the entry, what it names, and the binary.
  assert.equal(files, 4)
})

// Prepares a release: a package for each platform from its binary, and the main package that chooses among them.
//
// node platform-packages.mjs <folder with blynk-webhooks.<platform>.node files> <folder for the packages>

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [binaries, packages] = process.argv.slice(2)
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

const main = read(join(root, 'package.json'))
const platforms = read(join(root, 'bindings-node', 'ts', 'platforms.json'))
main.optionalDependencies = {}
const LICENCES = ['LICENSE-APACHE', 'LICENSE-MIT']

for (const { name, os, cpu, libc } of platforms) {
  const binary = join(binaries, `blynk-webhooks.${name}.node`)
  if (!existsSync(binary)) throw new Error(`${binary} is missing: a release has a binary for each platform`)
  const folder = join(packages, name)
  mkdirSync(folder, { recursive: true })
  copyFileSync(binary, join(folder, 'native.node'))
  for (const licence of LICENCES) copyFileSync(join(root, licence), join(folder, licence))
  write(join(folder, 'package.json'), {
    name: `${main.name}-${name}`,
    version: main.version,
    description: `The binary of ${main.name} for ${name}`,
    license: main.license,
    repository: main.repository,
    engines: main.engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main: 'native.node',
    files: ['native.node', ...LICENCES],
  })
  main.optionalDependencies[`${main.name}-${name}`] = main.version
}

// The released main package holds no binary: what lies beside its JavaScript would go before the platform's package.
rmSync(join(root, 'bindings-node', 'dist', 'native.node'), { force: true })
write(join(root, 'package.json'), main)

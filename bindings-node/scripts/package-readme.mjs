// npm shows the README.md at the top of the tarball, and packs no other: before packing, this package's own page takes the
// place of the repository's, and afterwards gives it back.
//
// node package-readme.mjs swap|restore

import { copyFileSync, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = join(root, 'bindings-node', 'README.md')
const shown = join(root, 'README.md')
const kept = join(root, '.README.repository.md')

function restore() {
  if (existsSync(kept)) renameSync(kept, shown)
}

// A run that was interrupted has left the package's page in its place.
restore()
if (process.argv[2] === 'swap') {
  copyFileSync(shown, kept)
  copyFileSync(page, shown)
}

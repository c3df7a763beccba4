/** What the caller's environment says. */

import { readFileSync } from 'node:fs'

/**
 * Read from `process.env` each time: in a worker, in Jest's modules and in Bun it is not the process's own environment,
 * which is all that the add-on could see.
 */
export function environmentJson(): string {
  const variables: Record<string, string> = {}
  const own = Object.keys(process.env).filter((name) => name.startsWith('BLYNK_'))
  for (const name of [...own, ...NAMES]) {
    const value = process.env[name]
    if (value !== undefined) variables[name] = value
  }
  return JSON.stringify(variables)
}

/** Besides those of this package, what says how a server is reached and whom to trust. */
const NAMES = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
]

let lastWarned: string | undefined

/**
 * The certificate authorities that `NODE_EXTRA_CA_CERTS` names, as PEM; undefined if it names none. As Node itself does,
 * this warns of a file that cannot be used, and goes on.
 */
export function extraCertificates(): string | undefined {
  const path = process.env['NODE_EXTRA_CA_CERTS']
  if (path === undefined || path === '') return undefined
  try {
    const pem = readFileSync(path, 'latin1')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
    throw new Error('it contains no PEM certificate')
  } catch (problem) {
    if (lastWarned !== path) {
      const message = `blynk-webhooks does not use NODE_EXTRA_CA_CERTS: ${(problem as Error).message}`
      process.emitWarning(message, { code: 'BLYNK_CERTIFICATES' })
      lastWarned = path
    }
    return undefined
  }
}

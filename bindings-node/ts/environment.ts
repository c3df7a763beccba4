/** The variables of the caller's environment that the add-on reads. */

/**
 * Read from `process.env` each time: in a worker, in Jest's modules and in Bun it is not the process's own environment,
 * which is all that the add-on could see.
 */
export function environmentJson(): string {
  const variables: Record<string, string> = {}
  for (const name of NAMES) {
    const value = process.env[name]
    if (value !== undefined) variables[name] = value
  }
  return JSON.stringify(variables)
}

const NAMES = [
  'BLYNK_BASE_URL',
  'BLYNK_TOKEN',
  'BLYNK_CLIENT_ID',
  'BLYNK_CLIENT_SECRET',
  'BLYNK_ORG_ID',
  'BLYNK_LOOPBACK_ONLY',
]

/** The switch that keeps tests from the real service. */

import { native } from './native'

/**
 * Makes every client built from now on in this process refuse hosts other than loopback, so that no test reaches the
 * real service. The environment variable `BLYNK_LOOPBACK_ONLY=1` does the same.
 *
 * @example
 * setLoopbackOnly(true)
 */
export function setLoopbackOnly(only: boolean): void {
  native.setLoopbackOnly(Boolean(only))
}

/** Both ways to compute on the curves, for what must be the same by either. In Node and in browsers. */
import type { SuitePlatform } from '../worker/halo/suite/platform.js'

const { subtle } = crypto
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))

/** Whatever this environment is found to offer. */
export const found: SuitePlatform = { subtle, random }
export const webCrypto: SuitePlatform = { subtle, random, curves: 'webcrypto' }
export const noble: SuitePlatform = { subtle, random, curves: 'noble' }

/** An environment whose WebCrypto does some things in another way, or not at all. */
export function withSubtle(changes: Partial<SubtleCrypto>): SuitePlatform {
  const changed = new Proxy(subtle, {
    get(_, name: keyof SubtleCrypto) {
      return changes[name] ?? (subtle[name] as () => unknown).bind(subtle)
    },
  })
  return { subtle: changed, random }
}

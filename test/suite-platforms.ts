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

/** An environment whose WebCrypto takes public keys that go on after their end. */
export const lenient = withSubtle({
  importKey: ((format: 'raw', key: Uint8Array, ...rest: [AlgorithmIdentifier, boolean, KeyUsage[]]) =>
    subtle.importKey(format, (format === 'raw' ? key.slice(0, 32) : key) as BufferSource, ...rest)) as never,
})

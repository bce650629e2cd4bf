/** Node, as the parts of the runtime need it that a server uses. */
import { createHash, webcrypto } from 'node:crypto'
import type { SuitePlatform } from '../worker/halo/suite/platform.js'
import type { MeshPlatform } from '../worker/mesh/platform.js'

/** Of a server that is reached, and reaches nobody. */
export const platform: SuitePlatform & Omit<MeshPlatform, 'socket'> = {
  subtle: webcrypto.subtle,
  random: (bytes) => webcrypto.getRandomValues(new Uint8Array(bytes)),
  now: () => performance.now(),
  later(run, ms) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(createHash('sha256').update(bytes).digest())

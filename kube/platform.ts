/** Node, as the parts of the runtime need it that a server uses. */
import * as crypto from 'node:crypto'
import type { SuitePlatform } from '../worker/halo/suite/platform.js'
import type { MeshPlatform } from '../worker/mesh/platform.js'

/** Of a server that is reached, and reaches nobody. */
export const platform: SuitePlatform & Omit<MeshPlatform, 'socket'> = {
  subtle: crypto.webcrypto.subtle,
  random: (bytes) => crypto.webcrypto.getRandomValues(new Uint8Array(bytes)),
  now: () => performance.now(),
  later(run, ms) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** In one call, from Node 20.12 on: an object for each hash is much for a server to collect that takes entries. */
const hash: (bytes: Uint8Array) => Uint8Array = crypto.hash
  ? (bytes) => crypto.hash('sha256', bytes, 'buffer')
  : (bytes) => crypto.createHash('sha256').update(bytes).digest()

export const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> => new Uint8Array(hash(bytes))

/**
 * `@noble/curves/ed25519.js` for a simulation: what handshakes and signatures need of it is computed by OpenSSL, in a thirtieth of the
 * time, and everything else by the library itself.
 */
import { diffieHellman, sign } from 'node:crypto'
import * as noble from '@noble/curves/ed25519.js'
import { privateKey, publicBytes, publicKey } from './bare-keys.js'

export * from '@noble/curves/ed25519.js'

/** How many secrets were shared: a simulation that this file is not loaded for runs as well, and takes twice as long. */
export let agreements = 0

export const x25519 = {
  ...noble.x25519,
  getPublicKey: (secret: Uint8Array) => publicBytes(privateKey('X25519', secret)),
  /** @throws Error what would be shared is zero, or a key has not 32 bytes */
  getSharedSecret(secret: Uint8Array, theirs: Uint8Array) {
    agreements++
    return Uint8Array.from(
      diffieHellman({ privateKey: privateKey('X25519', secret), publicKey: publicKey('X25519', theirs) }),
    )
  },
}

export const ed25519 = {
  ...noble.ed25519,
  getPublicKey: (secret: Uint8Array) => publicBytes(privateKey('Ed25519', secret)),
  sign: (message: Uint8Array, secret: Uint8Array) =>
    Uint8Array.from(sign(null, message, privateKey('Ed25519', secret))),
}

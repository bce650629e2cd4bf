/** What a device signs to show that it has its key: this connection's nonce, and the purpose of it. */
import { webcrypto } from 'node:crypto'
import type { SuitePlatform } from '../../worker/halo/suite/platform.js'
import { verify } from '../../worker/halo/suite/signing.js'

const platform: SuitePlatform = {
  subtle: webcrypto.subtle,
  random: (bytes) => webcrypto.getRandomValues(new Uint8Array(bytes)),
}

export const signedChallenge = (
  key: Uint8Array,
  nonce: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => verify(platform, key, 'kube-challenge', null, nonce, signature)

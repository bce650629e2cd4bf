/** What a device signs to show that it has its key: this connection's nonce, and the purpose of it. */
import { verify } from '../../worker/halo/suite/signing.js'
import { platform } from '../platform.js'

export const signedChallenge = (
  key: Uint8Array,
  nonce: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => verify(platform, key, 'kube-challenge', null, nonce, signature)

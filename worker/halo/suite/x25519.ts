/** X25519 on any 32 bytes, by WebCrypto or by @noble/curves. Only `agreement.ts` may call `share`. */
import { library } from './library.js'
import type { SuitePlatform } from './platform.js'
import type { PrivateKey } from './private-key.js'
import * as webcrypto from './webcrypto.js'

/** @throws what the implementation throws: the other key is none, or the result is zero */
export async function share(
  { subtle }: SuitePlatform,
  key: PrivateKey,
  theirs: Uint8Array,
): Promise<Uint8Array> {
  if (key.kind === 'handle') return webcrypto.agree(subtle, key.handle, theirs)
  return (await library()).x25519.getSharedSecret(key.secret, theirs)
}

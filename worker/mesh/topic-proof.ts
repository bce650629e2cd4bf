/**
 * That somebody knows the secret of the topic where a session began. Being there shows nothing, for a KUBE sees topics, and a hint shows
 * nothing of the session: it can be taken from whoever made it. This belongs to one session, and to one side of it.
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * @param hash of the handshake: whoever stands between two sessions has two
 * @param by the static key of the side that shows it: what one side has said is worthless to the other
 * @returns 32 bytes
 */
export function topicProof(secret: Uint8Array, hash: Uint8Array, by: Uint8Array): Uint8Array {
  const key = hkdf(sha256, secret, new Uint8Array(), utf8ToBytes('hearth/1/topic-proof'), 32)
  return hmac(
    sha256,
    key,
    concatBytes(
      hash,
      // defence: proof-of-this-side
      by,
    ),
  )
}

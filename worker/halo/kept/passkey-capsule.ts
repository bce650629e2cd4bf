/**
 * What leads from a passkey to the recovery words, for somebody who has nothing but the passkey: their secret, under a key that only the
 * passkey gives. A KUBE keeps it beside the personal space, and finds it by another key of the passkey's.
 *
 *   sealed = CBOR [1, salt, commitment, ciphertext of the secret]
 *
 * The passkey has signed it, so that nobody can exchange it; and the words have signed that this passkey may lead to them (the voucher),
 * so that nobody can fill the place of somebody else's. It never changes. Spec: docs/protocol/hosts.md.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { strict } from '../log/payload.js'
import { bytes, refuse } from '../log/shapes.js'
import { decrypt, encrypt, type CipherContext } from '../suite/cipher.js'
import { derive } from '../suite/derive.js'
import { KEY_BYTES, type SuitePlatform } from '../suite/platform.js'
import { signerOf, signingKeyFromSeed, verify, type Signer } from '../suite/signing.js'

const VERSION = 1
/** Bytes of a secret, and what AES-GCM adds. */
const LOCKED_BYTES = KEY_BYTES + 16

/** What a passkey can do. */
export interface Finder {
  /** Its Ed25519 key is what a KUBE finds the capsule by. */
  readonly signer: Signer
  readonly key: Uint8Array
}

export interface PasskeyCapsule {
  /** The passkey's Ed25519 key. */
  readonly finder: Uint8Array
  /** Of the personal space. */
  readonly replica: Uint8Array
  readonly sealed: Uint8Array
  readonly signature: Uint8Array
  /** The words' Ed25519 key. */
  readonly words: Uint8Array
  readonly voucher: Uint8Array
}

/** @param answer of the passkey to `PASSKEY_SALT`: 32 bytes */
export async function finderOf(platform: SuitePlatform, answer: Uint8Array): Promise<Finder> {
  const signing = await signingKeyFromSeed(platform, derive('passkey-finder', null, answer))
  return { signer: signerOf(platform, signing), key: derive('passkey-lock', null, answer) }
}

/** @param words who sign that this passkey may lead to them @param secret that they stand for: 32 bytes */
export async function makePasskeyCapsule(
  platform: SuitePlatform,
  { signer, key }: Finder,
  words: Signer,
  replica: Uint8Array,
  secret: Uint8Array,
): Promise<PasskeyCapsule> {
  const finder = signer.publicKey
  const locked = await encrypt(platform, key, contextOf(finder, replica), secret)
  const parts = [VERSION, locked.salt, locked.commitment, locked.bytes]
  const sealed = encode(parts, rfc8949EncodeOptions)
  return {
    ...{ finder, replica, sealed, signature: await signer.sign('passkey-capsule', replica, sealed) },
    ...{ words: words.publicKey, voucher: await words.sign('passkey-voucher', replica, finder) },
  }
}

/** Whether the passkey itself has signed it, for this replica. */
export const isOfPasskey = (
  platform: SuitePlatform,
  { finder, replica, sealed, signature }: PasskeyCapsule,
): Promise<boolean> => verify(platform, finder, 'passkey-capsule', replica, sealed, signature)

/** Whether the words have signed that this passkey may lead to them. */
export const isVouchedFor = (
  platform: SuitePlatform,
  { finder, replica, words, voucher }: PasskeyCapsule,
): Promise<boolean> => verify(platform, words, 'passkey-voucher', replica, finder, voucher)

/**
 * Whoever could make one that opens has the passkey: no signature says more.
 * @returns the secret that the words stand for
 * @throws HearthError `halo/refused`: it is not of this passkey, or not for this replica, or was changed
 */
export async function openPasskeyCapsule(
  platform: SuitePlatform,
  { signer, key }: Finder,
  { replica, sealed }: Pick<PasskeyCapsule, 'replica' | 'sealed'>,
): Promise<Uint8Array> {
  const parts = strict(sealed)
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== VERSION) refuse('passkey')
  const [salt, commitment] = parts.slice(1, 3).map((part) => bytes(KEY_BYTES, KEY_BYTES).read(part))
  const locked = bytes(LOCKED_BYTES, LOCKED_BYTES).read(parts[3])
  const text = { salt: salt!, commitment: commitment!, bytes: locked }
  return decrypt(platform, key, contextOf(signer.publicKey, replica), text).catch(() => refuse('passkey'))
}

const contextOf = (finder: Uint8Array, replica: Uint8Array): CipherContext => ({
  ...{ label: 'passkey-capsule', log: replica, header: finder },
})

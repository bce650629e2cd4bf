/**
 * Messages after the handshake, one cipher for each direction (Noise revision 34, §5.1). Every message has the number of
 * its call: the other side opens them in the order in which they were sealed, and in no other.
 */
import { HearthError } from '../../protocol/errors.js'
import { decrypt, encrypt, MAX_MESSAGE_BYTES, nonceOf, TAG_BYTES } from './cipher.js'

const NOTHING = new Uint8Array()

export class Sealing {
  readonly #subtle: SubtleCrypto
  readonly #key: CryptoKey
  readonly #calls = new Calls()

  /** @param key may encrypt; it was never used before, and no other Sealing has it */
  constructor(subtle: SubtleCrypto, key: CryptoKey) {
    this.#subtle = subtle
    this.#key = key
  }

  /**
   * Calls need not wait for each other; their results come in the order of the calls.
   * @param plaintext at most 65,519 bytes
   * @returns 16 bytes more
   * @throws HearthError `mesh/handshake`: it is too long, or the key has sealed 2^32 messages
   */
  seal(plaintext: Uint8Array): Promise<Uint8Array> {
    // Before it takes a number: the other side would wait for it for ever.
    if (plaintext.length > MAX_MESSAGE_BYTES - TAG_BYTES)
      return Promise.reject(new HearthError('mesh/handshake'))
    return this.#calls.next((nonce) => encrypt(this.#subtle, this.#key, nonce, NOTHING, plaintext))
  }
}

export class Opening {
  readonly #subtle: SubtleCrypto
  readonly #key: CryptoKey
  readonly #calls = new Calls()

  /** @param key may decrypt; no other Opening has it */
  constructor(subtle: SubtleCrypto, key: CryptoKey) {
    this.#subtle = subtle
    this.#key = key
  }

  /**
   * Calls need not wait for each other; their results come in the order of the calls.
   * @param ciphertext 16 to 65,535 bytes
   * @throws HearthError `mesh/handshake`: it was changed, or is not the next of those that were sealed. Nothing that
   * comes after it is opened.
   */
  open(ciphertext: Uint8Array): Promise<Uint8Array> {
    return this.#calls.next((nonce) => {
      if (ciphertext.length > MAX_MESSAGE_BYTES) throw new HearthError('mesh/handshake')
      return decrypt(this.#subtle, this.#key, nonce, NOTHING, ciphertext)
    })
  }
}

/** Numbers calls, and lets each end after those before it. One that fails fails all that come after it. */
class Calls {
  #count = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param work begins at once: what the caller does to its bytes later makes no difference */
  next(work: (nonce: Uint8Array) => Promise<Uint8Array>): Promise<Uint8Array> {
    const begun = this.#begin(work)
    // Its failure is told in its turn; until then it is not one that nobody has heard of.
    begun.catch(() => undefined)
    const ended = this.#last.then(() => begun)
    this.#last = ended
    return ended
  }

  async #begin(work: (nonce: Uint8Array) => Promise<Uint8Array>): Promise<Uint8Array> {
    return work(nonceOf(this.#count++))
  }
}

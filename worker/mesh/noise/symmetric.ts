/** What both sides of a handshake have in common at any point (Noise revision 34, §5.2): a chaining key and a hash. */
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { decrypt, encrypt, importKey, nonceOf } from './cipher.js'

const HASH_BYTES = 32

export class Symmetric {
  readonly #subtle: SubtleCrypto
  #chaining: Uint8Array
  #hash: Uint8Array
  /** Without one, what is to be encrypted stays as it is. */
  #key: Uint8Array | undefined
  #count = 0

  /** @param name of the protocol: at most 32 bytes, or it would have to be hashed */
  constructor(subtle: SubtleCrypto, name: string) {
    this.#subtle = subtle
    this.#hash = new Uint8Array(HASH_BYTES)
    this.#hash.set(utf8ToBytes(name))
    this.#chaining = this.#hash.slice()
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  get hasKey(): boolean {
    return this.#key !== undefined
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(concatBytes(this.#hash, data))
  }

  mixKey(material: Uint8Array): void {
    const [chaining, key] = this.#derive(material, 2)
    this.#chaining = chaining!
    this.#rekey(key!)
  }

  mixKeyAndHash(material: Uint8Array): void {
    const [chaining, data, key] = this.#derive(material, 3)
    this.#chaining = chaining!
    this.mixHash(data!)
    this.#rekey(key!)
  }

  async encryptAndHash(plaintext: Uint8Array): Promise<Uint8Array> {
    const ciphertext = await this.#crypt(encrypt, 'encrypt', plaintext)
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** @throws HearthError `mesh/handshake`: something is not the same on both sides */
  async decryptAndHash(ciphertext: Uint8Array): Promise<Uint8Array> {
    const plaintext = await this.#crypt(decrypt, 'decrypt', ciphertext)
    this.mixHash(ciphertext)
    return plaintext
  }

  /** Overwrites what the session's keys could be made from again. */
  forget(): void {
    this.#chaining.fill(0)
    this.#key?.fill(0)
  }

  /** The keys for what the initiator sends, and for what the responder sends. */
  split(): readonly [Uint8Array, Uint8Array] {
    const [initiators, responders] = this.#derive(new Uint8Array(), 2)
    return [initiators!, responders!]
  }

  async #crypt(crypt: typeof encrypt, usage: 'encrypt' | 'decrypt', text: Uint8Array): Promise<Uint8Array> {
    if (!this.#key) return text
    const handle = await importKey(this.#subtle, this.#key, usage)
    return crypt(this.#subtle, handle, nonceOf(this.#count++), this.#hash, text)
  }

  #rekey(key: Uint8Array): void {
    this.#key = key
    this.#count = 0
  }

  #derive(material: Uint8Array, outputs: number): Uint8Array[] {
    const all = hkdf(sha256, material, this.#chaining, undefined, outputs * HASH_BYTES)
    return Array.from({ length: outputs }, (_, i) => all.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES))
  }
}

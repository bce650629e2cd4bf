/**
 * What the suite needs of the world around it. The same code runs in a SharedWorker, in Node, and in a simulation that
 * is replayed from its seed.
 */
export interface SuitePlatform {
  readonly subtle: SubtleCrypto
  /** So many bytes that nobody can guess. */
  random(bytes: number): Uint8Array
  /**
   * Who computes on Ed25519 and X25519; without it, WebCrypto does if it can. A simulation says `noble`: WebCrypto
   * makes keys from a randomness of its own, which no seed can replay.
   */
  readonly curves?: 'webcrypto' | 'noble'
}

/** Lengths in bytes, of every curve's and of AES-256's keys alike. */
export const KEY_BYTES = 32
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

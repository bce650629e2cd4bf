/**
 * The frame of what Automerge writes: magic (4 bytes), checksum (4), kind (1), length (unsigned LEB128), content.
 * The checksum is the beginning of the chunk's hash: SHA-256 over kind, length and content.
 */
import { Reader } from './reader.js'

const MAGIC = [0x85, 0x6f, 0x4a, 0x83]
/** What a hash is made of begins here. */
export const HASHED_FROM = 8

/** Kinds of chunks. */
export const CHANGE = 1
export const DEFLATED_CHANGE = 2

export interface Chunk {
  readonly kind: number
  readonly content: Uint8Array
  /** Where the next chunk begins. */
  readonly end: number
}

/** @throws RangeError where the chunk is cut off, or is not one. Its checksum is not looked at. */
export function readChunk(bytes: Uint8Array, start = 0): Chunk {
  if (MAGIC.some((byte, i) => bytes[start + i] !== byte)) throw new RangeError('not a chunk')
  const reader = new Reader(bytes, start + HASHED_FROM)
  const kind = reader.byte()
  const content = reader.take(reader.unsigned())
  return { kind, content, end: reader.at }
}

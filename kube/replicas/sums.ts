/** A sum behind each value on the disk, over its key as well: LMDB has none, and gives back whatever is there. */
import { createHash } from 'node:crypto'
import type { Key } from 'lmdb'
import { sameBytes } from '../../worker/protocol/same-bytes.js'

const SUM_BYTES = 8

export function withSum(key: Key, value: Uint8Array): Uint8Array {
  const all = new Uint8Array(value.length + SUM_BYTES)
  all.set(value)
  all.set(sumOf(key, value), value.length)
  return all
}

/** @returns undefined if it is not what was written there */
export function withoutSum(key: Key, all: Uint8Array): Uint8Array | undefined {
  if (all.length < SUM_BYTES) return undefined
  const value = new Uint8Array(all.subarray(0, -SUM_BYTES))
  return sameBytes(sumOf(key, value), all.subarray(-SUM_BYTES)) ? value : undefined
}

/** Bytes of the value, whatever is there. */
export const lengthWithoutSum = (all: Uint8Array | undefined): number =>
  Math.max(0, (all?.length ?? 0) - SUM_BYTES)

const sumOf = (key: Key, value: Uint8Array): Uint8Array =>
  createHash('sha256').update(JSON.stringify(key)).update(value).digest().subarray(0, SUM_BYTES)

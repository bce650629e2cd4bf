/**
 * A sum behind each value on the disk, over its key as well: LMDB has none, and gives back whatever is there. Plain JavaScript, for the thread
 * that writes.
 */
import { createHash } from 'node:crypto'

export const SUM_BYTES = 8

/** @param all the value, and room for the sum behind it */
export function putSum(key, all) {
  const value = all.subarray(0, -SUM_BYTES)
  all.set(sumOf(key, value), value.length)
}

export function withSum(key, value) {
  const all = new Uint8Array(value.length + SUM_BYTES)
  all.set(value)
  putSum(key, all)
  return all
}

/** @returns undefined if it is not what was written there */
export function withoutSum(key, all) {
  if (all.length < SUM_BYTES) return undefined
  const value = new Uint8Array(all.subarray(0, -SUM_BYTES))
  return sumOf(key, value).equals(all.subarray(-SUM_BYTES)) ? value : undefined
}

/** Bytes of the value, whatever is there. */
export const lengthWithoutSum = (all) => Math.max(0, (all?.length ?? 0) - SUM_BYTES)

const sumOf = (key, value) =>
  createHash('sha256').update(JSON.stringify(key)).update(value).digest().subarray(0, SUM_BYTES)

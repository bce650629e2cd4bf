/** Strings in a row of which each begins where the one before ends, and nowhere else (draft-irtf-cfrg-cpace-21, “String utility functions”). */
import { concatBytes } from '@noble/hashes/utils.js'

/** `lv_cat`: each string after its length. */
export const lengthValues = (...strings: readonly Uint8Array[]): Uint8Array =>
  concatBytes(...strings.flatMap((string) => [lengthOf(string), string]))

/** `prepend_len`: LEB128, seven bits a byte, the lowest first. */
export const withLength = (string: Uint8Array): Uint8Array => concatBytes(lengthOf(string), string)

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes: number[] = []
  let rest = length
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Uint8Array.of(...bytes, rest)
}

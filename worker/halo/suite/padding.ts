/**
 * Bodies are padded before they are encrypted, so that a host learns little from their sizes: Padmé (Nikitin et al.,
 * "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs") leaves log log n bits of a size n at a
 * cost of at most 12 %. Below a floor all are alike: one key pressed, one box ticked.
 *
 *   padded = content ‖ 0x80 ‖ zeros
 *
 * Each content has one padded form, and nothing else is taken: the padding is no place to hide bytes in.
 */
import { HearthError } from '../../protocol/errors.js'

/** The smallest size of a padded body, in bytes. */
export const PADDED_LEAST = 128

const END = 0x80

export function pad(content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(content.length + 1))
  padded.set(content)
  padded[content.length] = END
  return padded
}

/** @throws HearthError `halo/unreadable`: not what `pad` makes */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1
  while (padded[end] === 0) end--
  // defence: padding-end
  if (padded[end] !== END) throw new HearthError('halo/unreadable')
  // defence: padded-length
  if (padded.length !== paddedLength(end + 1)) throw new HearthError('halo/unreadable')
  return padded.slice(0, end)
}

/** Of the binary digits of a length, only so many stay as the number of digits has digits itself. */
function paddedLength(length: number): number {
  if (length <= PADDED_LEAST) return PADDED_LEAST
  const exponent = 31 - Math.clz32(length)
  const kept = 32 - Math.clz32(exponent)
  const unit = 2 ** (exponent - kept)
  return Math.ceil(length / unit) * unit
}

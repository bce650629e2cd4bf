/** Compression of entries, and decompression that stops where it was told to, however little it was given. */
import { deflateSync, Inflate, inflateSync } from 'fflate'

/** Little is not worth it: padding makes it as large again. */
const LEAST = 96
const STORED = 0
const DEFLATED = 1
/** Deflate makes at most so many bytes of one. */
const MOST_OF_ONE = 1032
/** The least that is looked at before what came of it is counted: each look copies a window of 32 KiB. */
const LEAST_STEP = 1024
/** What nearly all entries fit into, inflated and not: those are inflated in one go, into memory that is there. */
const ROOM = 1 << 20
const AT_ONCE = 96 << 10
/** In between: an entry is compressed while a commit waits. */
const LEVEL = 4

/** One byte that says how, and the bytes. */
export function compress(content: Uint8Array): Uint8Array {
  const packed = content.length < LEAST ? content : deflateSync(content, { level: LEVEL })
  const isSmaller = packed.length < content.length
  const body = isSmaller ? packed : content
  const all = new Uint8Array(1 + body.length)
  all[0] = isSmaller ? DEFLATED : STORED
  all.set(body, 1)
  return all
}

/** @throws Error if it is not what `compress` makes, or of more than so many bytes */
export function decompress(all: Uint8Array, most: number): Uint8Array {
  const body = all.subarray(1)
  if (all[0] === STORED && body.length <= most) return body
  if (all[0] !== DEFLATED) throw new Error('neither stored nor deflated, or too large')
  const whole = atOnce(body)
  if (whole && whole.length <= most) return whole
  const parts: Uint8Array[] = []
  let length = 0
  const inflate = new Inflate((part) => {
    length += part.length
    // defence: inflated-in-bounds
    if (length > most) throw new Error('too large when inflated')
    parts.push(part)
  })
  for (let at = 0; at < body.length;) {
    // As much as cannot make too many, so that what is too large costs no more memory than what is allowed.
    const end = at + Math.max(LEAST_STEP, Math.floor((most - length) / MOST_OF_ONE))
    inflate.push(body.subarray(at, end), end >= body.length)
    at = end
  }
  return joined(parts, length)
}

let room: Uint8Array | undefined

/**
 * Step by step, the library takes 160 KiB of new memory for each entry, of which collecting it costs more than inflating.
 * @returns undefined for what does not fit, or cannot be read: then each step is looked at
 */
function atOnce(body: Uint8Array): Uint8Array | undefined {
  if (body.length > AT_ONCE) return undefined
  room ??= new Uint8Array(ROOM)
  try {
    // What does not fit is not kept, and the room is full then.
    const whole = inflateSync(body, { out: room })
    return whole.length < ROOM ? whole.slice() : undefined
  } catch {
    return undefined
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

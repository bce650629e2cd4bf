/** Compression of entries, and decompression that stops where it was told to, however little it was given. */
import { deflateSync, Inflate } from 'fflate'

/** Little is not worth it: padding makes it as large again. */
const LEAST = 96
const STORED = 0
const DEFLATED = 1
/** Deflate makes at most 1,032 bytes of one: so many are looked at before what came of them is counted. */
const STEP = 1024
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
  const parts: Uint8Array[] = []
  let length = 0
  const inflate = new Inflate((part) => {
    length += part.length
    if (length > most) throw new Error('too large when inflated')
    parts.push(part)
  })
  for (let at = 0; at < body.length; at += STEP)
    inflate.push(body.subarray(at, at + STEP), at + STEP >= body.length)
  const content = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    content.set(part, at)
    at += part.length
  }
  return content
}

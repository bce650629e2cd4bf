/**
 * Content encoding: which one a client accepts, and the bytes in it. Compressing happens once for each content,
 * off the main thread; `cached-files.ts` keeps the result.
 */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Encoding = 'br' | 'gzip' | 'identity'

/** Smaller than a packet: compressing gains nothing. */
export const smallestToCompressBytes = 1024

/** From here on brotli's best setting takes seconds (the 3.6 MB of Automerge: 8 s; 0.4 s and 15 % more at 9). */
export const largeBytes = 512 * 1024

/**
 * The best encoding of `Accept-Encoding`, brotli first.
 * @param header as received; absent means that the client names none, so it gets none
 */
export function chooseEncoding(header: string | undefined): Encoding {
  const quality = new Map<string, number>()
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    quality.set(name, q === undefined ? 1 : Number(q.slice(2)) || 0)
  }
  const accepts = (name: string) => (quality.get(name) ?? quality.get('*') ?? 0) > 0
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : 'identity'
}

export async function compress(bytes: Buffer, encoding: Exclude<Encoding, 'identity'>): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(bytes, { level: 6 })
  return promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes.length < largeBytes ? 11 : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
}

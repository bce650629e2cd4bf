/**
 * Files in memory, with what is worked out from their bytes: tag, policy of a page, compressed forms. A file is
 * read again as soon as its stamp on disk changes, so an edited page shows on the next reload.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { chooseEncoding, compress, smallestToCompressBytes, type Encoding } from './compression.js'
import { contentType, isCompressible, isHtml } from './content-types.js'
import { readPage, type Page } from './page.js'
import type { Found } from './paths.js'

/** Files larger than this are read for each request and sent as they are, so that no folder can fill the memory. */
const largestKeptBytes = 8 * 1024 * 1024
/** Together; the one longest unused goes first. Compressed forms add at most as much again. */
const keptBytes = 64 * 1024 * 1024
/** A stamp can hide an edit made in the same clock tick, so what changed just now is not trusted to its stamp. */
const settledMs = 2000

export interface CachedFile {
  readonly bytes: Buffer
  readonly type: string
  /** Of the content, 22 characters, without quotes. */
  readonly tag: string
  /** Of HTML only. */
  readonly page?: Page
  /** The body for this client, and what it is encoded as. */
  encoded(acceptEncoding: string | undefined): Promise<{ encoding: Encoding; body: Buffer }>
}

export class CachedFiles {
  readonly #kept = new Map<string, { stamp: string; file: CachedFile }>()
  #size = 0

  async read({ path, stats }: Found): Promise<CachedFile> {
    const stamp = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join()
    const kept = this.#kept.get(path)
    if (kept) this.#forget(path)
    if (kept?.stamp === stamp) {
      this.#keep(path, kept)
      return kept.file
    }
    const file = makeFile(path, await readFile(path))
    const settled = Date.now() - Number(stats.ctimeMs) > settledMs
    if (settled && file.bytes.length <= largestKeptBytes) this.#keep(path, { stamp, file })
    return file
  }

  #keep(path: string, entry: { stamp: string; file: CachedFile }): void {
    // A slower read of the same file may have come between.
    this.#forget(path)
    this.#kept.set(path, entry)
    this.#size += entry.file.bytes.length
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= keptBytes) break
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    const entry = this.#kept.get(path)
    if (!entry) return
    this.#kept.delete(path)
    this.#size -= entry.file.bytes.length
  }
}

/** @param path gives the type; nothing is read */
export function makeFile(path: string, bytes: Buffer): CachedFile {
  const type = contentType(path)
  const worthIt =
    isCompressible(type) && bytes.length >= smallestToCompressBytes && bytes.length <= largestKeptBytes
  const compressed = new Map<Encoding, Promise<Buffer>>()
  return {
    bytes,
    type,
    tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    ...(isHtml(type) && { page: readPage(bytes.toString('utf8')) }),
    async encoded(acceptEncoding) {
      const encoding = worthIt ? chooseEncoding(acceptEncoding) : 'identity'
      if (encoding === 'identity') return { encoding, body: bytes }
      const started = compressed.get(encoding) ?? compress(bytes, encoding)
      compressed.set(encoding, started)
      return { encoding, body: await started }
    },
  }
}

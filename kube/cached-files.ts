/**
 * Files in memory, with what is worked out from their bytes: tag, policy of a page, compressed forms. A file is
 * read again as soon as its stamp on disk changes, so an edited page shows on the next reload.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  chooseEncoding,
  compress,
  largeBytes,
  smallestToCompressBytes,
  type Encoding,
} from './compression.js'
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

interface Kept {
  readonly stamp: string
  /** Whether the same stamp means the same content. */
  readonly settled: boolean
  readonly file: CachedFile
}

export class CachedFiles {
  readonly #kept = new Map<string, Kept>()
  #size = 0

  async read({ path, stats }: Found): Promise<CachedFile> {
    const stamp = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join()
    const settled = Date.now() - Number(stats.ctimeMs) > settledMs
    const kept = this.#kept.get(path)
    if (kept?.settled && kept.stamp === stamp) {
      this.#keep(path, kept)
      return kept.file
    }
    const bytes = await readFile(path)
    // The same content again keeps its compressed forms.
    const file = kept?.file.tag === tagOf(bytes) ? kept.file : makeFile(path, bytes)
    if (bytes.length <= largestKeptBytes) this.#keep(path, { stamp, settled, file })
    return file
  }

  #keep(path: string, entry: Kept): void {
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
  const ready = new Set<Encoding>()
  return {
    bytes,
    type,
    tag: tagOf(bytes),
    ...(isHtml(type) && { page: readPage(bytes.toString('utf8')) }),
    async encoded(acceptEncoding) {
      const encoding = worthIt ? chooseEncoding(acceptEncoding) : 'identity'
      if (encoding === 'identity') return { encoding, body: bytes }
      let started = compressed.get(encoding)
      if (!started) {
        started = compress(bytes, encoding)
        compressed.set(encoding, started)
        started.then(
          () => ready.add(encoding),
          () => compressed.delete(encoding),
        )
      }
      // Whoever comes first would wait longer for the compressing than for the bytes.
      if (bytes.length >= largeBytes && !ready.has(encoding)) return { encoding: 'identity', body: bytes }
      return { encoding, body: await started }
    },
  }
}

const tagOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url').slice(0, 22)

/**
 * What KUBE keeps on the disk, in one LMDB environment: of each replica a record, its log and its feeds, all of it ciphertext. What is written
 * together is there together, and when `write` resolves it will survive a lost power supply.
 */
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { open, type Key, type RootDatabase } from 'lmdb'
import { HearthError } from '../../worker/protocol/errors.js'
import { KubeError, kubeError } from '../errors.js'
import { CommitFailed, Committing } from './committing.js'
import { lockFolder } from './lock.js'
import type { Found, Row, Rows } from './rows.js'
import { lengthWithoutSum, withoutSum, withSum } from './sums.mjs'
import { ensureSound, hasRun, noteClosed, setAside } from './soundness.js'

/** Where, in the folder of a server. */
export const replicasIn = (data: string): string => join(data, 'replicas')

/** Rows, while nobody else changes any. */
export interface Table {
  get(key: Key): Uint8Array | undefined
  put(key: Key, value: Uint8Array): void
  remove(key: Key): void
}

export interface Opening {
  /** Told how long a write took until it was durable, in milliseconds. */
  readonly wrote?: (ms: number) => void
  /** Beside a server that may have it open: for who counts nothing. */
  readonly isShared?: boolean
}

/** More than anybody should keep on one machine; LMDB takes of the disk only what it needs. */
const MOST_BYTES = 1024 ** 4
const VERSION_KEY = ['v']
/** 1 had no sums. */
const VERSION = 2
/** With less room than this on the disk, a write that failed has failed for want of it, in bytes. */
const NO_ROOM = 1 << 20
const ENOSPC = 28
/** A server that has run for so long was not ended by what it began with, in milliseconds. */
const SETTLED_MS = 60_000
/** LMDB says that this is no store of its, or a damaged one. */
const isDamage = (code: unknown): boolean => typeof code === 'number' && code <= -30793 && code >= -30797

export class Database implements Rows {
  readonly #db: RootDatabase<Uint8Array, Key>
  readonly #commits: Committing
  readonly #unlock: () => void
  readonly #wrote: (ms: number) => void
  readonly #isShared: boolean
  readonly #cancel: NodeJS.Timeout | undefined
  #isOpen = true
  /** Where what was here is now, if that could not be opened: absolute path of a file. */
  readonly aside: string | undefined

  /** @throws KubeError `kube/store`, `kube/store-newer`, `kube/store-busy` */
  constructor(
    private readonly path: string,
    { wrote = () => undefined, isShared = false }: Opening = {},
  ) {
    this.#wrote = wrote
    this.#isShared = isShared
    this.#unlock = isShared ? () => undefined : lock(path)
    try {
      const aside = isShared ? undefined : ensureSound(path)
      const opened: Opened = isShared ? { db: openAt(path) } : openOrBegin(path)
      this.#db = opened.db
      this.aside = aside ?? opened.aside
      // What is read from now on is what is there now.
      this.#commits = new Committing(optionsAt(path), () => this.#db.resetReadTxn())
      this.#cancel = isShared ? undefined : setTimeout(() => hasRun(path), SETTLED_MS).unref()
    } catch (cause) {
      this.#unlock()
      throw cause instanceof KubeError
        ? cause
        : kubeError('kube/store', { path, reason: (cause as Error).message })
    }
  }

  get(key: Key): Uint8Array | undefined {
    const value = this.#reading(() => this.#db.get(key))
    return value && withoutSum(key, value)
  }

  rows(under: readonly Key[]): Found[] {
    return this.#reading(() => [...this.#range(under)])
  }

  keys(under: readonly Key[], before?: number, most?: number): Key[][] {
    return this.#reading(() => {
      const end = before === undefined ? Uint8Array.of(0xff) : before
      const range = {
        start: [...under],
        end: [...under, end] as Key,
        ...(most !== undefined && { limit: most }),
      }
      return [...this.#db.getKeys(range)] as Key[][]
    })
  }

  bytesAt(key: Key): number {
    return this.#reading(() => lengthWithoutSum(this.#db.get(key)))
  }

  portion(under: readonly Key[], after: number, bytes: number): Found[] {
    return this.#reading(() => {
      const found: Found[] = []
      let left = bytes
      for (const row of this.#range(under, after)) {
        left -= row.value.length
        if (left < 0 && found.length > 0) break
        found.push(row)
      }
      return found
    })
  }

  async write(puts: readonly Row[], deletes: readonly Key[] = []): Promise<void> {
    this.#stillOpen()
    const since = performance.now()
    try {
      await this.#commits.write(puts, deletes)
      this.#wrote(performance.now() - since)
    } catch (e) {
      const { message, code } = e as CommitFailed
      if (code === ENOSPC || freeAt(this.path) < NO_ROOM) throw new HearthError('store/quota')
      throw new HearthError('store/failed', { reason: message })
    }
  }

  /** What stands on what was read just before, also by another process; durable when it resolves. */
  async update<T>(run: (table: Table) => T): Promise<T> {
    this.#stillOpen()
    return this.#db.transaction(() =>
      run({
        get: (key) => this.get(key),
        put: (key, value) => void this.#db.putSync(key, withSum(key, value)),
        remove: (key) => void this.#db.removeSync(key),
      }),
    )
  }

  /** All of it, as it is now, into a folder that is there, while others write. */
  copyTo(folder: string): Promise<void> {
    return this.#db.backup(folder, false)
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#commits.close()
    await this.#db.close()
    clearTimeout(this.#cancel)
    if (!this.#isShared) noteClosed(this.path)
    this.#unlock()
  }

  *#range(under: readonly Key[], after?: number): Generator<Found> {
    const range = this.#db.getRange({
      start: after === undefined ? [...under] : [...under, after + 1],
      // After every number and text there is.
      end: [...under, Uint8Array.of(0xff)] as Key,
    })
    for (const { key, value: all } of range) {
      const value = withoutSum(key, all)
      if (value) yield { key: key as Key[], value }
    }
  }

  #reading<T>(read: () => T): T {
    this.#stillOpen()
    try {
      return read()
    } catch (e) {
      throw new HearthError('store/failed', { reason: (e as Error).message })
    }
  }

  /** Of sessions that have just ended, somebody may still be reading: LMDB takes that ill. */
  #stillOpen(): void {
    if (!this.#isOpen) throw new HearthError('store/unavailable')
  }
}

/** Bytes that may still be written there. */
function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

function lock(path: string): () => void {
  let unlock: (() => void) | undefined
  try {
    mkdirSync(path, { recursive: true })
    unlock = lockFolder(path)
  } catch (cause) {
    throw kubeError('kube/store', { path, reason: (cause as Error).message })
  }
  if (!unlock) throw kubeError('kube/store-busy', { path })
  return unlock
}

// Without overlapping, a commit is on the disk when it is said to be.
const optionsAt = (path: string) =>
  ({ path, encoding: 'binary', overlappingSync: false, mapSize: MOST_BYTES, maxReaders: 16 }) as const

/** An older layout: what is in it, devices have, too. */
class OtherLayout extends Error {}

interface Opened {
  readonly db: RootDatabase<Uint8Array, Key>
  readonly aside?: string
}

function openOrBegin(path: string): Opened {
  try {
    return { db: openAt(path) }
  } catch (cause) {
    if (!(cause instanceof OtherLayout) && !isDamage((cause as { code?: unknown }).code)) throw cause
    const aside = setAside(path)
    return { db: openAt(path), aside }
  }
}

/** @throws KubeError `kube/store-newer`; Error of LMDB */
function openAt(path: string): RootDatabase<Uint8Array, Key> {
  const db: RootDatabase<Uint8Array, Key> = open(optionsAt(path))
  const version = db.get(VERSION_KEY)?.[0]
  if (version !== undefined && version < VERSION) {
    void db.close()
    throw new OtherLayout(`layout ${version}`)
  }
  if (version === undefined) db.putSync(VERSION_KEY, Uint8Array.of(VERSION))
  else if (version > VERSION) {
    void db.close()
    throw kubeError('kube/store-newer', { path, theirs: version, ours: VERSION })
  }
  return db
}

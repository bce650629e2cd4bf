/**
 * The store on IndexedDB: one database, one version, records of named tables. Every batch of writes is one
 * transaction, acknowledged on its `complete` event, with the durability that was asked for (Chromium's
 * default has been relaxed since version 121, so `strict` is always named).
 */
import { deleteDB, openDB, unwrap, type IDBPDatabase } from 'idb'
import { BALLAST, rotateLog } from './leveldb-log.js'
import { TABLES, type Key, type Store, type Table, type Write } from '../store.js'
import { HearthError, toHearthError } from '../protocol/errors.js'

const NAME = 'hearth'
/** 1: the first; 2: keys and membership logs; 3: a row of `touched` may name several entries, and `entries` hold branches; 4: checkpoints. */
export const SCHEMA = 4
/** The longest wait for another connection to let go of the database, in milliseconds. */
const OPEN_MS = 10_000

export interface StoreOptions {
  readonly name?: string
  /** Who opens the store now: of those who gave one, only the last one can write. */
  readonly fence?: string
  /** Another one has: nothing was written, and the write that found it out never ends. */
  readonly passedOver?: () => void
}
/** Key in `meta`. */
const FENCE = 'fence'

/** @throws HearthError `store/unavailable`, `store/newer` */
export async function openIndexedDbStore(options: StoreOptions = {}): Promise<Store> {
  const { name = NAME, fence } = options
  const made: Made = { fresh: false }
  const db = await open(name, made)
  const store = new IndexedDbStore(name, db, made, options)
  if (fence) await store.raise(fence)
  return store
}

/** How the database came to be, where it was made just now. */
interface Made {
  fresh: boolean
  /** The browser's words, if it threw away another one for it. */
  lost?: string
}

/** Chromium replaces a database that it cannot read by an empty one, and says so only here. */
interface MaybeDataLoss {
  readonly dataLoss?: 'none' | 'total'
  readonly dataLossMessage?: string
}

async function open(name: string, made: Made): Promise<IDBPDatabase> {
  try {
    const opening = openDB(name, SCHEMA, {
      upgrade(db, _old, _new, _tx, event) {
        const { dataLoss, dataLossMessage } = event as MaybeDataLoss
        made.fresh = true
        if (dataLoss === 'total') made.lost = dataLossMessage ?? 'no reason given'
        for (const table of [...TABLES, BALLAST])
          if (!db.objectStoreNames.contains(table)) db.createObjectStore(table)
      },
    })
    let timer: ReturnType<typeof setTimeout>
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not open in time')), OPEN_MS)
    })
    return await Promise.race([opening, late]).finally(() => clearTimeout(timer))
  } catch (e) {
    if ((e as DOMException)?.name === 'VersionError')
      throw new HearthError('store/newer', { theirs: 'unknown' })
    throw toHearthError(e, 'store/unavailable')
  }
}

const range = (under: readonly (string | number)[], after?: number, upTo?: number) =>
  IDBKeyRange.bound(
    after === undefined ? [...under] : [...under, after],
    // A list sorts after every number and string, so this is past every key that begins with `under`.
    upTo === undefined ? [...under, []] : [...under, upTo],
    after !== undefined,
  )

class IndexedDbStore implements Store {
  readonly lost: string | undefined
  private gone: (() => void) | undefined
  /** Nothing is written before this has been done once. */
  private rotated: Promise<void> | undefined

  constructor(
    private readonly name: string,
    private readonly db: IDBPDatabase,
    { fresh, lost }: Made,
    private readonly options: StoreOptions,
  ) {
    this.lost = lost
    // A new database lies on a new log.
    if (fresh) this.rotated = Promise.resolve()
    // Another connection deletes or upgrades: let go, or it waits for ever.
    db.addEventListener('versionchange', () => this.lose())
    // The browser has closed it: the user cleared what is stored, or the connection broke.
    db.addEventListener('close', () => this.lose())
  }

  onGone(run: () => void): void {
    this.gone = run
  }

  /** From here on nobody else writes. */
  async raise(fence: string): Promise<void> {
    await (this.rotated ??= rotateLog(this.db))
    await this.db.put('meta', fence, FENCE)
  }

  private lose(): void {
    this.db.close()
    this.gone?.()
  }

  async get<T>(table: Table, key: Key): Promise<T | undefined> {
    return this.reading(() => this.db.get(table, key as IDBValidKey))
  }

  async rows<T>(table: Table, under?: readonly (string | number)[], after?: number, most?: number) {
    return this.reading(async () => {
      const tx = this.db.transaction(table, 'readonly')
      const keys = under && range(under, after)
      const [found, values] = await Promise.all([
        tx.store.getAllKeys(keys, most),
        tx.store.getAll(keys, most),
      ])
      return found.map((key, i) => ({ key: key as Key, value: values[i] as T }))
    })
  }

  async write(writes: readonly Write[], durability: 'strict' | 'relaxed'): Promise<void> {
    if (writes.length === 0) return
    await (this.rotated ??= rotateLog(this.db))
    const { fence, passedOver } = this.options
    let passed = false
    try {
      const tables = new Set(writes.map((w) => w.table))
      if (fence) tables.add('meta')
      const tx = this.db.transaction([...tables], 'readwrite', { durability })
      try {
        if (fence)
          // Requests of a transaction are answered in order: nothing of it is done before this is known.
          void tx
            .objectStore('meta')
            .get(FENCE)
            .then(
              (last) => {
                passed = last !== fence
                if (passed) tx.abort()
              },
              () => undefined,
            )
        for (const w of writes) put(unwrap(tx.objectStore(w.table)), w)
        // Or it would go to the browser's process and back once more before it is committed.
        if (!fence) tx.commit()
      } catch (e) {
        // A value that cannot be cloned throws here; what was put before it must not be committed.
        tx.done.catch(() => undefined)
        tx.abort()
        throw e
      }
      await tx.done
    } catch (e) {
      if (passed) {
        passedOver?.()
        return new Promise(() => undefined)
      }
      const error = writeError(e)
      if (error.code !== 'store/quota') await this.check()
      throw error
    }
  }

  close(): void {
    this.db.close()
  }

  /**
   * The event that tells of a lost connection may come after the failures that it causes: whoever is told of one of
   * these has been told first that the store is gone, if it is.
   */
  private async check(): Promise<void> {
    try {
      await this.db.get('meta', FENCE)
    } catch {
      this.lose()
    }
  }

  async erase(): Promise<void> {
    this.db.close()
    await deleteDB(this.name)
  }

  private async reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (e) {
      await this.check()
      throw toHearthError(e, 'store/unavailable')
    }
  }
}

/**
 * Failures of single requests abort the transaction, which reports them once, when it is done: so nobody listens to a
 * request, and a promise for each would cost a commit as much again.
 */
function put(table: IDBObjectStore, write: Write): void {
  if ('put' in write) table.put(write.put, write.key as IDBValidKey)
  else table.delete('key' in write ? (write.key as IDBValidKey) : range(write.under, undefined, write.upTo))
}

function writeError(e: unknown): HearthError {
  const name = (e as DOMException)?.name
  if (name === 'QuotaExceededError' || (name === 'AbortError' && /quota/i.test(String(e))))
    return new HearthError('store/quota')
  return toHearthError(e)
}

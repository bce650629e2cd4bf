/**
 * A disk in memory, for simulations. What was written strictly survives a crash; what was written relaxed survives
 * it only if something strict came after it, as with a real write-ahead log. It can run full, and damage rows.
 */
import { TABLES, type Key, type Store, type Table, type Write } from '../../worker/store.js'
import { HearthError } from '../../worker/protocol/errors.js'

type Rows = Map<Table, Map<string, { key: Key; value: unknown }>>

export interface DiskOptions {
  /** Waits as a disk would; a simulation gives its own turns. @param key of the row that is read, if it is one */
  readonly wait?: (table?: Table, key?: Key) => Promise<void>
  /** The fault that the durability test must notice: everything is written as if it were relaxed. */
  readonly ignoreStrict?: boolean
}

export class Disk {
  /** Writes so far, by durability. */
  readonly writes = { strict: 0, relaxed: 0 }
  full = false
  /** As Chromium says when it has replaced a database that it could not read. */
  lost: string | undefined
  private synced: Rows = emptyRows()
  private cached: Rows = emptyRows()
  private life = 0
  /** Strict writes until the power is lost. */
  private left = Infinity
  /** Writes until it is full. */
  private room = Infinity

  constructor(private readonly options: DiskOptions = {}) {}

  /** Power is lost: open stores never answer again, and what was not synced is gone. */
  crash(): void {
    this.life++
    this.cached = copyRows(this.synced)
  }

  /** Power is lost as soon as so many more strict writes have completed. */
  crashAfter(writes: number): void {
    this.left = writes
  }

  /** It is full as soon as so many more writes have completed. */
  fullAfter(writes: number): void {
    this.room = writes
  }

  /** Whether power was lost as was asked for. */
  get hasCrashed(): boolean {
    return this.left === 0
  }

  /** Another disk with the same on it. */
  copy(): Disk {
    const disk = new Disk(this.options)
    disk.cached = copyRows(this.cached)
    disk.synced = copyRows(this.synced)
    return disk
  }

  /** A store on what is there now. */
  open(): Store {
    const life = this.life
    const alive = async (table?: Table, key?: Key) => {
      await this.options.wait?.(table, key)
      if (life !== this.life) await new Promise(() => undefined)
    }
    const lost = this.lost
    this.lost = undefined
    return {
      lost,
      get: async <T>(table: Table, key: Key) => {
        await alive(table, key)
        return structuredClone(this.cached.get(table)!.get(text(key))?.value) as T | undefined
      },
      rows: async <T>(table: Table, under?: readonly (string | number)[], after?: number, most?: number) => {
        await alive()
        return this.select(table, under, after)
          .slice(0, most)
          .map(({ key, value }) => ({
            key,
            value: structuredClone(value) as T,
          }))
      },
      write: async (writes, durability) => {
        // Values are taken when the transaction is asked for, as IndexedDB does.
        const taken = structuredClone(writes) as readonly Write[]
        await alive()
        if (this.full) throw new HearthError('store/quota')
        for (const write of taken) this.apply(write)
        this.writes[durability]++
        if (durability === 'strict' && !this.options.ignoreStrict) this.synced = copyRows(this.cached)
        if (--this.room === 0) this.full = true
        if (durability === 'strict' && --this.left === 0) this.crash()
        await alive()
      },
      onGone: () => undefined,
      close: () => undefined,
      erase: async () => {
        this.cached = emptyRows()
        this.synced = emptyRows()
      },
    }
  }

  /** Replaces a row by something else, behind everybody's back. */
  damage(table: Table, under: readonly (string | number)[], value: unknown): void {
    for (const { key } of this.select(table, under)) this.cached.get(table)!.set(text(key), { key, value })
    this.synced = copyRows(this.cached)
  }

  private apply(write: Write): void {
    const table = this.cached.get(write.table)!
    if ('put' in write) table.set(text(write.key), { key: write.key, value: write.put })
    else if ('delete' in write) table.delete(text(write.key))
    else
      for (const { key } of this.select(write.table, write.under))
        if (write.upTo === undefined || (key.at(write.under.length) as number) <= write.upTo)
          table.delete(text(key))
  }

  private select(table: Table, under: readonly (string | number)[] = [], after?: number) {
    return [...this.cached.get(table)!.values()]
      .filter(({ key }) => under.every((part, i) => key[i] === part))
      .filter(({ key }) => after === undefined || (key[under.length] as number) > after)
      .sort((a, b) => compare(a.key, b.key))
  }
}

const text = (key: Key) => JSON.stringify(key)
const emptyRows = (): Rows => new Map(TABLES.map((table) => [table, new Map()]))
/** Rows are replaced, never changed, so that copying the maps is enough. */
const copyRows = (rows: Rows): Rows => new Map([...rows].map(([table, map]) => [table, new Map(map)]))

/** IndexedDB's order: numbers before strings before lists. */
function compare(a: Key | number, b: Key | number): number {
  const rank = (key: Key | number) => (typeof key === 'number' ? 0 : typeof key === 'string' ? 1 : 2)
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'object' && typeof b === 'object') {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i]!, b[i]!)
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  return a < b ? -1 : a > b ? 1 : 0
}

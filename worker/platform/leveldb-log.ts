/**
 * Keeps Chromium from throwing the database away after a second kill. Its IndexedDB lies on LevelDB, which appends to a
 * log. A kill in the middle of an append leaves half a record at the end; the next life goes on behind it in the same
 * log, and the life after that finds a record with a wrong checksum in the middle, calls the whole database corrupt, and
 * replaces it by an empty one. So, before this life's first write, we fill the log until LevelDB begins a new one.
 * Measured, with the way to see it happen: docs/decisions/0005-a-new-log-for-each-life.md.
 */
import type { IDBPDatabase } from 'idb'

/** Holds rows for the moment it takes. */
export const BALLAST = 'ballast'
/** LevelDB begins a new log past its write buffer, which Chromium sets to at most 4 MiB. */
const ROWS = 96
/**
 * The old log is done with only when what it held has been written to a table, in the background; until then another kill
 * would have it read again. Before LevelDB fills its buffer a second time, it waits for that.
 */
const TIMES = 2
/** Above 64 KiB Chromium would put a value into a file of its own, and not into the log. Zeros compress to nothing. */
const row = '\0'.repeat(48_000)

/** Costs about a fifth of a second, once in a worker's life, and 9.2 MB of log that are soon deleted. Never fails. */
export async function rotateLog(db: IDBPDatabase): Promise<void> {
  // Only Chromium has LevelDB under IndexedDB, and only Chromium has this property.
  if (!('userAgentData' in navigator)) return
  try {
    for (let time = 0; time < TIMES; time++) {
      const fill = db.transaction(BALLAST, 'readwrite', { durability: 'relaxed' })
      for (let i = 0; i < ROWS; i++) fill.store.put(row, i).catch(() => undefined)
      await fill.done
    }
    const empty = db.transaction(BALLAST, 'readwrite', { durability: 'strict' })
    empty.store.clear().catch(() => undefined)
    await empty.done
  } catch {
    // A full disk: what is to be written will say so itself.
  }
}

/**
 * The store of records that ECHO and HALO share, so that what belongs together is written in one transaction. The platform
 * implements it: IndexedDB in a browser, and in a simulation a disk that can lose what was not synced.
 */

/** Keys sort as IndexedDB sorts them: numbers, then strings, then lists element by element. */
export type Key = string | readonly (string | number)[]

/** Tables of the store. A new one, or a changed row, is a new schema version. */
export const TABLES = [
  'meta',
  'keys',
  'log',
  'spaces',
  'entries',
  'strays',
  'journal',
  'touched',
  'documents',
  'pages',
  'checkpoints',
  'pieces',
  'positions',
  'marks',
] as const
export type Table = (typeof TABLES)[number]

export type Write =
  | { readonly table: Table; readonly key: Key; readonly put: unknown }
  | { readonly table: Table; readonly key: Key; readonly delete: true }
  /** Every row whose list key begins with `under`. */
  | { readonly table: Table; readonly under: readonly (string | number)[]; readonly upTo?: number }

export interface Store {
  /** The browser found the store unreadable and began an empty one: its words. */
  readonly lost?: string | undefined
  get<T>(table: Table, key: Key): Promise<T | undefined>
  /** Rows in key order: all, or those whose list key begins with `under` (and is past `after`, one more element); the first `most`. */
  rows<T>(
    table: Table,
    under?: readonly (string | number)[],
    after?: number,
    most?: number,
  ): Promise<{ key: Key; value: T }[]>
  /**
   * All of it, or none. `strict`: resolves when it will survive a killed browser and a lost power supply.
   * @throws HearthError `store/quota`, `store/failed`
   */
  write(writes: readonly Write[], durability: 'strict' | 'relaxed'): Promise<void>
  /** Runs once if the store is gone (deleted, or its connection lost): nothing can be read or written any more. */
  onGone(run: () => void): void
  close(): void
  /** Deletes everything. */
  erase(): Promise<void>
}

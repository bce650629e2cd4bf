/** What a keeper needs of a disk: rows in the order of their keys, and what is written together is there together. */
import type { Key } from 'lmdb'

export type Row = readonly [key: Key, value: Uint8Array]
export interface Found {
  readonly key: Key[]
  readonly value: Uint8Array
}

export interface Rows {
  /** @returns undefined also for what is not as it was written @throws HearthError `store/failed`, `store/unavailable` */
  get(key: Key): Uint8Array | undefined
  /** All rows of a list key that begins with `under`, in order, but those that are not as they were written. @throws HearthError `store/failed`, `store/unavailable` */
  rows(under: readonly Key[]): Found[]
  /**
   * Keys that begin with `under`, in order, also of rows that are damaged.
   * @param before the number with which they end is less than that @param most so many of them
   * @throws HearthError `store/failed`, `store/unavailable`
   */
  keys(under: readonly Key[], before?: number, most?: number): Key[][]
  /** Bytes of a value, also of one that is damaged; 0 if there is none. @throws HearthError `store/failed`, `store/unavailable` */
  bytesAt(key: Key): number
  /**
   * Rows of these that come after the one that ends with `after`: as many as make up these bytes, about, and at least one.
   * @throws HearthError `store/failed`, `store/unavailable`
   */
  portion(under: readonly Key[], after: number, bytes: number): Found[]
  /**
   * All of it or none; durable when it resolves. Several that come while one is being written go to the disk together.
   * @throws HearthError `store/quota`: the disk is full; `store/failed`, `store/unavailable`
   */
  write(puts: readonly Row[], deletes?: readonly Key[]): Promise<void>
  close(): Promise<void>
}

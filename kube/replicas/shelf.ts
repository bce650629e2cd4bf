/** One replica's part of the disk: its rows, how many bytes they are, and one change after the other. */
import type { Key } from 'lmdb'
import { HearthError } from '../../worker/protocol/errors.js'
import type { Row, Rows } from './rows.js'
import type { ReplicaEvents, Room } from './room.js'

export class Shelf {
  events: ReplicaEvents = { appended() {}, checkpointed() {}, freed() {}, gap() {}, full() {}, damaged() {} }
  /** Of everything that is kept of it, in bytes. */
  #size: number
  /** One thing after the other. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param name of the replica: its ref, as base64url */
  constructor(
    readonly name: string,
    private readonly room: Room,
  ) {
    this.#size = readSize(room.database.get(['size', name]))
  }

  get database(): Rows {
    return this.room.database
  }

  get size(): number {
    return this.#size
  }

  /** Bytes that it may take. */
  get quota(): number {
    const { limits, used } = this.room
    return Math.max(this.#size, Math.min(limits.replica, this.#size + limits.total - used))
  }

  hasRoom(more: number): boolean {
    const { limits, used } = this.room
    return this.#size + more <= limits.replica && used + more <= limits.total
  }

  /**
   * With how much of it there is now.
   * @param rows that are not there yet
   * @param index what takes no room of the replica's own
   * @param gone keys of rows that are to be deleted; their room is given back
   * @returns false if the disk is full
   * @throws HearthError `store/failed`, `store/unavailable`
   */
  async write(rows: readonly Row[], index: readonly Row[] = [], gone: readonly Key[] = []): Promise<boolean> {
    if (rows.length + index.length + gone.length === 0) return true
    const written = rows.reduce((sum, [, value]) => sum + value.length, 0)
    const given = gone.reduce((sum: number, key) => sum + this.database.bytesAt(key), 0)
    return this.#change([...rows, ...index], gone, written - given)
  }

  async #change(puts: readonly Row[], gone: readonly Key[], bytes: number): Promise<boolean> {
    const more = Math.max(-this.#size, bytes)
    try {
      await this.database.write([...puts, [['size', this.name], sizeRow(this.#size + more)]], gone)
    } catch (e) {
      if (e instanceof HearthError && e.code === 'store/quota') return false
      throw e
    }
    this.#size += more
    this.room.used += more
    return true
  }

  /** As `write`, where there may be another value in the place of this one. */
  replace([key, value]: Row, index: readonly Row[] = []): Promise<boolean> {
    return this.#change([[key, value], ...index], [], value.length - this.database.bytesAt(key))
  }

  /** All of it is gone when it resolves. @param keys of what else there is */
  async clear(keys: readonly Key[]): Promise<void> {
    await this.database.write([], [['size', this.name], ...keys])
    this.room.used -= this.#size
    this.#size = 0
  }

  exclusive<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run)
    this.#last = next.catch(() => undefined)
    return next
  }

  /** Resolves when what was begun is on the disk. */
  async settled(): Promise<void> {
    await this.#last
  }
}

const sizeRow = (bytes: number): Uint8Array => Buffer.from(String(bytes))
export const readSize = (row: Uint8Array | undefined): number => Number(row ? Buffer.from(row).toString() : 0)

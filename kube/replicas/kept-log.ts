/** The membership log of a replica, sealed: an entry is here when all that it builds on is. */
import type { Key } from 'lmdb'
import {
  MAX_SEALED_BYTES,
  parseSealedLogEntry,
  readSealedLogEntry,
} from '../../worker/halo/kept/sealed-log.js'
import { toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES } from '../../worker/protocol/wire.js'
import { platform } from '../platform.js'
import type { Row } from './rows.js'
import type { Shelf } from './shelf.js'

export class KeptLog {
  readonly #entries = new Map<string, { readonly parents: readonly string[]; readonly n: number }>()
  #bytes = 0
  /** The number of the next entry. */
  #next = 0

  constructor(private readonly shelf: Shelf) {
    for (const { key, value } of shelf.database.rows(['log', shelf.name]))
      this.#indexIfWhole(key[2] as number, value)
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  get heads(): readonly string[] {
    const parents = new Set([...this.#entries.values()].flatMap((one) => one.parents))
    return [...this.#entries.keys()].filter((id) => !parents.has(id)).sort()
  }

  /** Read as it is sent: to somebody who takes nothing, there is little of it in memory. */
  *since(heads: readonly string[]): Generator<Uint8Array> {
    const known = this.upTo(heads)
    const lacked = [...this.#entries].filter(([id]) => !known.has(id)).map(([, { n }]) => n)
    for (const n of lacked) {
      const bytes = this.shelf.database.get(['log', this.shelf.name, n])
      if (bytes) yield bytes
    }
  }

  /** What builds on something that is not here, or is brought by somebody who may not, is not taken. */
  take(entries: readonly Uint8Array[], mayBring: (feed: DeviceId) => boolean): Promise<void> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      const taken = new Map<string, Uint8Array>()
      let [size, isFull] = [0, false]
      const isHere = (id: string) => this.#entries.has(id) || taken.has(id)
      for (const bytes of entries) {
        const one = await this.#read(bytes)
        if (!one || isHere(one.id) || !one.parents.every(isHere)) continue
        // defence: kept-log-by-members
        if (!mayBring(one.feed)) continue
        size += bytes.length
        // defence: kept-log-bounded
        if (this.#isFull(taken.size, size)) {
          isFull = true
          break
        }
        taken.set(one.id, bytes)
      }
      const rows = [...taken.values()].map((bytes, i): Row => [['log', shelf.name, this.#next + i], bytes])
      const isWritten = await shelf.write(rows)
      if (isWritten) for (const [key, bytes] of rows) this.#index((key as readonly Key[])[2] as number, bytes)
      if (isFull || !isWritten) shelf.events.full()
    })
  }

  /** These, and all that they build on. */
  upTo(heads: readonly string[]): Set<string> {
    const found = new Set<string>()
    const next = heads.filter((id) => this.#entries.has(id))
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (found.has(id)) continue
      found.add(id)
      next.push(...this.#entries.get(id)!.parents)
    }
    return found
  }

  clear(): void {
    this.#entries.clear()
  }

  async #read(bytes: Uint8Array) {
    if (bytes.length > MAX_SEALED_BYTES) return undefined
    const one = await readSealedLogEntry(platform, bytes).catch(() => undefined)
    return one && toBase64Url(one.replica) === this.shelf.name ? one : undefined
  }

  /** @param entries that are to be taken with this one, and bytes of all of them */
  #isFull(entries: number, bytes: number): boolean {
    return (
      this.#entries.size + entries >= MAX_LOG_ENTRIES ||
      this.#bytes + bytes > MAX_LOG_BYTES ||
      !this.shelf.hasRoom(bytes)
    )
  }

  #index(n: number, bytes: Uint8Array): void {
    const { id, parents } = parseSealedLogEntry(bytes)
    this.#entries.set(id, { parents, n })
    this.#bytes += bytes.length
    this.#next = n + 1
  }

  /** What builds on something that is damaged is not here, either: whoever has it brings it. */
  #indexIfWhole(n: number, bytes: Uint8Array): void {
    this.#next = n + 1
    if (parseSealedLogEntry(bytes).parents.every((id) => this.#entries.has(id))) this.#index(n, bytes)
  }
}

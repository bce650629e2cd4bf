/**
 * The feeds of a replica: of each, all entries from its floor to the last that is here. What is before the floor, a checkpoint stands for
 * that is here or was: whoever lacks it is given that, and no entries before.
 */
import { readEntry } from '../../worker/echo/entry.js'
import { hashText } from '../../worker/echo/hash-text.js'
import { verify } from '../../worker/halo/suite/signing.js'
import type { Appended, Holding } from '../../worker/mesh/platform.js'
import { fromBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { sameBytes } from '../../worker/protocol/same-bytes.js'
import { MESSAGE_BYTES } from '../../worker/protocol/wire.js'
import { platform, sha256 } from '../platform.js'
import type { Found, Row } from './rows.js'
import type { Shelf } from './shelf.js'

interface Last {
  readonly seq: number
  readonly head: string
}
/** The last entry of a feed that a checkpoint stands for. */
export interface Covered {
  readonly feed: DeviceId
  readonly seq: number
  readonly id: string
}

interface ReadEntry {
  readonly feed: DeviceId
  readonly seq: number
  readonly id: string
  readonly prev: string | null
  readonly bytes: Uint8Array
  /** Whether the signature holds, where that was looked at. */
  readonly verdict: boolean | undefined
  isSigned(): Promise<boolean>
}

export class KeptFeeds {
  readonly #last = new Map<DeviceId, Last>()
  /** Of each feed, the first entry that is here as such, or would be the next; but where that is the first of all. */
  readonly #floors = new Map<DeviceId, number>()
  readonly #replica: Uint8Array
  /** Of what has come before. */
  #reading: Promise<unknown> = Promise.resolve()

  /** @param registered which feeds to take now, and how far @param covered what the checkpoint that is here stands for */
  constructor(
    private readonly shelf: Shelf,
    private readonly registered: () => ReadonlyMap<string, number | null>,
    private readonly covered: () => readonly Covered[],
  ) {
    const { database, name } = shelf
    this.#replica = fromBase64Url(name)
    for (const { key, value } of database.rows(['head', name])) {
      const [seq, head] = JSON.parse(Buffer.from(value).toString()) as [number, string]
      const device = key[2] as DeviceId
      this.#last.set(device, { seq, head })
      const [first] = database.keys(['entry', name, device], undefined, 1)
      this.raise([[device, first ? (first[3] as number) : seq + 1]])
    }
  }

  get floors(): ReadonlyMap<DeviceId, number> {
    return this.#floors
  }

  /** What is before these is here no more, or soon will not be. */
  raise(floors: Iterable<readonly [DeviceId, number]>): void {
    for (const [device, floor] of floors) if (floor > this.#floorOf(device)) this.#floors.set(device, floor)
  }

  /** Feeds that are shorter than that go on from there. @returns those, as rows and to be done when these are written */
  advancing(covers: readonly Covered[]): { readonly rows: Row[]; readonly shorter: Covered[] } {
    const shorter = covers.filter(({ feed, seq }) => (this.#last.get(feed)?.seq ?? 0) < seq)
    const rows = shorter.map(({ feed, seq, id }): Row => [['head', this.shelf.name, feed], headRow(seq, id)])
    return { rows, shorter }
  }

  advance(shorter: readonly Covered[]): void {
    for (const { feed, seq, id } of shorter) this.#last.set(feed, { seq, head: id })
    this.raise(shorter.map(({ feed, seq }) => [feed, seq + 1] as const))
  }

  /** Whether these are the entries that are here, or those that come next of feeds that are to be taken. */
  async fit(covers: readonly Covered[]): Promise<boolean> {
    for (const { feed, seq, id } of covers) {
      const last = this.#last.get(feed)
      // defence: kept-checkpoint-of-these-feeds
      if (last && seq <= last.seq && (await this.#idAt(feed, seq, last)) !== id) return false
      // defence: kept-checkpoint-feeds-only
      if (!(last && seq <= last.seq) && !this.#mayTake(feed, seq)) return false
    }
    return true
  }

  /** Of an entry that is here, or was, right before the floor. */
  async #idAt(feed: DeviceId, seq: number, last: Last): Promise<string | undefined> {
    if (seq === last.seq) return last.head
    const next = this.shelf.database.get(['entry', this.shelf.name, feed, seq + 1])
    const prev = next && (await readEntry(next, sha256)).prev
    return prev ? hashText(prev) : undefined
  }

  #floorOf(feed: DeviceId): number {
    return this.#floors.get(feed) ?? 1
  }

  /** As they are now, whatever comes while somebody goes through them. */
  get holdings(): ReadonlyMap<DeviceId, Holding> {
    return new Map(this.#last)
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return new Map([...this.#last].map(([device, { seq }]) => [device, seq]))
  }

  async *lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    const { database, name } = this.shelf
    for (const device of [...this.#last.keys()])
      for (let after = Math.max(theirs.get(device)?.seq ?? 0, this.#floorOf(device) - 1); ;) {
        // To somebody who takes nothing, there is one message of it in memory.
        const rows = database.portion(['entry', name, device], after, MESSAGE_BYTES)
        // A checkpoint has come meanwhile.
        if (after < this.#floorOf(device) - 1) break
        const whole = wholeOf(rows, after)
        if (whole.length > 0) yield whole
        after += whole.length
        const { seq } = this.#last.get(device) ?? { seq: 0 }
        const isDamaged = whole.length < rows.length || (rows.length === 0 && after < seq)
        if (isDamaged) await this.#cutOff(device, after)
        if (isDamaged || rows.length === 0) break
      }
  }

  /** The entry after this one is damaged: what the checkpoint does not stand for, devices bring again. */
  #cutOff(device: DeviceId, after: number): Promise<void> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      const last = this.#last.get(device)
      const floor = this.#floorOf(device)
      if (!last || last.seq <= after || after < floor - 1) return
      const base = this.covered().find(({ feed, seq }) => feed === device && seq > after)
      if (base) await this.#cutBelow(device, base.seq + 1)
      else await this.#cutAfter(device, after, await this.#idBefore(device, after))
      shelf.events.damaged()
      shelf.events.gap()
    })
  }

  async #cutBelow(device: DeviceId, floor: number): Promise<void> {
    const { database, name } = this.shelf
    await this.shelf.write([], [], database.keys(['entry', name, device], floor))
    this.raise([[device, floor]])
  }

  /** Of the last entry that is whole; undefined if there is none. */
  async #idBefore(device: DeviceId, after: number): Promise<string | undefined> {
    const { database, name } = this.shelf
    const entry = database.get(['entry', name, device, after])
    if (entry) return hashText((await readEntry(entry, sha256)).id)
    return this.covered().find(({ feed, seq }) => feed === device && seq === after)?.id
  }

  /** @param id of that entry; without it, the feed begins anew */
  async #cutAfter(device: DeviceId, after: number, id: string | undefined): Promise<void> {
    const { shelf } = this
    const { database, name } = shelf
    const keys = database.keys(['entry', name, device])
    const gone = keys.filter((key) => !id || (key[3] as number) > after)
    const headKey = ['head', name, device]
    if (id) await shelf.write([], [[headKey, headRow(after, id)]], gone)
    else await shelf.write([], [], [headKey, ...gone])
    if (id) this.#last.set(device, { seq: after, head: id })
    else {
      this.#last.delete(device)
      this.#floors.delete(device)
    }
  }

  receive(entries: readonly Uint8Array[]): Promise<void> {
    const { shelf } = this
    // Signatures are looked at while what came before is being written; of one message after the other, for what waits is kept.
    const ahead = this.#reading.then(() => Promise.all(entries.map((bytes) => this.#read(bytes))))
    this.#reading = ahead.catch(() => undefined)
    return shelf.exclusive(async () => {
      const checked = await Promise.all((await ahead).map((one) => this.#check(one)))
      const heads = new Map<DeviceId, Last>()
      const rows: Row[] = []
      const appended: Appended[] = []
      let [size, isGap, isFull] = [0, false, false]
      for (const one of checked) {
        if (!one) continue
        const { feed, seq, id, prev, bytes } = one
        const last = heads.get(feed) ?? this.#last.get(feed) ?? { seq: 0, head: null }
        if (seq <= last.seq) continue
        // defence: kept-in-order
        if (seq !== last.seq + 1 || prev !== last.head) {
          isGap = true
          continue
        }
        // defence: kept-room
        if (!shelf.hasRoom(size + bytes.length)) {
          isFull = true
          break
        }
        size += bytes.length
        heads.set(feed, { seq, head: id })
        rows.push([['entry', shelf.name, feed, seq], bytes])
        appended.push({ feed, seq, id, bytes })
      }
      for (const [feed, { seq, head }] of heads) rows.push([['head', shelf.name, feed], headRow(seq, head)])
      const isWritten = await shelf.write(rows)
      if (isWritten) {
        for (const [feed, head] of heads) this.#last.set(feed, head)
        if (appended.length > 0) shelf.events.appended(appended)
      }
      if (isGap) shelf.events.gap()
      if (isFull || !isWritten) shelf.events.full()
    })
  }

  clear(): void {
    this.#last.clear()
    this.#floors.clear()
  }

  /** @returns undefined of what is no entry of this replica; without a verdict on the signature, if its feed is not to be taken as it is known now */
  async #read(bytes: Uint8Array): Promise<ReadEntry | undefined> {
    const entry = await readEntry(bytes, sha256).catch(() => undefined)
    if (!entry) return undefined
    const { feed, author, seq, prev, replica, header, signature } = entry
    // defence: kept-of-this-replica
    if (!sameBytes(replica, this.#replica)) return undefined
    const isSigned = () => verify(platform, author, 'feed-entry', replica, header, signature)
    const ids = { id: hashText(entry.id), prev: prev && hashText(prev) }
    const verdict = this.#mayTake(feed, seq) ? await isSigned() : undefined
    return { feed, seq, bytes, ...ids, isSigned, verdict }
  }

  async #check(one: ReadEntry | undefined) {
    if (!one) return undefined
    const { feed, seq, id, prev, bytes } = one
    // defence: kept-feeds-only
    if (!this.#mayTake(feed, seq)) return undefined
    // What was not to be taken when it came may be now.
    // defence: kept-signed
    if (!(one.verdict ?? (await one.isSigned()))) return undefined
    return { feed, seq, bytes, id, prev }
  }

  #mayTake(feed: DeviceId, seq: number): boolean {
    const most = this.registered().get(feed)
    return most !== undefined && seq <= (most ?? Infinity)
  }
}

const headRow = (seq: number, id: string): Uint8Array => Buffer.from(JSON.stringify([seq, id]))

/** Of these rows, the first that come one after the other. */
function wholeOf(rows: readonly Found[], after: number): Uint8Array[] {
  const end = rows.findIndex(({ key }, i) => key[3] !== after + 1 + i)
  return rows.slice(0, end < 0 ? rows.length : end).map(({ value }) => value)
}

/** The feeds of a replica: of each, all entries from the first to the last that is here. */
import { readEntry } from '../../worker/echo/entry.js'
import type { Registration } from '../../worker/halo/kept/registration.js'
import { verify } from '../../worker/halo/suite/signing.js'
import type { Appended, Holding } from '../../worker/mesh/platform.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { MESSAGE_BYTES } from '../../worker/protocol/wire.js'
import { platform, sha256 } from '../platform.js'
import type { Found, Row } from './database.js'
import type { Shelf } from './shelf.js'

interface Last {
  readonly seq: number
  readonly head: string
}

export class KeptFeeds {
  readonly #last = new Map<DeviceId, Last>()

  /** @param registered which feeds to take now */
  constructor(
    private readonly shelf: Shelf,
    private readonly registered: () => Registration['feeds'],
  ) {
    for (const { key, value } of shelf.database.rows(['head', shelf.name])) {
      const [seq, head] = JSON.parse(Buffer.from(value).toString()) as [number, string]
      this.#last.set(key[2] as DeviceId, { seq, head })
    }
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
      for (let after = theirs.get(device)?.seq ?? 0; ;) {
        // To somebody who takes nothing, there is one message of it in memory.
        const rows = database.portion(['entry', name, device], after, MESSAGE_BYTES)
        const whole = wholeOf(rows, after)
        if (whole.length > 0) yield whole
        after += whole.length
        const { seq } = this.#last.get(device) ?? { seq: 0 }
        const isDamaged = whole.length < rows.length || (rows.length === 0 && after < seq)
        if (isDamaged) await this.#cutOff(device, after)
        if (isDamaged || rows.length === 0) break
      }
  }

  /** What comes after this entry is damaged: devices bring it again. */
  #cutOff(device: DeviceId, after: number): Promise<void> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      const last = this.#last.get(device)
      if (!last || last.seq <= after) return
      const { database, name } = shelf
      const before = after > 0 ? database.get(['entry', name, device, after]) : undefined
      const one = before && (await readEntry(before, sha256))
      const keys = database.rows(['entry', name, device]).map(({ key }) => key)
      const gone = keys.filter((key) => !one || (key[3] as number) > after)
      const id = one && toBase64Url(one.id)
      const headKey = ['head', name, device]
      await (id
        ? database.write([[headKey, headRow(after, id)]], gone)
        : database.write([], [headKey, ...gone]))
      if (id) this.#last.set(device, { seq: after, head: id })
      else this.#last.delete(device)
      shelf.events.damaged()
      shelf.events.gap()
    })
  }

  receive(entries: readonly Uint8Array[]): Promise<void> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      const checked = await Promise.all(entries.map((bytes) => this.#check(bytes)))
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
  }

  async #check(bytes: Uint8Array) {
    const entry = await readEntry(bytes, sha256).catch(() => undefined)
    if (!entry) return undefined
    const { feed, seq, prev, replica, header, signature } = entry
    // defence: kept-of-this-replica
    if (toBase64Url(replica) !== this.shelf.name) return undefined
    // defence: kept-feeds-only
    if (!this.#mayTake(feed, seq)) return undefined
    // defence: kept-signed
    if (!(await verify(platform, fromBase64Url(feed), 'feed-entry', replica, header, signature)))
      return undefined
    return { feed, seq, bytes, id: toBase64Url(entry.id), prev: prev && toBase64Url(prev) }
  }

  #mayTake(feed: DeviceId, seq: number): boolean {
    const wanted = this.registered().find(([device]) => device === feed)
    return wanted !== undefined && seq <= (wanted[1] ?? Infinity)
  }
}

const headRow = (seq: number, id: string): Uint8Array => Buffer.from(JSON.stringify([seq, id]))

/** Of these rows, the first that come one after the other. */
function wholeOf(rows: readonly Found[], after: number): Uint8Array[] {
  const end = rows.findIndex(({ key }, i) => key[3] !== after + 1 + i)
  return rows.slice(0, end < 0 ? rows.length : end).map(({ value }) => value)
}

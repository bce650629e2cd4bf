/**
 * A space that is as little of one as MESH can tell: a log that only grows, in which entries say which devices are in, and feeds of bytes.
 * What is on this disk is durable at once. Who is in, and what counts, is tried with whole devices (`../mesh`); here there are many.
 */
import { fromBase64Url, toBase64Url, type DeviceId, type SpaceId } from '../../../worker/protocol/ids.js'
import type { Appended, Holding, Meeting, Replica, Replicas } from '../../../worker/mesh/platform.js'

export const SPACE = 'space' as SpaceId
const ID_BYTES = 32

/** What its members know. */
export interface Secrets {
  readonly ref: Uint8Array
  readonly meeting: Meeting
}

/** Entries of the log: the device's id and its X25519 key. */
export const admission = (device: DeviceId, key: Uint8Array): Uint8Array =>
  new Uint8Array([...fromBase64Url(device), ...key])

export class LightSpace implements Replica, Replicas {
  readonly space = SPACE
  readonly ref: Uint8Array
  readonly meetings: readonly Meeting[]
  /** How often each entry of a feed has come. */
  readonly came = new Map<string, number>()
  private readonly log = new Map<DeviceId, Uint8Array>()
  private readonly devices = new Map<string, DeviceId>()
  private readonly feeds = new Map<DeviceId, Uint8Array[]>()

  constructor(
    { ref, meeting }: Secrets,
    private readonly own: DeviceId,
    private readonly changed: { log(): void; entries(entries: readonly Appended[], isOwn: boolean): void },
  ) {
    this.ref = ref
    this.meetings = [meeting]
  }

  get all(): readonly Replica[] {
    return this.log.size > 0 ? [this] : []
  }

  get(ref: Uint8Array): Replica | undefined {
    return toBase64Url(ref) === toBase64Url(this.ref) ? this.all[0] : undefined
  }

  takesFrom(): boolean {
    return false
  }

  async join(): Promise<void> {}

  // Who is in

  admit(entries: Iterable<Uint8Array>): void {
    const before = this.log.size
    for (const entry of entries) {
      const device = toBase64Url(entry.subarray(0, ID_BYTES)) as DeviceId
      this.log.set(device, entry)
      this.devices.set(toBase64Url(entry.subarray(ID_BYTES)), device)
    }
    if (this.log.size !== before) this.changed.log()
  }

  get members(): ReadonlyMap<DeviceId, Uint8Array> {
    return this.log
  }

  keyOf(device: DeviceId): Uint8Array | undefined {
    return this.log.get(device)?.subarray(ID_BYTES)
  }

  deviceOf(key: Uint8Array): DeviceId | undefined {
    return this.devices.get(toBase64Url(key))
  }

  isIn(device: DeviceId): boolean {
    return this.log.has(device)
  }

  isOfMembers(): boolean {
    return true
  }

  get heads(): readonly string[] {
    return [...this.log.keys()].sort()
  }

  logSince(heads: readonly string[]): readonly Uint8Array[] {
    const known = new Set(heads)
    return [...this.log].filter(([device]) => !known.has(device)).map(([, entry]) => entry)
  }

  farewell(): readonly Uint8Array[] {
    return []
  }

  async takeLog(entries: readonly Uint8Array[]): Promise<void> {
    this.admit(entries)
  }

  // What they write

  write(): void {
    const feed = this.feedOf(this.own)
    const entry = new Uint8Array([...fromBase64Url(this.own), 0, 0, 0, 0])
    new DataView(entry.buffer).setUint32(ID_BYTES, feed.length + 1)
    feed.push(entry)
    this.positions.set(this.own, feed.length)
    this.changed.entries([this.one(this.own, feed.length)], true)
  }

  readonly positions = new Map<DeviceId, number>()
  readonly counted: ReadonlyMap<DeviceId, number> = this.positions

  async holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return new Map([...this.positions].map(([device, seq]) => [device, { seq, head: null }]))
  }

  async durable(): Promise<void> {}

  async *lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    for (const [device, feed] of this.feeds) {
      const lacked = feed.slice(theirs.get(device)?.seq ?? 0)
      if (lacked.length > 0) yield lacked
    }
  }

  async wanted(): Promise<readonly string[]> {
    return []
  }

  async named(): Promise<readonly Uint8Array[]> {
    return []
  }

  // There are no checkpoints of it

  readonly wish = 'gaps'
  readonly checkpoint = undefined
  readonly floors = new Map<DeviceId, number>()

  async piece(): Promise<undefined> {}

  async begin(): Promise<undefined> {}

  async receive(entries: readonly Uint8Array[]): Promise<void> {
    const fresh: Appended[] = []
    for (const entry of entries) {
      const device = toBase64Url(entry.subarray(0, ID_BYTES)) as DeviceId
      const seq = new DataView(entry.buffer, entry.byteOffset).getUint32(ID_BYTES)
      const key = `${device}/${seq}`
      this.came.set(key, (this.came.get(key) ?? 0) + 1)
      const feed = this.feedOf(device)
      if (!this.log.has(device) || seq !== feed.length + 1) continue
      feed.push(entry)
      this.positions.set(device, seq)
      fresh.push(this.one(device, seq))
    }
    if (fresh.length > 0) this.changed.entries(fresh, false)
  }

  private feedOf(device: DeviceId): Uint8Array[] {
    let feed = this.feeds.get(device)
    if (!feed) this.feeds.set(device, (feed = []))
    return feed
  }

  private one(feed: DeviceId, seq: number): Appended {
    return { feed, seq, id: `${feed}/${seq}`, bytes: this.feeds.get(feed)![seq - 1]! }
  }
}

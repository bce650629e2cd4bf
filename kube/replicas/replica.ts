/**
 * A replica that KUBE keeps: the entries of a space that it cannot read, as MESH needs it to replicate. Everything that comes is checked as
 * far as that can be done without a key: by whom it is, that it stands where it says, and that those who may say so want that feed.
 */
import { readEntry } from '../../worker/echo/entry.js'
import { isCapsule, type Capsule } from '../../worker/halo/kept/capsule.js'
import {
  MAX_SEALED_BYTES,
  parseSealedLogEntry,
  readSealedLogEntry,
} from '../../worker/halo/kept/sealed-log.js'
import { verifyRegistration, type Registration } from '../../worker/halo/kept/registration.js'
import { verify } from '../../worker/halo/suite/signing.js'
import type { Appended, Holding, Meeting, Replica } from '../../worker/mesh/platform.js'
import { HearthError } from '../../worker/protocol/errors.js'
import { fromBase64Url, toBase64Url, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import { MAX_CAPSULE, MAX_LOG_BYTES, MAX_LOG_ENTRIES, MESSAGE_BYTES } from '../../worker/protocol/wire.js'
import { kubeError } from '../errors.js'
import { indexOf, rowsOf } from './capsules.js'
import { platform, sha256 } from '../platform.js'
import type { Key } from 'lmdb'
import type { Database, Found, Row } from './database.js'
import type { Makers } from './makers.js'
import { decodeRecord, encodeRecord, type ReplicaRecord } from './record.js'

export interface Limits {
  /** Of one replica, and of all, in bytes. */
  readonly replica: number
  readonly total: number
  /** Replicas that one key may begin. */
  readonly perKey: number
}

/** What all replicas have in common. */
export interface Room {
  /** How many there are. */
  count: number
  /** Who has begun them. */
  readonly makers: Makers
  readonly database: Database
  readonly limits: Limits
  /** Bytes that are kept in all. */
  used: number
}

export interface ReplicaEvents {
  /** Entries that are here from now on, durably. */
  appended(entries: readonly Appended[]): void
  /** Something could not be taken, for what comes before it is not here. */
  gap(): void
  /** There is no room for more. */
  full(): void
  /** The disk has something else than was written. It is here no more, and can be brought again. */
  damaged(): void
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

export class KeptReplica implements Replica {
  /** Nobody here knows it. */
  readonly space = '' as SpaceId
  readonly meetings: readonly Meeting[] = []
  readonly #name: string
  readonly #log = new Map<string, { readonly parents: readonly string[]; readonly n: number }>()
  readonly #feeds = new Map<DeviceId, { readonly seq: number; readonly head: string }>()
  #logBytes = 0
  /** The number of the next entry of the log. */
  #nextLog = 0
  /** Of everything that is kept of it, in bytes. */
  #size: number
  #record: ReplicaRecord
  /** One thing after the other. */
  #last: Promise<unknown> = Promise.resolve()
  events: ReplicaEvents = { appended() {}, gap() {}, full() {}, damaged() {} }

  private constructor(
    readonly ref: Uint8Array,
    private readonly room: Room,
    record: ReplicaRecord,
  ) {
    this.#name = toBase64Url(ref)
    this.#record = record
    const { database } = room
    this.#size = readSize(database.get(['size', this.#name]))
    for (const { key, value } of database.rows(['log', this.#name]))
      this.#indexIfWhole(key[2] as number, value)
    for (const { key, value } of database.rows(['head', this.#name])) {
      const [seq, head] = JSON.parse(Buffer.from(value).toString()) as [number, string]
      this.#feeds.set(key[2] as DeviceId, { seq, head })
    }
  }

  /** @returns undefined if it is not kept here */
  static open(ref: Uint8Array, room: Room): KeptReplica | undefined {
    const row = room.database.get(['replica', toBase64Url(ref)])
    return row && new KeptReplica(ref, room, decodeRecord(row))
  }

  /** @param maker the key of whoever wants it @throws KubeError `kube/keeper-full`, `kube/keeper-key-full` */
  static async make(ref: Uint8Array, room: Room, access: Uint8Array, maker: string): Promise<KeptReplica> {
    const { limits, makers } = room
    if (room.used >= limits.total) throw kubeError('kube/keeper-full')
    // defence: replicas-of-one-key
    if (makers.countOf(maker) >= limits.perKey)
      throw kubeError('kube/keeper-key-full', { most: limits.perKey })
    const name = toBase64Url(ref)
    const record = { access, asOf: [], admins: [], members: [], feeds: [] }
    // Counted before it is written: others may come meanwhile.
    makers.add(name, maker)
    await room.database
      .write([
        [['replica', name], encodeRecord(record)],
        [['maker', name], Buffer.from(maker)],
      ])
      .catch((cause: unknown) => {
        makers.remove(name)
        throw cause
      })
    room.count++
    return new KeptReplica(ref, room, record)
  }

  get access(): Uint8Array {
    return this.#record.access
  }

  /** Bytes that it takes, and may take. */
  get size(): number {
    return this.#size
  }

  get quota(): number {
    const { limits, used } = this.room
    return Math.max(this.#size, Math.min(limits.replica, this.#size + limits.total - used))
  }

  get registration(): Registration {
    return this.#record
  }

  // What members have and a KUBE has not

  isIn(): boolean {
    return false
  }

  isOfMembers(): boolean {
    return false
  }

  farewell(): readonly Uint8Array[] {
    return []
  }

  async wanted(): Promise<readonly string[]> {
    return []
  }

  /** Feeds are given whole, in order: nobody has to ask for one entry of them. */
  async named(): Promise<readonly Uint8Array[]> {
    return []
  }

  async durable(): Promise<void> {
    // What is here is.
  }

  // The membership log

  get heads(): readonly string[] {
    const parents = new Set([...this.#log.values()].flatMap((one) => one.parents))
    return [...this.#log.keys()].filter((id) => !parents.has(id)).sort()
  }

  /** Read as it is sent: to somebody who takes nothing, there is little of it in memory. */
  *logSince(heads: readonly string[]): Generator<Uint8Array> {
    const known = this.#upTo(heads)
    const lacked = [...this.#log].filter(([id]) => !known.has(id)).map(([, { n }]) => n)
    for (const n of lacked) {
      const bytes = this.room.database.get(['log', this.#name, n])
      if (bytes) yield bytes
    }
  }

  /** What builds on something that is not here, or is brought by somebody who may not, is not taken. */
  takeLog(entries: readonly Uint8Array[]): Promise<void> {
    return this.#exclusive(async () => {
      const taken = new Map<string, Uint8Array>()
      let [size, isFull] = [0, false]
      const isHere = (id: string) => this.#log.has(id) || taken.has(id)
      for (const bytes of entries) {
        const one = await this.#readLog(bytes)
        if (!one || isHere(one.id) || !one.parents.every(isHere)) continue
        // defence: kept-log-by-members
        if (!this.#mayBringLog(one.feed)) continue
        size += bytes.length
        // defence: kept-log-bounded
        if (this.#isLogFull(taken.size, size)) {
          isFull = true
          break
        }
        taken.set(one.id, bytes)
      }
      const rows = [...taken.values()].map((bytes, i): Row => [['log', this.#name, this.#nextLog + i], bytes])
      const isWritten = await this.#write(rows)
      if (isWritten) for (const [key, bytes] of rows) this.#index((key as readonly Key[])[2] as number, bytes)
      if (isFull || !isWritten) this.events.full()
    })
  }

  async #readLog(bytes: Uint8Array) {
    if (bytes.length > MAX_SEALED_BYTES) return undefined
    const one = await readSealedLogEntry(platform, bytes).catch(() => undefined)
    return one && toBase64Url(one.replica) === this.#name ? one : undefined
  }

  /** @param entries that are to be taken with this one, and bytes of all of them */
  #isLogFull(entries: number, bytes: number): boolean {
    return (
      this.#log.size + entries >= MAX_LOG_ENTRIES ||
      this.#logBytes + bytes > MAX_LOG_BYTES ||
      !this.#hasRoom(bytes)
    )
  }

  /** Before anybody has said who may, whoever begins it. */
  #mayBringLog(feed: DeviceId): boolean {
    const { asOf, members } = this.#record
    return asOf.length === 0 || members.includes(feed)
  }

  /**
   * Whose feeds to take, from now on.
   * @returns whether that is so now: not if it is by somebody who may not say so, or by one who knows less than those who said so last
   */
  register(said: Registration, signer: string, signature: Uint8Array): Promise<boolean> {
    return this.#exclusive(async () => {
      const { admins, asOf, feeds } = this.#record
      const may = admins.length > 0 ? admins : said.admins
      // defence: kept-feeds-by-admins
      if (!may.includes(signer)) return false
      // defence: kept-feeds-signed
      if (!(await verifyRegistration(platform, this.ref, said, signer, signature))) return false
      const known = this.#upTo(said.asOf)
      // defence: kept-feeds-as-of
      if (!said.asOf.every((id) => this.#log.has(id)) || !asOf.every((id) => known.has(id))) return false
      const before = new Map(feeds)
      const isSame = asOf.join() === said.asOf.join()
      // Of two who know the same log, one may have more of a feed that has ended.
      const longest = ([device, most]: Registration['feeds'][number]) => {
        const other = before.get(device)
        return [device, most !== null && isSame ? Math.max(most, other ?? 0) : most] as const
      }
      const record = { ...this.#record, ...said, feeds: said.feeds.map(longest) }
      await this.room.database.write([[['replica', this.#name], encodeRecord(record)]])
      this.#record = record
      return true
    })
  }

  /**
   * What leads to it from recovery words.
   * @returns whether it is kept, durably: if those words are an admin's, who alone can have signed it
   */
  cover(capsule: Capsule): Promise<boolean> {
    return this.#exclusive(async () => {
      const words = toBase64Url(capsule.words)
      // Anybody can have words, and sign with them.
      // defence: capsule-of-an-admin
      if (!this.#record.admins.includes(words)) return false
      // defence: capsule-signed
      if (!(await isCapsule(platform, capsule))) return false
      const { database } = this.room
      const [beside, index] = rowsOf(capsule)
      const known = database.get(beside[0])
      // defence: capsule-room
      if (!known && !this.#hasRoom(MAX_CAPSULE)) return false
      if (!known) return this.#write([beside], [index])
      await database.write([beside, index])
      return true
    })
  }

  // The feeds

  /** As they are now, whatever comes while somebody goes through them. */
  async holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return new Map(this.#feeds)
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return new Map([...this.#feeds].map(([device, { seq }]) => [device, seq]))
  }

  async *lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    for (const device of [...this.#feeds.keys()])
      for (let after = theirs.get(device)?.seq ?? 0; ;) {
        // To somebody who takes nothing, there is one message of it in memory.
        const rows = this.room.database.portion(['entry', this.#name, device], after, MESSAGE_BYTES)
        const whole = wholeOf(rows, after)
        if (whole.length > 0) yield whole
        after += whole.length
        const { seq } = this.#feeds.get(device) ?? { seq: 0 }
        const isDamaged = whole.length < rows.length || (rows.length === 0 && after < seq)
        if (isDamaged) await this.#cutOff(device, after)
        if (isDamaged || rows.length === 0) break
      }
  }

  /** What comes after this entry is damaged: devices bring it again. */
  #cutOff(device: DeviceId, after: number): Promise<void> {
    return this.#exclusive(async () => {
      const last = this.#feeds.get(device)
      if (!last || last.seq <= after) return
      const { database } = this.room
      const before = after > 0 ? database.get(['entry', this.#name, device, after]) : undefined
      const one = before && (await readEntry(before, sha256))
      const keys = database.rows(['entry', this.#name, device]).map(({ key }) => key)
      const gone = keys.filter((key) => !one || (key[3] as number) > after)
      const id = one && toBase64Url(one.id)
      const headKey = ['head', this.#name, device]
      await (id
        ? database.write([[headKey, headRow(after, id)]], gone)
        : database.write([], [headKey, ...gone]))
      if (id) this.#feeds.set(device, { seq: after, head: id })
      else this.#feeds.delete(device)
      this.events.damaged()
      this.events.gap()
    })
  }

  receive(entries: readonly Uint8Array[]): Promise<void> {
    // Signatures are looked at while what came before is being written.
    const ahead = entries.map((bytes) => this.#read(bytes))
    for (const one of ahead) one.catch(() => undefined)
    return this.#exclusive(async () => {
      const checked = await Promise.all(ahead.map(async (one) => this.#check(await one)))
      const heads = new Map<DeviceId, { seq: number; head: string }>()
      const rows: Row[] = []
      const appended: Appended[] = []
      let [size, isGap, isFull] = [0, false, false]
      for (const one of checked) {
        if (!one) continue
        const { feed, seq, id, prev, bytes } = one
        const last = heads.get(feed) ?? this.#feeds.get(feed) ?? { seq: 0, head: null }
        if (seq <= last.seq) continue
        // defence: kept-in-order
        if (seq !== last.seq + 1 || prev !== last.head) {
          isGap = true
          continue
        }
        // defence: kept-room
        if (!this.#hasRoom(size + bytes.length)) {
          isFull = true
          break
        }
        size += bytes.length
        heads.set(feed, { seq, head: id })
        rows.push([['entry', this.#name, feed, seq], bytes])
        appended.push({ feed, seq, id, bytes })
      }
      for (const [feed, { seq, head }] of heads) rows.push([['head', this.#name, feed], headRow(seq, head)])
      const isWritten = await this.#write(rows)
      if (isWritten) {
        for (const [feed, head] of heads) this.#feeds.set(feed, head)
        if (appended.length > 0) this.events.appended(appended)
      }
      if (isGap) this.events.gap()
      if (isFull || !isWritten) this.events.full()
    })
  }

  /** Resolves when what was begun is on the disk. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** All that is kept of it is gone when it resolves. */
  async forget(): Promise<void> {
    await this.#exclusive(async () => {
      const { database } = this.room
      const kinds = ['log', 'head', 'entry', 'capsule']
      const keys: Key[] = kinds.flatMap((kind) => database.rows([kind, this.#name]).map(({ key }) => key))
      keys.push(
        ['replica', this.#name],
        ['maker', this.#name],
        ['size', this.#name],
        ...indexOf(database, this.#name),
      )
      await database.write([], keys)
      this.room.used -= this.#size
      this.room.count--
      this.room.makers.remove(this.#name)
      this.#size = 0
      this.#log.clear()
      this.#feeds.clear()
    })
  }

  /** @returns undefined of what is no entry of this replica; without a verdict on the signature, if its feed is not to be taken as it is known now */
  async #read(bytes: Uint8Array): Promise<ReadEntry | undefined> {
    const entry = await readEntry(bytes, sha256).catch(() => undefined)
    if (!entry) return undefined
    const { feed, seq, prev, replica, header, signature } = entry
    // defence: kept-of-this-replica
    if (toBase64Url(replica) !== this.#name) return undefined
    const isSigned = () => verify(platform, fromBase64Url(feed), 'feed-entry', replica, header, signature)
    const ids = { id: toBase64Url(entry.id), prev: prev && toBase64Url(prev) }
    return {
      feed,
      seq,
      bytes,
      ...ids,
      isSigned,
      verdict: this.#wants(feed, seq) ? await isSigned() : undefined,
    }
  }

  async #check(one: ReadEntry | undefined) {
    if (!one) return undefined
    const { feed, seq, id, prev, bytes } = one
    // defence: kept-feeds-only
    if (!this.#wants(feed, seq)) return undefined
    // What was not to be taken when it came may be now.
    // defence: kept-signed
    if (!(one.verdict ?? (await one.isSigned()))) return undefined
    return { feed, seq, bytes, id, prev }
  }

  #wants(feed: DeviceId, seq: number): boolean {
    const wanted = this.#record.feeds.find(([device]) => device === feed)
    return wanted !== undefined && seq <= (wanted[1] ?? Infinity)
  }

  #hasRoom(more: number): boolean {
    const { limits, used } = this.room
    return this.#size + more <= limits.replica && used + more <= limits.total
  }

  /**
   * With how much of it there is now.
   * @param index what takes no room of the replica's own
   * @returns false if the disk is full
   * @throws HearthError `store/failed`, `store/unavailable`
   */
  async #write(rows: readonly Row[], index: readonly Row[] = []): Promise<boolean> {
    if (rows.length === 0) return true
    const more = rows.reduce((sum, [, value]) => sum + value.length, 0)
    try {
      await this.room.database.write([...rows, ...index, [['size', this.#name], sizeRow(this.#size + more)]])
    } catch (e) {
      if (e instanceof HearthError && e.code === 'store/quota') return false
      throw e
    }
    this.#size += more
    this.room.used += more
    return true
  }

  #index(n: number, bytes: Uint8Array): void {
    const { id, parents } = parseSealedLogEntry(bytes)
    this.#log.set(id, { parents, n })
    this.#logBytes += bytes.length
    this.#nextLog = n + 1
  }

  /** What builds on something that is damaged is not here, either: whoever has it brings it. */
  #indexIfWhole(n: number, bytes: Uint8Array): void {
    this.#nextLog = n + 1
    if (parseSealedLogEntry(bytes).parents.every((id) => this.#log.has(id))) this.#index(n, bytes)
  }

  /** These, and all that they build on. */
  #upTo(heads: readonly string[]): Set<string> {
    const found = new Set<string>()
    const next = heads.filter((id) => this.#log.has(id))
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (found.has(id)) continue
      found.add(id)
      next.push(...this.#log.get(id)!.parents)
    }
    return found
  }

  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run)
    this.#last = next.catch(() => undefined)
    return next
  }
}

const headRow = (seq: number, id: string): Uint8Array => Buffer.from(JSON.stringify([seq, id]))

/** Of these rows, the first that come one after the other. */
function wholeOf(rows: readonly Found[], after: number): Uint8Array[] {
  const end = rows.findIndex(({ key }, i) => key[3] !== after + 1 + i)
  return rows.slice(0, end < 0 ? rows.length : end).map(({ value }) => value)
}

const sizeRow = (bytes: number): Uint8Array => Buffer.from(String(bytes))
const readSize = (row: Uint8Array | undefined): number => Number(row ? Buffer.from(row).toString() : 0)

export const countOfAll = (database: Database): number => database.rows(['replica']).length

/** Bytes of all replicas. */
export const sizeOfAll = (database: Database): number =>
  database.rows(['size']).reduce((sum, { value }) => sum + readSize(value), 0)

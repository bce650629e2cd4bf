/**
 * A replica that KUBE keeps: the entries of a space that it cannot read, as MESH needs it to replicate. Everything that comes is checked as
 * far as that can be done without a key: by whom it is, that it stands where it says, and that those who may say so want that feed.
 */
import type { Key } from 'lmdb'
import { isCapsule, type Capsule } from '../../worker/halo/kept/capsule.js'
import { isOfPasskey, isVouchedFor, type PasskeyCapsule } from '../../worker/halo/kept/passkey-capsule.js'
import { verifyRegistration, type Registration } from '../../worker/halo/kept/registration.js'
import type { Arriving, Checkpoint, Holding, Meeting, Replica } from '../../worker/mesh/platform.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import { MAX_CAPSULE, MAX_PASSKEYS } from '../../worker/protocol/wire.js'
import { kubeError } from '../errors.js'
import { platform } from '../platform.js'
import { indexOf, rowsOf } from './capsules.js'
import { KeptCheckpoint } from './kept-checkpoint.js'
import { KeptFeeds } from './kept-feeds.js'
import { KeptLog } from './kept-log.js'
import { findersOf, rowsOfPasskey, under } from './passkeys.js'
import { decodeRecord, encodeRecord, type ReplicaRecord } from './record.js'
import type { ReplicaEvents, Room } from './room.js'
import { Shelf } from './shelf.js'

export class KeptReplica implements Replica {
  /** Nobody here knows it. */
  readonly space = '' as SpaceId
  readonly meetings: readonly Meeting[] = []
  readonly #shelf: Shelf
  readonly #log: KeptLog
  readonly #feeds: KeptFeeds
  readonly #checkpoint: KeptCheckpoint
  #record!: ReplicaRecord
  /** Feeds to take, and how far; null: without end. */
  #registered!: ReadonlyMap<string, number | null>

  private constructor(
    readonly ref: Uint8Array,
    private readonly room: Room,
    record: ReplicaRecord,
  ) {
    this.#know(record)
    this.#shelf = new Shelf(toBase64Url(ref), room)
    this.#log = new KeptLog(this.#shelf)
    this.#feeds = new KeptFeeds(
      this.#shelf,
      () => this.#registered,
      () => this.#checkpoint.covers,
    )
    this.#checkpoint = new KeptCheckpoint(this.#shelf, this.#log, this.#feeds, () => this.#record)
  }

  #know(record: ReplicaRecord): void {
    this.#record = record
    this.#registered = new Map(record.feeds)
  }

  /** @returns undefined if it is not kept here @throws HearthError `store/…` */
  static async open(ref: Uint8Array, room: Room): Promise<KeptReplica | undefined> {
    const row = room.database.get(['replica', toBase64Url(ref)])
    if (!row) return undefined
    const replica = new KeptReplica(ref, room, decodeRecord(row))
    await replica.#checkpoint.load()
    return replica
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

  set events(events: ReplicaEvents) {
    this.#shelf.events = events
  }

  get access(): Uint8Array {
    return this.#record.access
  }

  /** Bytes that it takes, and may take. */
  get size(): number {
    return this.#shelf.size
  }

  get quota(): number {
    return this.#shelf.quota
  }

  get registration(): Registration {
    return this.#record
  }

  isIn(device: DeviceId): boolean {
    return this.#registered.has(device)
  }

  // What members have and a KUBE has not

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
    return this.#log.heads
  }

  logSince(heads: readonly string[]): Iterable<Uint8Array> {
    return this.#log.since(heads)
  }

  takeLog(entries: readonly Uint8Array[]): Promise<void> {
    return this.#log.take(entries, (feed) => this.#mayBringLog(feed))
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
    return this.#shelf.exclusive(async () => {
      const { admins, asOf, feeds } = this.#record
      const may = admins.length > 0 ? admins : said.admins
      // defence: kept-feeds-by-admins
      if (!may.includes(signer)) return false
      // defence: kept-feeds-signed
      if (!(await verifyRegistration(platform, this.ref, said, signer, signature))) return false
      const known = this.#log.upTo(said.asOf)
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
      await this.room.database.write([[['replica', this.#shelf.name], encodeRecord(record)]])
      this.#know(record)
      return true
    })
  }

  /**
   * What leads to it from recovery words.
   * @returns whether it is kept, durably: if those words are an admin's, who alone can have signed it
   */
  cover(capsule: Capsule): Promise<boolean> {
    return this.#shelf.exclusive(async () => {
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
      if (!known && !this.#shelf.hasRoom(MAX_CAPSULE)) return false
      if (!known) return this.#shelf.write([beside], [index])
      await database.write([beside, index])
      return true
    })
  }

  /**
   * What leads from a passkey to those words.
   * @returns whether it is kept, durably: if the words are an admin's and have signed that this passkey may, which has signed where to
   */
  coverPasskey(capsule: PasskeyCapsule): Promise<boolean> {
    return this.#shelf.exclusive(async () => {
      const { words } = capsule
      // defence: passkey-of-an-admin
      if (!this.#record.admins.includes(toBase64Url(words))) return false
      // Who shares a space with somebody knows their words' key.
      // defence: passkey-vouched
      if (!(await isVouchedFor(platform, capsule))) return false
      // What another passkey leads to is not theirs to say.
      // defence: passkey-signed
      if (!(await isOfPasskey(platform, capsule))) return false
      const { database } = this.room
      const [beside, index] = rowsOfPasskey(capsule)
      if (database.get(beside[0])) {
        await database.write([beside, index])
        return true
      }
      // defence: passkeys-of-words
      if (database.keys(under(this.#shelf.name, words)).length >= MAX_PASSKEYS) return false
      // defence: passkey-room
      if (!this.#shelf.hasRoom(MAX_CAPSULE)) return false
      return this.#shelf.write([beside], [index])
    })
  }

  // The feeds

  async holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return this.#feeds.holdings
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return this.#feeds.positions
  }

  get counted(): ReadonlyMap<DeviceId, number> {
    return this.positions
  }

  lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    return this.#feeds.lackedBy(theirs)
  }

  receive(entries: readonly Uint8Array[]): Promise<void> {
    return this.#feeds.receive(entries)
  }

  // Checkpoints

  readonly wish = 'latest'

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint.here
  }

  get floors(): ReadonlyMap<DeviceId, number> {
    return this.#feeds.floors
  }

  piece(checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    return this.#checkpoint.piece(checkpoint, n)
  }

  begin(head: Uint8Array): Promise<Arriving | undefined> {
    return this.#checkpoint.begin(head)
  }

  /** Resolves when what was begun is on the disk. */
  settled(): Promise<void> {
    return this.#shelf.settled()
  }

  /** All that is kept of it is gone when it resolves. */
  async forget(): Promise<void> {
    await this.#shelf.exclusive(async () => {
      const { database } = this.room
      const { name } = this.#shelf
      const kinds = ['log', 'head', 'entry', 'capsule', 'passkey', 'piece']
      const keys: Key[] = kinds.flatMap((kind) => database.keys([kind, name]))
      const ones = ['replica', 'maker', 'checkpoint', 'sweep'].map((kind) => [kind, name])
      keys.push(...ones, ...indexOf(database, name), ...findersOf(database, name))
      await this.#shelf.clear(keys)
      this.room.count--
      this.room.makers.remove(name)
      this.#log.clear()
      this.#feeds.clear()
      this.#checkpoint.clear()
    })
  }
}

/** Checkpoints of the spaces of this device: made when there is much that none stands for, taken from others, and given to them. */
import { toHearthError } from '../../protocol/errors.js'
import { fromBase64Url, type DeviceId, type ObjectId, type SpaceId } from '../../protocol/ids.js'
import type { Damage, ObjectRecord } from '../../protocol/rpc.js'
import { MAX_CHECKPOINT_BYTES, MAX_HEAD_BYTES, type CheckpointWish } from '../../protocol/wire.js'
import type { Store, Write } from '../../store.js'
import type { Checked } from '../applying.js'
import { encodeBare, readStored } from '../bare-entry.js'
import { sameBytes } from '../entry.js'
import { headerOf } from '../feeds.js'
import type { Gate } from '../gate.js'
import { hashText } from '../hash-text.js'
import { pageWrites } from '../page-writer.js'
import type { EchoPlatform } from '../platform.js'
import type { Receiving } from '../receiving.js'
import { deviceOf, type Space } from '../space.js'
import type { Syncing } from '../syncing.js'
import { bareUpTo, isWanting, standsForBare } from './bare.js'
import { Base, storedPieces, type BaseRow } from './base.js'
import { bytesOf, countOf, readHead, type CheckpointHead, type Covered } from './head.js'
import { make } from './making.js'
import { isNewTo, readCheckpoint, rowsOf, Unfit } from './taking.js'

/**
 * One is made when so many entries have come that none stands for, and as a share of those that one stands for, so that it pays; when nothing
 * was written for so long, or, while more and more is, this long at the most, in milliseconds.
 */
const BUSY = { least: 1024, share: 0.5, quietMs: 3_000, longestMs: 60_000 } as const
/** Of fewer, when nobody has written for a while: whoever comes in next goes through what none stands for. */
const IDLE = { least: 256, share: 0.05, quietMs: 10_000, longestMs: Infinity } as const
/** Where none could be made, it is tried again with so many more entries, as a share: it may cost as much, and come to nothing again. */
const AGAIN = 0.25
/** Entries that are taken together, where each has to be looked at. */
const TOGETHER = 512

/** What it does to ECHO. */
export interface Covering {
  damage(damage: Damage): void
  /** New objects, in what is shown. */
  show(space: Space, created: readonly ObjectRecord[]): void
  /** Everything here is known to be here. */
  loaded(): Promise<void>
  /** There is another checkpoint here; feeds may have come further. */
  covered(space: Space): void
  /** Nothing is read or written any more. */
  /** Whether the space's setting is that entries need not be kept which a checkpoint stands for. */
  mayDrop(space: Space): boolean
  /** Pages stand for all that is durable when it resolves. */
  writePages(): Promise<void>
  /** No entry up to these is needed to load the document of this object any more. */
  save(space: Space, id: ObjectId, covers: ReadonlyMap<DeviceId, number>): Promise<void>
  ended(): boolean
}

/** One that somebody offers, on its way here. */
export interface Coming {
  readonly id: string
  readonly pieces: number
  take(n: number, bytes: Uint8Array): Promise<boolean>
  end(): Promise<void>
  stop(): void
}

export class Checkpoints {
  /** One of a space at a time. */
  private readonly turns = new WeakMap<Space, Promise<void>>()
  private readonly due = new Map<Space, { readonly since: number; cancel: () => void }>()
  private readonly making = new Set<Space>()
  /** While one is made, another one was wanted. */
  private readonly again = new Set<Space>()
  /** How many entries there were when none could be made. */
  private readonly failed = new WeakMap<Space, number>()
  /** Ids of some that are not what they say. */
  private readonly unfit = new Set<string>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly spaces: ReadonlyMap<SpaceId, Space>,
    private readonly receiving: Receiving,
    private readonly syncing: Syncing,
    private readonly gate: Gate,
    private readonly covering: Covering,
  ) {}

  // For others

  of(id: SpaceId): Base | undefined {
    return this.spaces.get(id)?.base
  }

  /** What this device would do with another one: it is better than entries where nothing of others is here. */
  wish(id: SpaceId): CheckpointWish {
    const space = this.spaces.get(id)
    if (!space) return 'gaps'
    if ([...space.feeds.keys()].every((feed) => feed === space.device)) return 'instead'
    return isWanting(space) ? 'latest' : 'gaps'
  }

  /** Of feeds, the last entry that can go to others by a checkpoint only. */
  bareUpTo(id: SpaceId): ReadonlyMap<DeviceId, number> {
    const space = this.spaces.get(id)
    return space ? bareUpTo(space) : new Map()
  }

  /** @returns undefined if that one is here no more @throws HearthError `store/…` */
  async piece(id: SpaceId, checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    const base = this.of(id)
    return base?.head.id === checkpoint ? base.piece(n) : undefined
  }

  // From others

  /**
   * It waits until the one before has ended.
   * @returns undefined if it is not wanted, no good, or the membership log that it was made by is not here
   */
  async begin(id: SpaceId, bytes: Uint8Array): Promise<Coming | undefined> {
    const space = this.spaces.get(id)
    if (!space || bytes.length > MAX_HEAD_BYTES) return undefined
    let over!: () => void
    const turn = new Promise<void>((resolve) => (over = resolve))
    const before = this.turns.get(space) ?? Promise.resolve()
    this.turns.set(
      space,
      before.then(() => turn),
    )
    await before
    const head = await this.wanted(space, bytes).catch(() => undefined)
    if (!head) over()
    return head && this.coming(space, head, bytes, over)
  }

  private async wanted(space: Space, bytes: Uint8Array): Promise<CheckpointHead | undefined> {
    const { keeper } = space
    const head = await readHead(bytes, (b) => this.platform.sha256(b))
    const { id, author, header, signature, heads, covers } = head
    // defence: checkpoint-by-an-admin
    if (!keeper.isAdmin(author)) return undefined
    // defence: checkpoint-signed
    if (!(await keeper.verifyCheckpoint(author, keeper.replica(), header, signature))) return undefined
    if (!keeper.knows(heads) || this.unfit.has(id)) return undefined
    // defence: checkpoint-in-bounds
    if (bytesOf(head) > MAX_CHECKPOINT_BYTES) return undefined
    const isMore = covers.some(({ feed, seq }) => seq > (space.feeds.get(feed)?.seq ?? 0))
    return isMore || (isWanting(space) && standsForBare(space, coversIn(head))) ? head : undefined
  }

  private coming(space: Space, head: CheckpointHead, bytes: Uint8Array, over: () => void): Coming {
    const pieces: Uint8Array[] = []
    return {
      id: head.id,
      pieces: head.pieces.length,
      take: async (n, piece) => {
        const said = head.pieces[n]
        // defence: piece-of-its-head
        if (!said || !sameBytes(said.hash, await this.platform.sha256(piece))) return false
        pieces[n] = piece
        return true
      },
      end: async () => {
        try {
          if (Object.keys(pieces).length === head.pieces.length)
            await this.gate.run(() => this.take(space, head, bytes, pieces))
        } catch (e) {
          if (e instanceof Unfit) this.refuse(space, head, e)
          else if (toHearthError(e).code !== 'halo/key-missing') throw e
        } finally {
          over()
        }
      },
      stop: over,
    }
  }

  private refuse(space: Space, { id }: CheckpointHead, { message }: Unfit): void {
    this.unfit.add(id)
    const words = `a checkpoint of another device is not what it says, and was not taken: ${message}`
    this.covering.damage({ what: 'entry', space: space.id, message: words })
  }

  private async take(
    space: Space,
    head: CheckpointHead,
    bytes: Uint8Array,
    pieces: readonly Uint8Array[],
  ): Promise<void> {
    await this.covering.loaded()
    if (this.spaces.get(space.id) !== space) return
    const taken = !space.base && isNewTo(space, head) && (await this.takeAtOnce(space, head, bytes, pieces))
    if (!taken) await this.takeOneByOne(space, head, bytes, pieces)
    this.covering.covered(space)
  }

  /** @returns false if it has to be taken one by one: an object of it is here */
  private async takeAtOnce(
    space: Space,
    head: CheckpointHead,
    bytes: Uint8Array,
    pieces: readonly Uint8Array[],
  ): Promise<boolean> {
    const { records, documents, firsts, lamport } = await readCheckpoint(
      ...[this.platform, space, head, pieces, this.pause],
    )
    if (records.some(({ record }) => space.rows.has(record.id))) return false
    const row: BaseRow = { head: bytes, firsts, gone: goneOf(head), isUnpacked: false }
    const before = { lamport: space.lamport }
    for (const { record, seq } of records) space.addStored(record, seq)
    for (const { feed, seq, id } of head.covers) {
      space.feeds.set(feed, { seq, head: fromBase64Url(id) })
      space.fresh.set(feed, id)
    }
    space.lamport = Math.max(lamport, before.lamport)
    const { writes, undo } = pageWrites(space)
    try {
      await this.store.write([...rowsOf(space, row, pieces), ...documents, ...writes], 'relaxed')
    } catch (e) {
      undo()
      for (const { record } of records) space.remove(record.id)
      for (const { feed } of head.covers) {
        space.feeds.delete(feed)
        space.fresh.delete(feed)
      }
      throw e
    }
    this.syncing.wrote()
    space.base = new Base(storedPieces(this.store, space.id), space, head, row)
    this.covering.show(
      space,
      records.map(({ record }) => record),
    )
    await this.receiving.anew(space)
    return true
  }

  /** Where some of it is here, each entry that is not is taken as if it had come by itself. */
  private async takeOneByOne(
    space: Space,
    head: CheckpointHead,
    bytes: Uint8Array,
    pieces: readonly Uint8Array[],
  ): Promise<void> {
    const { firsts } = await readCheckpoint(this.platform, space, head, pieces, this.pause)
    const whole: BaseRow = { head: bytes, firsts, gone: goneOf(head), isUnpacked: false }
    const arriving = new Base({ get: async (n) => pieces[n] }, space, head, whole)
    const after = new Map([...space.feeds].map(([feed, { seq }]) => [feed, seq]))
    let some: Checked[] = []
    const taken = async () => {
      await this.receiving.receive(space, some)
      some = []
      await this.pause()
    }
    const isMissing = (feed: DeviceId, seq: number) => seq > (after.get(feed) ?? 0)
    for await (const entry of arriving.entries(isMissing)) {
      const bare = encodeBare(entry)
      const sealed = await readStored(bare, (b) => this.platform.sha256(b))
      some.push({ bytes: bare, sealed, header: headerOf(sealed) })
      if (some.length === TOGETHER) await taken()
    }
    await taken()
    // What does not count here keeps it from standing for what does: it is worth its entries, and no more.
    const isWhole = head.covers.every(({ feed, seq }) => (space.feeds.get(feed)?.seq ?? 0) >= seq)
    // Nor does one take the place of another that stands for what it does not: there may be nothing else that says what that was.
    if (!isWhole || !standsForBare(space, arriving.covers)) return
    const row: BaseRow = { ...whole, isUnpacked: !space.base?.standsAlone }
    await this.store.write(rowsOf(space, row, pieces), 'relaxed')
    this.syncing.wrote()
    space.base = new Base(storedPieces(this.store, space.id), space, head, row)
  }

  // Made here

  /** More is here: a checkpoint may be due. */
  look(space: Space): void {
    const occasion = [BUSY, IDLE].find(({ least, share }) => this.isDue(space, least, share))
    if (occasion) this.schedule(space, occasion)
  }

  private schedule(
    space: Space,
    { quietMs, longestMs }: Pick<typeof BUSY | typeof IDLE, 'quietMs' | 'longestMs'>,
  ): void {
    const now = this.platform.now()
    const known = this.due.get(space)
    known?.cancel()
    const since = known?.since ?? now
    const wait = Math.max(0, Math.min(quietMs, since + longestMs - now))
    const cancel = this.platform.later(() => {
      this.due.delete(space)
      void this.make(space).catch(() => undefined)
    }, wait)
    this.due.set(space, { since, cancel })
  }

  /** What is to be kept is otherwise now, and a checkpoint says so. */
  lookAgain(id: SpaceId): void {
    const space = this.spaces.get(id)
    if (space) this.schedule(space, BUSY)
  }

  stop(): void {
    for (const { cancel } of this.due.values()) cancel()
    this.due.clear()
  }

  private isDue(space: Space, least: number, share: number): boolean {
    const { keeper, device, base } = space
    if (!keeper.isAdmin(device)) return false
    const all = entriesIn(space)
    if (all < (this.failed.get(space) ?? 0) * (1 + AGAIN)) return false
    if (isWanting(space)) return true
    const covered = base ? countOf(base.head) : 0
    return all - covered >= Math.max(this.platform.checkpointAfter ?? least, covered * share)
  }

  private async make(space: Space): Promise<void> {
    if (this.covering.ended()) return
    if (this.making.has(space)) return void this.again.add(space)
    this.making.add(space)
    try {
      await this.covering.loaded()
      await this.gate.idle()
      const covers = coversOf(space)
      if (!covers || (await this.isForked(space))) return
      const { withdrawals, base } = space
      const mayDrop = this.covering.mayDrop(space)
      const made = await make(this.platform, this.store, space, covers, mayDrop, this.pause)
      if (!made) return void this.failed.set(space, entriesIn(space))
      const isHere = await this.gate.run(async () => {
        // What it stands for may count no more by now, or another one have come.
        if (space.withdrawals !== withdrawals || space.base !== base) return false
        if (this.spaces.get(space.id) !== space) return false
        const { gone = new Map<DeviceId, number>(), standsAlone = false } = space.base ?? {}
        const row: BaseRow = { ...made.row, gone: [...gone], isUnpacked: !standsAlone }
        await this.store.write(rowsOf(space, row, made.pieces), 'strict')
        const head = await readHead(row.head, (b) => this.platform.sha256(b))
        space.base = new Base(storedPieces(this.store, space.id), space, head, row)
        return true
      })
      if (isHere) this.covering.covered(space)
      if (isHere && mayDrop) await this.drop(space)
    } finally {
      this.making.delete(space)
    }
    // More may have come meanwhile.
    if (this.again.delete(space)) this.schedule(space, BUSY)
    else this.look(space)
  }

  /** Deletes the entries that the checkpoint here stands for, once nothing that is derived needs them. */
  private async drop(space: Space): Promise<void> {
    const { base } = space
    if (!base) return
    for await (const { id, history } of base.objects())
      if (history) await this.gate.run(() => this.covering.save(space, id, base.covers))
    const { withdrawals } = space
    // A position is written with a page: it has to say that pages have all of it.
    space.pages.touch(0)
    await this.covering.writePages()
    await this.gate.run(async () => {
      // Without a position, entries alone say what there is.
      if (space.base !== base || space.withdrawals !== withdrawals) return
      const row = base.alone
      await this.store.write(
        [
          ...base.head.covers.map(({ feed, seq }): Write => ({
            table: 'entries',
            under: [space.id, feed],
            upTo: seq,
          })),
          { table: 'checkpoints', key: [space.id], put: row },
        ],
        'strict',
      )
      space.base = new Base(storedPieces(this.store, space.id), space, base.head, row)
    })
    this.covering.covered(space)
  }

  /** Which of two branches counts is for whoever has the entries to say. */
  private async isForked(space: Space): Promise<boolean> {
    return ((await this.receiving.known(space))?.judge.forks().length ?? 0) > 0
  }

  private readonly pause = (): Promise<void> => new Promise((resolve) => void this.platform.later(resolve, 0))
}

const entriesIn = ({ feeds }: Space): number => [...feeds.values()].reduce((sum, { seq }) => sum + seq, 0)

/** @returns undefined where something stands in the way: a branch, or entries that do not count */
function coversOf(space: Space): Covered[] | undefined {
  const covers: Covered[] = []
  if (space.aside.size > 0 || space.copiedAt !== undefined) return undefined
  for (const [feed, { seq, head }] of space.feeds) {
    if (deviceOf(feed) !== feed) return undefined
    if (seq === 0) continue
    if (!head) return undefined
    covers.push({ feed, seq, id: hashText(head) })
  }
  return covers.length > 0 ? covers.sort((a, b) => (a.feed < b.feed ? -1 : 1)) : undefined
}

const coversIn = ({ covers }: CheckpointHead) => new Map(covers.map(({ feed, seq }) => [feed, seq]))
const goneOf = ({ covers }: CheckpointHead) => covers.map(({ feed, seq }) => [feed, seq] as const)

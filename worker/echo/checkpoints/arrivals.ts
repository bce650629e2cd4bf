/** Checkpoints that others offer: which of them are taken, and how. */
import { toHearthError } from '../../protocol/errors.js'
import { fromBase64Url, type DeviceId } from '../../protocol/ids.js'
import { MAX_CHECKPOINT_BYTES, MAX_HEAD_BYTES } from '../../protocol/wire.js'
import type { Store } from '../../store.js'
import type { Checked } from '../applying.js'
import { encodeBare, readStored } from '../bare-entry.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { headerOf } from '../feeds.js'
import type { Gate } from '../gate.js'
import { pageWrites } from '../page-writer.js'
import type { EchoPlatform } from '../platform.js'
import type { Receiving } from '../receiving.js'
import type { Space } from '../space.js'
import type { Syncing } from '../syncing.js'
import { isWanting, standsForBare } from './bare.js'
import { Base, storedPieces, type BaseRow } from './base.js'
import type { Covering } from './covering.js'
import { bytesOf, readHead, type CheckpointHead } from './head.js'
import { isNewTo, readCheckpoint, rowsOf, Unfit } from './taking.js'

/** Entries that are taken together, where each has to be looked at. */
const TOGETHER = 512

/** One that somebody offers, on its way here. */
export interface Coming {
  readonly id: string
  readonly pieces: number
  take(n: number, bytes: Uint8Array): Promise<boolean>
  end(): Promise<void>
  stop(): void
}

export class Arrivals {
  /** One of a space at a time. */
  private readonly turns = new WeakMap<Space, Promise<void>>()
  /** Ids of some that are not what they say. */
  private readonly unfit = new Set<string>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly receiving: Receiving,
    private readonly syncing: Syncing,
    private readonly gate: Gate,
    private readonly covering: Covering,
  ) {}

  /**
   * It waits until the one before has ended.
   * @returns undefined if it is not wanted, no good, or the membership log that it was made by is not here
   */
  async begin(space: Space, bytes: Uint8Array): Promise<Coming | undefined> {
    if (bytes.length > MAX_HEAD_BYTES) return undefined
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
    if (!(await keeper.verify('checkpoint', author, keeper.replica(), header, signature))) return undefined
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
    if (!this.covering.isHere(space)) return
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

  private readonly pause = (): Promise<void> => new Promise((resolve) => void this.platform.later(resolve, 0))
}

const coversIn = ({ covers }: CheckpointHead) => new Map(covers.map(({ feed, seq }) => [feed, seq]))
const goneOf = ({ covers }: CheckpointHead) => covers.map(({ feed, seq }) => [feed, seq] as const)

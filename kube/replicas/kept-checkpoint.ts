/**
 * The latest checkpoint of a replica, for whoever lacks what it stands for. It is taken whole or not at all, in one write; what that leaves
 * over is swept away afterwards, a little at a time. A server that ends in the middle has what was before, or what comes after, and sweeps on.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Key } from 'lmdb'
import { bytesOf, countOf, readHead, type CheckpointHead } from '../../worker/echo/checkpoints/head.js'
import type { Registration } from '../../worker/halo/kept/registration.js'
import { sameBytes } from '../../worker/protocol/same-bytes.js'
import { verify } from '../../worker/halo/suite/signing.js'
import type { Arriving, Checkpoint } from '../../worker/mesh/platform.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { MAX_CHECKPOINT_BYTES } from '../../worker/protocol/wire.js'
import { platform, sha256 } from '../platform.js'
import type { Row } from './rows.js'
import type { Covered, KeptFeeds } from './kept-feeds.js'
import type { KeptLog } from './kept-log.js'
import type { Shelf } from './shelf.js'

/** Rows that are swept away in one write, at most: of entries, and of pieces, which are larger. */
const SWEPT_ENTRIES = 1024
const SWEPT_PIECES = 64

/** One on its way here. */
interface Coming {
  readonly head: CheckpointHead
  readonly bytes: Uint8Array
  /** Pieces that are here. */
  taken: number
}

export class KeptCheckpoint {
  #here: { readonly head: CheckpointHead; readonly checkpoint: Checkpoint } | undefined
  #coming: Coming | undefined
  /** Resolves when the one before has ended. */
  #turn: Promise<void> = Promise.resolve()
  #isSweeping = false
  #isSweepDue = false

  constructor(
    private readonly shelf: Shelf,
    private readonly log: KeptLog,
    private readonly feeds: KeptFeeds,
    private readonly registration: () => Registration,
  ) {}

  /** What is on the disk. */
  async load(): Promise<void> {
    const { shelf, feeds } = this
    const { database, name } = shelf
    const bytes = database.get(['checkpoint', name])
    if (bytes) this.#set(await readHead(bytes, sha256), bytes)
    const left = database.get(['sweep', name])
    if (left) feeds.raise(decode(left) as [DeviceId, number][])
    // A feed whose row is damaged goes on from there, too.
    feeds.advance(feeds.advancing(this.covers).shorter)
    const hasLost = !bytes && database.keys(['piece', name], undefined, 1).length > 0
    if (hasLost) await shelf.write([], [this.#sweepRow()])
    if (left || hasLost) this.#sweep()
  }

  get here(): Checkpoint | undefined {
    return this.#here?.checkpoint
  }

  #set(head: CheckpointHead, bytes: Uint8Array): void {
    const covers = new Map(head.covers.map(({ feed, seq }) => [feed, seq]))
    this.#here = { head, checkpoint: { id: head.id, head: bytes, covers, pieces: head.pieces.length } }
  }

  get covers(): readonly Covered[] {
    return this.#here?.head.covers ?? []
  }

  /** @returns undefined if that one is not here, or damaged: then it is here no more @throws HearthError `store/…` */
  async piece(id: string, n: number): Promise<Uint8Array | undefined> {
    const { head } = this.#here ?? {}
    if (head?.id !== id || n >= head.pieces.length) return undefined
    const bytes = this.shelf.database.get(this.#pieceKey(id, n))
    if (!bytes) await this.#lost(id)
    return bytes
  }

  /** Whoever has one may bring it again: what it stood for is given by nothing else. */
  #lost(id: string): Promise<void> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      if (this.#here?.head.id !== id) return
      await shelf.write([], [this.#sweepRow()], [['checkpoint', shelf.name]])
      this.#here = undefined
      this.#sweep()
      shelf.events.damaged()
      shelf.events.gap()
    })
  }

  /**
   * It waits until the one before has ended.
   * @returns undefined if it is no good, or not later than the one that is here, or there is no room for it
   * @throws HearthError `store/…`
   */
  async begin(bytes: Uint8Array): Promise<Arriving | undefined> {
    const before = this.#turn
    let over!: () => void
    this.#turn = new Promise((resolve) => (over = resolve))
    await before
    try {
      const coming = await this.shelf.exclusive(() => this.#begin(bytes))
      if (coming) return this.#arriving(coming, over)
    } catch (e) {
      over()
      throw e
    }
    over()
    return undefined
  }

  async #begin(bytes: Uint8Array): Promise<Coming | undefined> {
    const { shelf } = this
    const head = await readHead(bytes, sha256).catch(() => undefined)
    if (!head || !(await this.#mayStand(head))) return undefined
    // defence: kept-checkpoint-room
    if (bytesOf(head) > MAX_CHECKPOINT_BYTES || !shelf.hasRoom(bytes.length + bytesOf(head))) return undefined
    // From here on there may be pieces that belong to nothing.
    if (!(await shelf.write([], [this.#sweepRow()]))) return undefined
    return (this.#coming = { head, bytes, taken: 0 })
  }

  /** As far as can be told without a key. */
  async #mayStand(head: CheckpointHead): Promise<boolean> {
    const { replica, author, header, signature, heads, pieces, covers } = head
    // defence: kept-checkpoint-of-this-replica
    if (toBase64Url(replica) !== this.shelf.name) return false
    // defence: kept-checkpoint-by-admins
    if (!this.registration().admins.includes(author)) return false
    // defence: kept-checkpoint-signed
    if (!(await verify(platform, fromBase64Url(author), 'checkpoint', replica, header, signature)))
      return false
    // defence: kept-checkpoint-log
    if (heads.length === 0 || !heads.every((id) => this.log.has(id))) return false
    // defence: kept-checkpoint-later
    if (!this.#isLater(head)) return false
    return pieces.length > 0 && (await this.feeds.fit(covers))
  }

  /**
   * It stands for all that is here no more, and for more than the one before, or for something that is not here; or for as much, and lets entries go, where
   * that one does not. What that one stood for beside it is here as entries. In place of one whose author is no admin any more, which nobody takes, any will do.
   */
  #isLater(head: CheckpointHead): boolean {
    const here = this.#here?.head
    if (here?.id === head.id) return false
    const isMore =
      !here ||
      countOf(head) > countOf(here) ||
      (countOf(head) === countOf(here) && head.mayDrop && !here.mayDrop) ||
      this.feeds.advancing(head.covers).shorter.length > 0
    if (!isMore && this.registration().admins.includes(here.author)) return false
    const upTo = new Map(head.covers.map(({ feed, seq }) => [feed, seq]))
    return [...this.feeds.floors].every(([feed, floor]) => (upTo.get(feed) ?? 0) >= floor - 1)
  }

  #arriving(coming: Coming, over: () => void): Arriving {
    const { id, pieces } = coming.head
    return {
      ...{ id, pieces: pieces.length },
      take: (n, bytes) => this.#take(coming, n, bytes),
      end: () => this.#end(coming).finally(over),
      stop: () => {
        if (this.#coming === coming) {
          this.#coming = undefined
          this.#sweep()
        }
        over()
      },
    }
  }

  #take(coming: Coming, n: number, bytes: Uint8Array): Promise<boolean> {
    const { shelf } = this
    return shelf.exclusive(async () => {
      const { head } = coming
      const said = head.pieces[n]
      if (this.#coming !== coming || n !== coming.taken || !said || said.bytes !== bytes.length) return false
      // defence: kept-piece-of-its-head
      if (!sameBytes(said.hash, await sha256(bytes))) return false
      // One that was given up may have left it.
      if (await shelf.replace([this.#pieceKey(head.id, n), bytes])) coming.taken++
      else shelf.events.full()
      return true
    })
  }

  /** All of it is here: it takes the place of the one before, and where it may, of the entries that it stands for. */
  #end(coming: Coming): Promise<void> {
    const { shelf, feeds } = this
    return shelf.exclusive(async () => {
      const { head, bytes, taken } = coming
      if (this.#coming !== coming) return
      this.#coming = undefined
      // Much may have come meanwhile.
      const isGood = taken === head.pieces.length && (await this.#mayStand(head))
      if (!isGood) return this.#sweep()
      const { rows, shorter } = feeds.advancing(head.covers)
      const gone = head.mayDrop ? head.covers : shorter
      const floors = new Map(feeds.floors)
      for (const { feed, seq } of gone) floors.set(feed, Math.max(seq + 1, floors.get(feed) ?? 1))
      const key = ['checkpoint', shelf.name]
      const isWritten = await shelf.replace([key, bytes], [...rows, this.#sweepRow(floors)])
      if (isWritten) {
        this.#set(head, bytes)
        feeds.advance(shorter)
        feeds.raise(floors)
        shelf.events.checkpointed()
      } else shelf.events.full()
      this.#sweep()
    })
  }

  /** What belongs to nothing any more is deleted, in portions: others do not wait for all of it. What fails is done when it is opened next. */
  #sweep(): void {
    this.#isSweepDue = true
    if (!this.#isSweeping) void this.#sweepAll().catch(() => undefined)
  }

  async #sweepAll(): Promise<void> {
    this.#isSweeping = true
    try {
      while (this.#isSweepDue) {
        this.#isSweepDue = false
        while (await this.shelf.exclusive(() => this.#sweepSome()));
      }
    } finally {
      this.#isSweeping = false
    }
  }

  /** @returns whether there may be more */
  async #sweepSome(): Promise<boolean> {
    const { shelf } = this
    const rest = [...this.#leftPieces(), ...this.#leftEntries()]
    if (rest.length > 0) return shelf.write([], [], rest)
    shelf.events.freed()
    if (!this.#coming) await shelf.database.write([], [['sweep', shelf.name]])
    return false
  }

  #leftPieces(): Key[][] {
    const { database, name } = this.shelf
    const belongs = [this.#here?.head.id, this.#coming?.head.id]
    const keys = database.keys(['piece', name])
    return keys.filter((key) => !belongs.includes(key[2] as string)).slice(0, SWEPT_PIECES)
  }

  #leftEntries(): Key[][] {
    const { database, name } = this.shelf
    const keys: Key[][] = []
    for (const [feed, floor] of this.feeds.floors) {
      if (keys.length >= SWEPT_ENTRIES) break
      keys.push(...database.keys(['entry', name, feed], floor, SWEPT_ENTRIES - keys.length))
    }
    return keys
  }

  /** That there may be something left over; and from where on feeds are here, which the disk does not show before it is swept. */
  #sweepRow(floors: ReadonlyMap<DeviceId, number> = this.feeds.floors): Row {
    return [['sweep', this.shelf.name], encode([...floors], rfc8949EncodeOptions)]
  }

  #pieceKey(id: string, n: number): Key[] {
    return ['piece', this.shelf.name, id, n]
  }

  /** It is deleted, by whoever deletes all of the replica. */
  clear(): void {
    this.#here = undefined
    this.#coming = undefined
  }
}

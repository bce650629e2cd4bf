/**
 * A checkpoint of a space, made of its entries: of those that an earlier one stands for, and of those that came since. It is a function of
 * the entries alone, and not of what this device shows.
 */
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import { MAX_CHECKPOINT_BYTES, MAX_PIECE_BYTES, MAX_PIECES } from '../../protocol/wire.js'
import { sizeOf } from '../../protocol/values.js'
import type { Store } from '../../store.js'
import { readStored, openStored } from '../bare-entry.js'
import { packHistory, type Brought, type History } from '../documents/history.js'
import { isWhole, type Entry } from '../entry.js'
import { hashText } from '../hash-text.js'
import type { EchoPlatform } from '../platform.js'
import type { Space } from '../space.js'
import type { BaseRow } from './base.js'
import { encodeHead, encodeHeader, type Covered, type Piece } from './head.js'
import { sealPiece, type CoveredEntry, type CoveredObject, type PieceBody } from './pieces.js'

/** Rows that are read in one go. */
const TOGETHER = 128
/** Of entries in one piece; of objects, about, before they are compressed: one goes whole. */
const ENTRIES_OF_A_PIECE = 8192
const BYTES_OF_A_PIECE = 512 << 10

export interface Made {
  readonly row: Pick<BaseRow, 'head' | 'firsts'>
  readonly pieces: readonly Uint8Array[]
}

/** An object, as it gathers. */
interface Gathered extends Omit<CoveredObject, 'history'> {
  readonly brought: Brought[]
}

/**
 * @param covers of each feed, the last entry that it is to stand for: all before it count, and are here
 * @param pause between turns
 * @returns undefined if it cannot be made: something is damaged, contradicts itself, or is too large
 * @throws HearthError `store/…`, `halo/…`
 */
export async function make(
  platform: EchoPlatform,
  store: Store,
  space: Space,
  covers: readonly Covered[],
  mayDrop: boolean,
  pause: () => Promise<void>,
): Promise<Made | undefined> {
  await platform.automerge()
  const { keeper } = space
  const { replica, epochs, heads } = await keeper.context()
  const gathering = new Gathering(platform, store, space, pause)
  if (!(await gathering.run(covers))) return undefined
  const pieces: Uint8Array[] = []
  const firsts: (ObjectId | null)[] = []
  const hashes: Piece[] = []
  for await (const body of gathering.bodies(covers)) {
    const piece = await sealPiece(keeper, replica, epochs, pieces.length, body)
    if (piece.length > MAX_PIECE_BYTES || pieces.length >= MAX_PIECES) return undefined
    hashes.push({ hash: await platform.sha256(piece), bytes: piece.length })
    pieces.push(piece)
    firsts.push(body.t === 'feed' ? null : body.objects[0]!.id)
    await pause()
  }
  if (pieces.reduce((sum, { length }) => sum + length, 0) > MAX_CHECKPOINT_BYTES) return undefined
  const said = { replica, author: space.device, heads: space.knows ?? heads, epochs, covers, pieces: hashes }
  const header = encodeHeader({ ...said, mayDrop })
  const head = encodeHead(header, await keeper.sign('checkpoint', replica, header))
  return { row: { head, firsts }, pieces }
}

class Gathering {
  private readonly feeds = new Map<DeviceId, CoveredEntry[]>()
  private readonly objects = new Map<ObjectId, Gathered>()
  /** What was done to objects before they are known: entries of feeds come one feed after the other. */
  private readonly early = new Map<ObjectId, Brought[]>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly space: Space,
    private readonly pause: () => Promise<void>,
  ) {}

  /** @returns whether all of it is here, and contradicts nothing */
  async run(covers: readonly Covered[]): Promise<boolean> {
    const after = await this.takeBase()
    if (!after) return false
    for (const { feed, seq, id } of covers) {
      if (!(await this.takeFeed(feed, after.get(feed) ?? 0, seq))) return false
      if (this.feeds.get(feed)?.at(-1)?.id !== id) return false
    }
    return this.early.size === 0
  }

  /** @returns of each feed, up to where it was taken from an earlier checkpoint */
  private async takeBase(): Promise<ReadonlyMap<DeviceId, number> | undefined> {
    const { base } = this.space
    if (!base?.standsAlone) return new Map()
    const { gone } = base
    try {
      for await (const entry of base.entries((feed, seq) => seq <= (gone.get(feed) ?? 0)))
        if (!this.take(entry)) return undefined
    } catch {
      return undefined
    }
    return gone
  }

  private async takeFeed(feed: DeviceId, after: number, upTo: number): Promise<boolean> {
    for (let from = after; from < upTo;) {
      const rows = await this.store.rows<unknown>('entries', [this.space.id, feed], from, TOGETHER)
      if (rows.length === 0) return false
      for (const { value } of rows) {
        if (from === upTo) break
        const entry = await this.open(value)
        if (entry?.feed !== feed || entry.seq !== ++from || !isWhole(entry) || !this.take(entry)) return false
      }
      await this.pause()
    }
    return true
  }

  private async open(bytes: unknown): Promise<Entry | undefined> {
    try {
      return await openStored(await readStored(bytes, (b) => this.platform.sha256(b)), this.space.keeper)
    } catch {
      return undefined
    }
  }

  private take({ id: bytes, feed, seq, heads, deps, epochs, lamport, at, ...body }: Entry): boolean {
    // Nobody writes so; whoever does keeps a checkpoint from being made.
    if (!Number.isSafeInteger(lamport) || !Number.isFinite(at)) return false
    const id = hashText(bytes)
    const list = this.feeds.get(feed) ?? []
    this.feeds.set(feed, list)
    list.push({ id, heads, deps, epochs, lamport, at })
    for (const [index, [object, type, value]] of body.creations.entries()) {
      // Of two that made the same, only what is known to all says which one it is.
      if (this.objects.has(object)) return false
      const brought = this.early.get(object) ?? []
      this.early.delete(object)
      this.objects.set(object, { id: object, type, value, feed, seq, index, brought })
    }
    for (const [object, changes] of body.changes) {
      const brought = this.objects.get(object)?.brought ?? this.early.get(object) ?? []
      if (!this.objects.has(object)) this.early.set(object, brought)
      for (const change of changes) brought.push({ feed, seq, change })
    }
    return true
  }

  async *bodies(covers: readonly Covered[]): AsyncGenerator<PieceBody> {
    for (const { feed } of covers) {
      const all = this.feeds.get(feed)!
      for (let i = 0; i < all.length; i += ENTRIES_OF_A_PIECE)
        yield { t: 'feed', feed, first: i + 1, entries: all.slice(i, i + ENTRIES_OF_A_PIECE) }
    }
    let objects: CoveredObject[] = []
    let bytes = 0
    for (const id of [...this.objects.keys()].sort()) {
      const { brought, ...made } = this.objects.get(id)!
      this.objects.delete(id)
      const history = brought.length > 0 ? await packHistory(made, brought, this.pause) : undefined
      const more = sizeOf(made.value) + (history ? bytesOf(history) : 0)
      if (objects.length > 0 && bytes + more > BYTES_OF_A_PIECE) {
        yield { t: 'objects', objects }
        objects = []
        bytes = 0
      }
      objects.push({ ...made, history })
      bytes += more
    }
    if (objects.length > 0) yield { t: 'objects', objects }
  }
}

const bytesOf = (history: History): number =>
  history.document === null
    ? [...history.changes.values()].flat().reduce((sum, [, change]) => sum + change.length, 0)
    : history.document.length

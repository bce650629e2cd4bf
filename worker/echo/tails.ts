/**
 * What this device has written and nobody takes any more, because somebody else writes as this device, too (docs/protocol/entries.md,
 * "A device that exists twice"). It is kept under the ids of its entries, and written again by the device that this one has become.
 */
import { toHearthError } from '../protocol/errors.js'
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { Item } from '../protocol/rpc.js'
import type { Store, Write } from '../store.js'
import { hashText } from './hash-text.js'
import type { Documents } from './documents.js'
import { decodeStored } from './bare-entry.js'
import type { Entry } from './entry.js'
import type { EchoPlatform } from './platform.js'
import { deviceOf, type Space } from './space.js'

/** Key of its row in `meta`. */
export const TAILS = 'tails'
/** Batches of a tail: new objects, just as they were made; then what was done to objects. */
export const MADE = 1
export const DONE = 2

/** Of one space. */
export interface Tail {
  /** As whose batches it is written again: their mark says how much of it was. */
  readonly client: ClientId
  readonly space: SpaceId
  /** That wrote it. */
  readonly device: DeviceId
  /** Whether nothing more of that device is taken: then it writes again as another one. */
  readonly isForked: boolean
  /** Ids of entries that do not count, or something of which is left out: parents first. */
  readonly entries: readonly string[]
}
/** By the device that wrote them: ids of entries, parents first. */
export type Lost = ReadonlyMap<DeviceId, readonly string[]>

export class Tails {
  private kept: readonly Tail[] = []

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
  ) {}

  /** What an earlier life has kept. */
  restore(tails: readonly Tail[]): void {
    this.kept = tails
  }

  get all(): readonly Tail[] {
    return this.kept
  }

  /** To be written with what takes this out, and `kept` when that is durable. */
  with({ id: space }: Space, lost: Lost, isForked: boolean): { write: Write; kept: () => void } {
    const more = [...lost].map(([device, entries]): Tail => {
      const client = newId<ClientId>(this.platform.random(16))
      return { client, space, device, isForked, entries }
    })
    const next = [...this.kept, ...more]
    return { write: rowOf(next), kept: () => (this.kept = next) }
  }

  /** It is written again. @throws HearthError `store/…` */
  async ended(tail: Tail): Promise<void> {
    const next = this.kept.filter((one) => one !== tail)
    await this.store.write([rowOf(next)], 'strict')
    this.kept = next
  }

  /** Entries of a tail that can be read: some may count again by now. @throws HearthError `store/…` */
  async entriesOf(space: Space, { device, entries }: Tail): Promise<Entry[]> {
    await space.base?.unpack(this.store)
    const strays = await Promise.all(entries.map((id) => this.store.get<unknown>('strays', [space.id, id])))
    const counting = (await this.store.rows<unknown>('entries', [space.id])).filter(
      ({ key }) => deviceOf(key[1] as DeviceId) === device,
    )
    const found = new Map<string, Entry>()
    for (const bytes of [...strays, ...counting.map(({ value }) => value)])
      try {
        const entry = await decodeStored(bytes, space.keeper, (b) => this.platform.sha256(b))
        found.set(hashText(entry.id), entry)
      } catch {
        // It counts, and is not a stray; or it is damaged, and named as that elsewhere.
      }
    return entries.flatMap((id) => found.get(id) ?? [])
  }

  /** New objects that are not there. They begin as they did: whoever has built on them has built on these. */
  madeBy(space: Space, entries: readonly Entry[]): Item[] {
    const creations = entries.flatMap(({ creations }) => creations)
    return creations.filter(([id]) => !space.rows.has(id)).map(([id, type, value]) => ({ id, type, value }))
  }

  /**
   * What these entries did to objects, as edits of what those are without them. One that is damaged stays as it is.
   * @throws HearthError `store/…`
   */
  async doneBy(space: Space, entries: readonly Entry[]): Promise<Item[]> {
    const changed = new Map<ObjectId, Entry[]>()
    for (const entry of entries)
      for (const [id] of entry.changes) {
        const list = changed.get(id)
        if (!list) changed.set(id, [entry])
        else if (list.at(-1) !== entry) list.push(entry)
      }
    let histories: ReturnType<Documents['histories']> | undefined
    const history = async (id: ObjectId) =>
      (await (histories ??= this.documents.histories(space, new Set(changed.keys())))).get(id)!
    const items: Item[] = []
    for (const [id, from] of changed) {
      if (!space.rows.has(id)) continue
      for (const op of await this.wouldDo(space, id, from, () => history(id))) items.push({ id, op })
    }
    return items
  }

  private async wouldDo(...asked: Parameters<Documents['wouldDo']>): Promise<readonly Op[]> {
    try {
      return await this.documents.wouldDo(...asked)
    } catch (e) {
      if (toHearthError(e).code === 'echo/damaged') return []
      throw e
    }
  }
}

const rowOf = (put: readonly Tail[]): Write => ({ table: 'meta', key: TAILS, put })

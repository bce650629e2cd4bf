/** A checkpoint that came from somebody else, onto a space where nothing of what it stands for is: as if all of it had been replayed. */
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import { creationOrder } from '../../protocol/queries.js'
import type { ObjectRecord } from '../../protocol/rpc.js'
import { verifyItem } from '../../protocol/verify.js'
import type { Write } from '../../store.js'
import { mergeInto } from '../documents/merge-into.js'
import { entriesOf, unpackHistory, type History } from '../documents/history.js'
import { ObjectDocument } from '../documents/object-document.js'
import { checkPlain } from '../documents/plain-document.js'
import type { EchoPlatform } from '../platform.js'
import type { Space } from '../space.js'
import type { BaseRow } from './base.js'
import type { CheckpointHead } from './head.js'
import { openPiece, type CoveredEntry, type CoveredObject } from './pieces.js'

/** Objects between two turns. */
const TOGETHER = 32

/** What a checkpoint comes to. */
export interface Taken {
  readonly records: readonly { readonly record: ObjectRecord; readonly seq: number }[]
  /** Documents of objects to which something was done. */
  readonly documents: readonly Write[]
  /** Of each piece of objects, its first one. */
  readonly firsts: readonly (ObjectId | null)[]
  readonly lamport: number
}

/** It is not what it says. */
export class Unfit extends Error {}

/** Whether nothing of what it stands for is here: then it is taken at once, and not entry by entry. */
export const isNewTo = (space: Space, { covers }: CheckpointHead): boolean =>
  covers.every(({ feed }) => !space.feeds.has(feed) && feed !== space.device)

/**
 * @param pieces as they came, each what its hash says
 * @param pause between turns
 * @throws Unfit, HearthError `halo/key-missing`
 */
export async function readCheckpoint(
  platform: EchoPlatform,
  space: Space,
  head: CheckpointHead,
  pieces: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<Taken> {
  await platform.automerge()
  const reading = new Reading(space, head)
  const firsts: (ObjectId | null)[] = []
  for (const [n, piece] of pieces.entries()) {
    const body = await fit(() => openPiece(space.keeper, head.replica, head.epochs, n, piece))
    if (body.t === 'feed') {
      reading.feed(body.feed, body.first, body.entries)
      firsts.push(null)
      continue
    }
    const [first] = body.objects
    if (!first) throw new Unfit('a piece of nothing')
    firsts.push(first.id)
    for (const [i, object] of body.objects.entries()) {
      await fit(() => reading.object(object))
      if (i % TOGETHER === 0) await pause()
    }
  }
  return { ...reading.end(), firsts }
}

async function fit<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (e) {
    if ((e as { code?: string }).code === 'halo/key-missing') throw e
    throw new Unfit((e as Error).message)
  }
}

class Reading {
  private readonly feeds = new Map<DeviceId, CoveredEntry[]>()
  private readonly records: { record: ObjectRecord; seq: number }[] = []
  private readonly documents: Write[] = []
  private readonly upTo: Readonly<Record<DeviceId, number>>
  private last = '' as ObjectId

  constructor(
    private readonly space: Space,
    private readonly head: CheckpointHead,
  ) {
    this.upTo = Object.fromEntries(head.covers.map(({ feed, seq }) => [feed, seq]))
  }

  feed(feed: DeviceId, first: number, entries: readonly CoveredEntry[]): void {
    const list = this.feeds.get(feed) ?? []
    this.feeds.set(feed, list)
    if (first !== list.length + 1) throw new Unfit('entries that do not follow')
    for (const entry of entries) list.push(entry)
  }

  async object(object: CoveredObject): Promise<void> {
    const { id, type, value, feed, seq, index, history } = object
    if (!(this.last < id)) throw new Unfit('objects out of order')
    this.last = id
    // defence: covered-as-a-tab-may
    verifyItem({ id, type, value })
    const { lamport, at } = this.entry(feed, seq)
    const record: ObjectRecord = {
      ...{ id, type, value, author: feed, gone: false, space: this.space.id },
      ...{ order: creationOrder(lamport, index), createdAt: at, updatedAt: at },
    }
    this.records.push({ record: history ? await this.edited(record, history) : record, seq })
  }

  private async edited(record: ObjectRecord, history: History): Promise<ObjectRecord> {
    const { id, type, value } = record
    let { updatedAt } = record
    for (const [feed, seq] of entriesOf(history)) updatedAt = Math.max(updatedAt, this.entry(feed, seq).at)
    const document = await this.open({ id, type, value }, history)
    try {
      const shown = document.materialise()
      verifyItem({ id, type: shown.type, value: shown.value })
      const bytes = history.document ?? document.save()
      this.documents.push({ table: 'documents', key: id, put: { bytes, upTo: this.upTo } })
      return { ...record, value: shown.value, gone: shown.gone, updatedAt }
    } finally {
      document.free()
    }
  }

  private async open(
    creation: Pick<ObjectRecord, 'id' | 'type' | 'value'>,
    history: History,
  ): Promise<ObjectDocument> {
    const { device, keeper } = this.space
    const { id } = creation
    if (history.document) {
      checkPlain(history.document)
      // It begins as this one does, or it would be another one.
      return ObjectDocument.open({ id, device, creation, saved: history.document })
    }
    const begun = async () => ObjectDocument.open({ id, device, creation })
    const incoming = unpackHistory(history).map(({ feed: by, change }) => {
      const formerly = keeper.moved?.device === by ? keeper.moved.formerly : undefined
      return { by, change, formerly }
    })
    return (await mergeInto(await begun(), incoming, begun)).document
  }

  private entry(feed: DeviceId, seq: number): CoveredEntry {
    const entry = this.feeds.get(feed)?.[seq - 1]
    if (!entry) throw new Unfit('an entry that it does not stand for')
    return entry
  }

  end(): Omit<Taken, 'firsts'> {
    let lamport = 0
    for (const { feed, seq, id } of this.head.covers) {
      const entries = this.feeds.get(feed)
      if (entries?.length !== seq || entries.at(-1)!.id !== id) throw new Unfit('another end of a feed')
      for (const entry of entries) lamport = Math.max(lamport, entry.lamport)
    }
    if (this.feeds.size !== this.head.covers.length) throw new Unfit('a feed that it does not name')
    return { records: this.records, documents: this.documents, lamport }
  }
}

/** The rows of a checkpoint that is here whole; what was there before goes. */
export function rowsOf({ id }: Space, row: BaseRow, pieces: readonly Uint8Array[]): Write[] {
  return [
    { table: 'pieces', under: [id] },
    { table: 'checkpoints', key: [id], put: row },
    ...pieces.map((put, n): Write => ({ table: 'pieces', key: [id, n], put })),
  ]
}

/**
 * The Automerge documents that are loaded: those written to lately. A document is loaded when its object is first
 * edited, from its last saved form and the changes in entries since, or from creation data; and freed when others
 * need the room. Saving is an optimisation: entries are truth.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { Creation } from './documents/creation.js'
import { mergeInto } from './documents/merge-into.js'
import type { Incoming, Merged } from './documents/merging.js'
import { ObjectDocument } from './documents/object-document.js'
import { decodeEntry, type Entry } from './entry.js'
import { opSize } from './op-size.js'
import type { EchoPlatform } from './platform.js'
import type { Store, Write } from '../store.js'
import type { Space } from './space.js'

/** Loaded documents at most, and the bytes of their values. */
const MAX_LOADED = 128
const MAX_BYTES = 32 << 20
/** Entries since a document was saved after which it is saved again. */
const SAVE_AFTER = 64
const DECODED_ENTRIES = 4

/** A row of the documents table. */
interface Saved {
  readonly bytes: Uint8Array
  /** Feed positions that it contains. */
  readonly upTo: Readonly<Record<DeviceId, number>>
}
interface Loaded {
  readonly space: Space
  readonly document: ObjectDocument
  bytes: number
  /** Entries with changes of it since it was last saved. */
  unsaved: number
}

export class Documents {
  /** Least recently used first. */
  private readonly loaded = new Map<ObjectId, Loaded>()
  private readonly entries = new Map<string, Entry>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
  ) {}

  get count(): number {
    return this.loaded.size
  }

  /**
   * Makes the Automerge changes of these operations.
   * @param fresh the object's creation, if it is not in a durable entry yet
   * @throws HearthError `echo/damaged` with the object's id
   */
  async edit(
    space: Space,
    id: ObjectId,
    ops: readonly Op[],
    at: number,
    fresh?: Creation,
  ): Promise<Uint8Array[]> {
    const held = await this.load(space, id, fresh)
    for (const op of ops) held.bytes += opSize(op)
    return held.document.edit(ops, at)
  }

  async load(space: Space, id: ObjectId, fresh?: Creation): Promise<Loaded> {
    const found = this.loaded.get(id)
    if (found) {
      this.loaded.delete(id)
      this.loaded.set(id, found)
      return found
    }
    await this.platform.automerge()
    const { document, unsaved } = fresh
      ? { document: ObjectDocument.open({ id, device: space.device, creation: fresh }), unsaved: 0 }
      : await this.open(space, id)
    const held: Loaded = { space, document, bytes: space.rows.get(id)?.bytes ?? 0, unsaved }
    this.loaded.set(id, held)
    return held
  }

  /** What is to be merged into next: the store is asked for all of it at once. */
  async loadAll(space: Space, objects: Iterable<readonly [ObjectId, Creation | undefined]>): Promise<void> {
    // Whoever merges hears of a failure.
    await Promise.allSettled([...objects].map(([id, fresh]) => this.load(space, id, fresh)))
  }

  /** Drops a document that holds changes which did not become durable. */
  forget(id: ObjectId): void {
    this.loaded.get(id)?.document.free()
    this.loaded.delete(id)
  }

  /** These were edited, and the entry is durable. */
  committed(ids: ReadonlySet<ObjectId>): void {
    for (const id of ids) {
      const held = this.loaded.get(id)
      if (held) held.unsaved++
    }
  }

  /**
   * Saves what has gathered many changes and frees what is too much. Called when no commit is under way.
   * @param all save every changed document, for a clean end
   */
  async tidy(all = false): Promise<void> {
    const writes: Write[] = []
    let bytes = [...this.loaded.values()].reduce((sum, held) => sum + held.bytes, 0)
    for (const [id, held] of [...this.loaded]) {
      const room = this.loaded.size > MAX_LOADED || bytes > MAX_BYTES
      if (held.unsaved > (room || all ? 0 : SAVE_AFTER)) {
        const { feeds } = held.space
        const upTo = Object.fromEntries([...feeds].map(([device, { seq }]) => [device, seq]))
        writes.push({
          table: 'documents',
          key: id,
          put: { bytes: held.document.save(), upTo } satisfies Saved,
        })
        for (const [device, { seq }] of feeds)
          writes.push({ table: 'touched', under: [id, device], upTo: seq })
        held.unsaved = 0
      }
      if (room) {
        bytes -= held.bytes
        this.forget(id)
      }
    }
    await this.store.write(writes, 'relaxed')
  }

  /**
   * Takes others' changes of an object.
   * @param from entries that hold changes of it, each after what it builds on
   * @param fresh the object's creation, if it is not in a durable entry yet
   * @returns what they did to its durable value, and what was wrong with some of them
   * @throws HearthError `echo/damaged` with the object's id
   */
  async merge(space: Space, id: ObjectId, from: readonly Entry[], fresh?: Creation): Promise<Merged> {
    const held = await this.load(space, id, fresh)
    const incoming = from.flatMap((entry) => incomingOf(space, entry, id))
    const { document, merged } = await mergeInto(held.document, incoming, async () => {
      if (fresh) return ObjectDocument.open({ id, device: space.device, creation: fresh })
      return (await this.open(space, id)).document
    })
    const { bytes, unsaved } = held
    this.loaded.set(id, { space, document, bytes, unsaved: unsaved + from.length })
    return merged
  }

  private async open(space: Space, id: ObjectId): Promise<{ document: ObjectDocument; unsaved: number }> {
    const [saved, touched] = await Promise.all([
      this.store.get<Saved>('documents', id),
      this.store.rows('touched', [id]),
    ])
    const entries: Entry[] = []
    for (const { key } of touched) {
      const [, feed, seq] = key as readonly [ObjectId, DeviceId, number]
      if (seq > (saved?.upTo?.[feed] ?? 0)) entries.push(await this.entry(space, id, feed, seq))
    }
    const unsaved = entries.length
    const { device } = space
    if (saved) {
      try {
        return { document: await this.replay(space, { id, device, saved: saved.bytes }, entries), unsaved }
      } catch {
        return { document: await this.rebuild(space, id), unsaved: SAVE_AFTER + 1 }
      }
    }
    const row = space.rows.get(id)
    const creation = await this.creation(space, id, row?.record.author ?? device, row?.seq ?? 0)
    return { document: await this.replay(space, { id, device, creation }, entries), unsaved }
  }

  /**
   * From entries alone, when the saved form cannot be read: slow, and never wrong.
   * @param author and `from` where its creation stands
   */
  async rebuild(
    space: Space,
    id: ObjectId,
    author = space.rows.get(id)?.record.author ?? space.device,
    from = space.rows.get(id)?.seq ?? 0,
  ): Promise<ObjectDocument> {
    const creation = await this.creation(space, id, author, from)
    const entries: Entry[] = []
    for (const [feed, { seq: last }] of space.feeds)
      for (let seq = feed === author ? from : 1; seq <= last; seq++) {
        if (feed === space.device && space.aside.has(seq)) continue
        const entry = await this.entry(space, id, feed, seq)
        if (entry.changes.some(([changed]) => changed === id)) entries.push(entry)
      }
    return this.replay(space, { id, device: space.device, creation }, entries)
  }

  /** This device's changes are its own; others' are judged once more, so that what was refused stays out. */
  private async replay(
    space: Space,
    source: Parameters<typeof ObjectDocument.open>[0],
    entries: readonly Entry[],
  ): Promise<ObjectDocument> {
    const { id, device } = source
    const isOwn = entries.every(({ feed }) => feed === device)
    if (isOwn) {
      const changes = entries.flatMap((entry) => changesOf(entry, id))
      return ObjectDocument.open({ ...source, changes })
    }
    const reopen = async () => ObjectDocument.open(source)
    const incoming = entries.flatMap((entry) => incomingOf(space, entry, id))
    return (await mergeInto(await reopen(), incoming, reopen)).document
  }

  private async creation(space: Space, id: ObjectId, author: DeviceId, seq: number) {
    const entry = await this.entry(space, id, author, seq)
    const found = entry.creations.find(([created]) => created === id)
    if (!found) throw damaged(id)
    return { id, type: found[1], value: found[2] }
  }

  private async entry(space: Space, object: ObjectId, feed: DeviceId, seq: number): Promise<Entry> {
    const key = `${space.id}/${feed}/${seq}`
    const known = this.entries.get(key)
    if (known) return known
    try {
      const bytes = await this.store.get<Uint8Array>('entries', [space.id, feed, seq])
      const entry = await decodeEntry(bytes, space.keeper, (b) => this.platform.sha256(b))
      if (this.entries.size >= DECODED_ENTRIES) this.entries.delete(this.entries.keys().next().value!)
      this.entries.set(key, entry)
      return entry
    } catch {
      throw damaged(object)
    }
  }
}

const changesOf = ({ changes }: Entry, id: ObjectId): Uint8Array[] =>
  changes.flatMap(([changed, list]) => (changed === id ? [...list] : []))

function incomingOf({ keeper }: Space, entry: Entry, id: ObjectId): Incoming[] {
  const { feed: by } = entry
  const formerly = keeper.moved?.device === by ? keeper.moved.formerly : undefined
  return changesOf(entry, id).map((change) => ({ by, change, formerly }))
}

/** The object can be read, from its page, but the entries that it was made by cannot. */
const damaged = (object: ObjectId): HearthError => new HearthError('echo/damaged', { object })

/**
 * The Automerge documents that are loaded: those written to lately. A document is loaded when its object is first
 * edited, from its last saved form and the changes in entries since, or from creation data; and freed when others
 * need the room. Saving is an optimisation: entries are truth.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import { transformRuns } from '../protocol/transform.js'
import { sameStored } from '../protocol/values.js'
import type { Creation } from './documents/creation.js'
import { mergeInto } from './documents/merge-into.js'
import type { Incoming, Merged } from './documents/merging.js'
import { ObjectDocument } from './documents/object-document.js'
import { Rival } from './documents/refused.js'
import { decodeStored } from './bare-entry.js'
import type { Entry } from './entry.js'
import { opSize } from './op-size.js'
import { touchesOf } from './touched.js'
import type { EchoPlatform } from './platform.js'
import type { Store, Write } from '../store.js'
import { deviceOf, type Space } from './space.js'

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
/** What an object shows. */
type Shown = Pick<ObjectRecord, 'value' | 'gone'>
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
  private readonly opening = new Map<ObjectId, Promise<Loaded>>()
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

  load(space: Space, id: ObjectId, fresh?: Creation): Promise<Loaded> {
    const found = this.loaded.get(id)
    if (found) {
      this.loaded.delete(id)
      this.loaded.set(id, found)
      return Promise.resolve(found)
    }
    // Several may ask at once: they get one and the same.
    const known = this.opening.get(id)
    if (known) return known
    const opening = this.loadNow(space, id, fresh).then((held) => {
      // It was forgotten meanwhile, with what it was opened from.
      if (this.opening.get(id) !== opening) held.document.free()
      else this.loaded.set(id, held)
      return this.loaded.get(id) ?? this.load(space, id, fresh)
    })
    this.opening.set(id, opening)
    const ended = () => void (this.opening.get(id) === opening && this.opening.delete(id))
    opening.then(ended, ended)
    return opening
  }

  private async loadNow(space: Space, id: ObjectId, fresh?: Creation): Promise<Loaded> {
    await this.platform.automerge()
    const row = space.rows.get(id)
    const bytes = row?.bytes ?? 0
    // What it shows is what it was made as: nothing has to be read.
    const made = row?.isNew ? row.durable : undefined
    const creation = fresh ?? (made && { id, type: made.type, value: made.value })
    if (!creation) return { space, ...(await this.open(space, id)), bytes }
    return { space, document: ObjectDocument.open({ id, device: space.device, creation }), bytes, unsaved: 0 }
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
    this.opening.delete(id)
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
        writes.push(...savedRows(held.space, id, held.document.save()))
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
   * So that no entry up to these is needed to load an object's document. To be called while nobody else changes documents.
   * @throws HearthError `echo/damaged` with the object's id, `store/…`
   */
  async saveUpTo(space: Space, id: ObjectId, covers: ReadonlyMap<DeviceId, number>): Promise<void> {
    const saved = await this.store.get<Saved>('documents', id)
    if (saved && [...covers].every(([feed, seq]) => (saved.upTo[feed] ?? 0) >= seq)) return
    const document = await this.apart(space, id)
    const bytes = document.save()
    document.free()
    await this.store.write(savedRows(space, id, bytes), 'relaxed')
  }

  /**
   * Takes others' changes of an object.
   * @param from entries that hold changes of it, each after what it builds on
   * @param before `fresh`: the object's creation, if it is not in a durable entry yet. `stored` resolves when what was merged before is
   * @returns what they did to its durable value, and what was wrong with some of them; and entries that were taken before, of which
   * something gives way to these
   * @throws HearthError `echo/damaged` with the object's id
   */
  async merge(
    space: Space,
    id: ObjectId,
    from: readonly Entry[],
    { fresh, stored }: { readonly fresh: Creation | undefined; readonly stored: () => Promise<void> },
  ): Promise<Merged & { readonly leftOut: readonly Entry[] }> {
    const held = await this.load(space, id, fresh)
    const incoming = from.flatMap((entry) => incomingOf(space, entry, id))
    const { bytes, unsaved } = held
    try {
      const { document, merged } = await mergeInto(held.document, incoming, async () => {
        await stored()
        return space.rows.has(id) || !fresh
          ? (await this.open(space, id)).document
          : ObjectDocument.open({ id, device: space.device, creation: fresh })
      })
      this.loaded.set(id, { space, document, bytes, unsaved: unsaved + from.length })
      return { ...merged, leftOut: [] }
    } catch (e) {
      if (!(e instanceof Rival)) throw e
      await stored()
      const { document, merged, leftOut } = await this.mergeAnew(space, id, from)
      this.loaded.set(id, { space, document, bytes, unsaved: SAVE_AFTER + 1 })
      return { ...merged, leftOut }
    }
  }

  /** A change that was taken gives way to one of these: the document is made of what is taken now. */
  private async mergeAnew(space: Space, id: ObjectId, from: readonly Entry[]) {
    const before = space.rows.get(id)?.durable
    const creation = await this.creationOf(space, id)
    if (!before || !creation) throw damaged(id)
    const taken = (await this.histories(space, new Set([id]))).get(id)!
    const all = [...taken, ...from]
    const begun = async () => ObjectDocument.open({ id, device: space.device, creation })
    const incoming = all.flatMap((entry) => incomingOf(space, entry, id).map((one) => ({ ...one, entry })))
    const { document, merged } = await mergeInto(await begun(), incoming, begun)
    const out = new Set([...merged.refused, ...merged.waiting].map(({ index }) => incoming[index]!.entry))
    return {
      document,
      merged: { ...merged, ops: difference(before, document.materialise()) },
      leftOut: taken.filter((entry) => out.has(entry)),
    }
  }

  /**
   * What entries of one feed that do not count would do to the durable value of an object, if they did.
   * @param history all entries that count and hold changes of the object; asked for where others are in the places of these
   * @throws HearthError `echo/damaged` with the object's id
   */
  async wouldDo(
    space: Space,
    id: ObjectId,
    entries: readonly Entry[],
    history: () => Promise<readonly Entry[]>,
  ): Promise<readonly Op[]> {
    const doneTo = async (apart: () => Promise<ObjectDocument>, some: readonly Entry[]) => {
      const incoming = some.flatMap((entry) => incomingOf(space, entry, id))
      const { document, merged } = await mergeInto(await apart(), incoming, apart)
      document.free()
      return merged
    }
    const told = await doneTo(() => this.apart(space, id), entries).catch((e: unknown) => {
      if (!(e instanceof Rival)) throw e
    })
    if (told?.refused.length === 0) return told.ops
    // One document cannot hold both: what each did to it without either is told, and one mapped over the other.
    const all = await history()
    const { feed, seq } = entries[0]!
    const before = all.filter((entry) => entry.feed !== feed || entry.seq < seq)
    const creation = await this.creationOf(space, id)
    if (!creation) throw damaged(id)
    const neither = async () => {
      const begun = async () => ObjectDocument.open({ id, device: space.device, creation })
      const incoming = before.flatMap((entry) => incomingOf(space, entry, id))
      return (await mergeInto(await begun(), incoming, begun)).document
    }
    const theirs = await doneTo(neither, all)
    const ours = await doneTo(neither, entries)
    return transformRuns(theirs.ops, ours.ops, true)[1]
  }

  /** All entries that count and hold changes of these objects, feed by feed. */
  async histories(
    space: Space,
    ids: ReadonlySet<ObjectId>,
  ): Promise<ReadonlyMap<ObjectId, readonly Entry[]>> {
    await space.base?.unpack(this.store)
    const found = new Map<ObjectId, Entry[]>([...ids].map((id) => [id, []]))
    for (const { value } of await this.store.rows<unknown>('entries', [space.id])) {
      const sha256 = (bytes: Uint8Array) => this.platform.sha256(bytes)
      const entry = await decodeStored(value, space.keeper, sha256).catch(() => undefined)
      for (const id of new Set(entry?.changes.map(([one]) => one))) found.get(id)?.push(entry!)
    }
    return found
  }

  /**
   * As it is stored, beside the one that is loaded: it is the caller's to free.
   * @param author and `from` where its creation stands
   * @throws HearthError `echo/damaged` with the object's id
   */
  async apart(space: Space, id: ObjectId, author?: DeviceId, from?: number): Promise<ObjectDocument> {
    await this.platform.automerge()
    return (await this.open(space, id, author, from)).document
  }

  private async open(
    space: Space,
    id: ObjectId,
    author = space.rows.get(id)?.record.author ?? space.device,
    from = space.rows.get(id)?.seq ?? 0,
  ): Promise<{ document: ObjectDocument; unsaved: number }> {
    const [saved, touched] = await Promise.all([
      this.store.get<Saved>('documents', id),
      this.store.rows('touched', [id]),
    ])
    const entries: Entry[] = []
    for (const { feed, seqs } of touched.map(touchesOf))
      for (const seq of seqs)
        if (seq > (saved?.upTo?.[feed] ?? 0)) entries.push(await this.entry(space, id, feed, seq))
    const unsaved = entries.length
    const { device } = space
    if (saved) {
      try {
        return { document: await this.replay(space, { id, device, saved: saved.bytes }, entries), unsaved }
      } catch {
        return { document: await this.rebuild(space, id, author, from), unsaved: SAVE_AFTER + 1 }
      }
    }
    const creation = await this.creation(space, id, author, from)
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
    await space.base?.unpack(this.store)
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

  /** As what an object began; undefined if that is not here, or cannot be read. */
  async creationOf(space: Space, id: ObjectId): Promise<Creation | undefined> {
    const row = space.rows.get(id)
    return row && this.creation(space, id, row.record.author, row.seq).catch(() => undefined)
  }

  private async creation(space: Space, id: ObjectId, author: DeviceId, seq: number): Promise<Creation> {
    // It may stand in a branch of the feed.
    for (const feed of [
      author,
      ...[...space.feeds.keys()].filter((at) => at !== author && deviceOf(at) === author),
    ]) {
      const entry = await this.entry(space, id, feed, seq).catch(() => undefined)
      const found = entry?.creations.find(([created]) => created === id)
      if (found) return { id, type: found[1], value: found[2] }
    }
    const covered = await space.base?.creationOf(id).catch(() => undefined)
    if (covered) return covered
    throw damaged(id)
  }

  private async entry(space: Space, object: ObjectId, feed: DeviceId, seq: number): Promise<Entry> {
    const key = `${space.id}/${feed}/${seq}`
    const known = this.entries.get(key)
    if (known) return known
    try {
      const bytes = await this.store.get<Uint8Array>('entries', [space.id, feed, seq])
      const entry = await decodeStored(bytes, space.keeper, (b) => this.platform.sha256(b))
      if (this.entries.size >= DECODED_ENTRIES) this.entries.delete(this.entries.keys().next().value!)
      this.entries.set(key, entry)
      return entry
    } catch {
      throw damaged(object)
    }
  }
}

/** A document, with all that is durable in it. */
function savedRows(space: Space, id: ObjectId, bytes: Uint8Array): Write[] {
  const ends = [...space.feeds.keys()].map((device) => [device, space.endOf(device)] as const)
  const upTo = Object.fromEntries(ends)
  return [
    { table: 'documents', key: id, put: { bytes, upTo } satisfies Saved },
    ...ends.map(([device, seq]): Write => ({ table: 'touched', under: [id, device], upTo: seq })),
  ]
}

const changesOf = ({ changes }: Entry, id: ObjectId): Uint8Array[] =>
  changes.flatMap(([changed, list]) => (changed === id ? [...list] : []))

function incomingOf({ keeper }: Space, entry: Entry, id: ObjectId): Incoming[] {
  const { feed: by } = entry
  const formerly = keeper.moved?.device === by ? keeper.moved.formerly : undefined
  return changesOf(entry, id).map((change) => ({ by, change, formerly }))
}

/** Whole fields: what led from one to the other was never written. */
function difference(before: Shown, after: Shown): Op[] {
  const ops: Op[] = []
  for (const key of Object.keys(before.value))
    if (!Object.hasOwn(after.value, key)) ops.push({ t: 'del', at: [key] })
  for (const [key, v] of Object.entries(after.value))
    if (!sameStored(before.value[key], v)) ops.push({ t: 'put', at: [key], v })
  if (before.gone !== after.gone) ops.push({ t: 'gone', v: after.gone })
  return ops
}

/** The object can be read, from its page, but the entries that it was made by cannot. */
const damaged = (object: ObjectId): HearthError => new HearthError('echo/damaged', { object })

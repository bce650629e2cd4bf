/**
 * The Automerge documents that are loaded: those written to lately. A document is loaded when its object is first
 * edited, from its last saved form and the changes in entries since, or from creation data; and freed when others
 * need the room. Saving is an optimisation: entries are truth.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import { sizeOf } from '../protocol/values.js'
import type { Creation } from './documents/creation.js'
import { ObjectDocument } from './documents/object-document.js'
import { decodeEntry, type Entry } from './entry.js'
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
    for (const op of ops) held.bytes += 'v' in op && typeof op.v !== 'boolean' ? sizeOf(op.v) : 16
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
        const upTo = { [held.space.device]: held.space.seq }
        writes.push({
          table: 'documents',
          key: id,
          put: { bytes: held.document.save(), upTo } satisfies Saved,
        })
        writes.push({ table: 'touched', under: [id, held.space.device], upTo: held.space.seq })
        held.unsaved = 0
      }
      if (room) {
        bytes -= held.bytes
        this.forget(id)
      }
    }
    await this.store.write(writes, 'relaxed')
  }

  private async open(space: Space, id: ObjectId): Promise<{ document: ObjectDocument; unsaved: number }> {
    const saved = await this.store.get<Saved>('documents', id)
    const changes: Uint8Array[] = []
    const after = saved?.upTo?.[space.device] ?? 0
    const touched = await this.store.rows('touched', [id, space.device], after)
    for (const { key } of touched) {
      const entry = await this.entry(space, id, (key as readonly [string, string, number])[2])
      for (const [changed, list] of entry.changes) if (changed === id) changes.push(...list)
    }
    const device = space.device
    if (saved) {
      try {
        return {
          document: ObjectDocument.open({ id, device, saved: saved.bytes, changes }),
          unsaved: touched.length,
        }
      } catch {
        return { document: await this.rebuild(space, id), unsaved: SAVE_AFTER + 1 }
      }
    }
    const creation = await this.creation(space, id, space.rows.get(id)?.seq ?? 0)
    return { document: ObjectDocument.open({ id, device, creation, changes }), unsaved: touched.length }
  }

  /**
   * From entries alone, when the saved form cannot be read: slow, and never wrong.
   * @param from where its creation stands in the feed
   */
  async rebuild(space: Space, id: ObjectId, from = space.rows.get(id)?.seq ?? 0): Promise<ObjectDocument> {
    const creation = await this.creation(space, id, from)
    const changes: Uint8Array[] = []
    for (let seq = from; seq <= space.seq; seq++) {
      const entry = await this.entry(space, id, seq)
      for (const [changed, list] of entry.changes) if (changed === id) changes.push(...list)
    }
    return ObjectDocument.open({ id, device: space.device, creation, changes })
  }

  private async creation(space: Space, id: ObjectId, seq: number) {
    const entry = await this.entry(space, id, seq)
    const found = entry.creations.find(([created]) => created === id)
    if (!found) throw damaged(id)
    return { id, type: found[1], value: found[2] }
  }

  private async entry(space: Space, object: ObjectId, seq: number): Promise<Entry> {
    const key = `${space.id}/${seq}`
    const known = this.entries.get(key)
    if (known) return known
    try {
      const bytes = await this.store.get<Uint8Array>('entries', [space.id, space.device, seq])
      const entry = await decodeEntry(bytes, space.keeper, (b) => this.platform.sha256(b))
      if (this.entries.size >= DECODED_ENTRIES) this.entries.delete(this.entries.keys().next().value!)
      this.entries.set(key, entry)
      return entry
    } catch {
      throw damaged(object)
    }
  }
}

/** The object can be read, from its page, but the entries that it was made by cannot. */
const damaged = (object: ObjectId): HearthError => new HearthError('echo/damaged', { object })

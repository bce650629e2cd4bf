/**
 * Group commit: everything that waits becomes one strict transaction, and is acknowledged when that has completed.
 * While one transaction is under way, what comes meanwhile gathers for the next.
 *
 * Here, and off the path that shows an edit, operations become Automerge changes and changes become entries.
 */
import { HearthError, toHearthError, type WireError } from '../protocol/errors.js'
import type { ClientId, ObjectId } from '../protocol/ids.js'
import { coalesce } from '../protocol/coalesce.js'
import { apply, type Op } from '../protocol/operations.js'
import type { StoredRecord } from '../protocol/values.js'
import type { Batch, Refusal } from './batch.js'
import type { Claims } from './claims.js'
import type { Documents } from './documents.js'
import { encodeEntry, type EntryChanges, type EntryCreation } from './entry.js'
import type { EchoPlatform } from './platform.js'
import type { Write } from '../store.js'
import type { Refusals, Refused } from './refusals.js'
import type { Gate } from './gate.js'
import type { Journal, JournalRow } from './journal.js'
import type { JudgedHeader } from './keeper.js'
import type { FeedHead, Slot, Space } from './space.js'
import type { Syncing } from './syncing.js'
import { touchedRow } from './touched.js'

/** A row of marks: all batches of a client up to `n` are durable, or were refused. */
export interface Mark {
  readonly n: number
  readonly at: number
  /** Of these, what its tab may not have heard. */
  readonly refused?: Refused
}

/** Operations made into changes in one turn: some 5 ms, after which tabs are heard. So much text counts as one of them. */
const TURN_OPS = 128
const OP_TEXT = 32

/** The entry in the making. */
interface Draft {
  readonly space: Space
  readonly slot: Slot
  readonly creations: Map<ObjectId, { type: string; value: StoredRecord }>
  readonly edits: Map<ObjectId, Op[]>
}

export class Committer {
  private readonly queue: Batch[] = []
  private writing: Promise<void> | undefined
  /** Batches refused, by client, since the last commit: they raise the client's mark too. */
  private readonly refused = new Map<ClientId, number>()
  /** While it is set, nothing is written. */
  private held: Promise<void> | undefined

  constructor(
    private readonly platform: EchoPlatform,
    private readonly syncing: Pick<Syncing, 'strictly'>,
    private readonly documents: Documents,
    private readonly claims: Claims,
    private readonly refusals: Refusals,
    private readonly gate: Gate,
    /** What is shown of these is what counts by the membership log as it is. */
    private readonly judge: (spaces: Iterable<Space>) => Promise<void>,
    /** An entry of this device's is durable. */
    private readonly onWritten: (space: Space, header: JudgedHeader, bytes: Uint8Array) => void,
    private readonly onDurable: (batches: readonly Batch[]) => void,
    private readonly onFailed: (batches: readonly Batch[], refusal: Refusal) => void,
  ) {}

  add(batch: Batch): void {
    this.queue.push(batch)
    this.writing ??= this.run().finally(() => (this.writing = undefined))
  }

  /** From now on nothing is written, until what it returns is called. To be called in the gate. */
  hold(): () => void {
    let release = () => {}
    this.held = new Promise((resolve) => (release = resolve))
    return () => {
      this.held = undefined
      release()
    }
  }

  /** All that waits, and does so no more. */
  takeAll(): Batch[] {
    return this.queue.splice(0)
  }

  /** Batch `n` was refused before it came here: never apply it again. */
  skip(client: ClientId, n: number, error: WireError): void {
    this.refusals.add(client, [[n, error]])
    this.refused.set(client, Math.max(n, this.refused.get(client) ?? 0))
  }

  /** Resolves when nothing waits to be durable. */
  async idle(): Promise<void> {
    while (this.writing) await this.writing
  }

  get pending(): number {
    return this.queue.length
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      // One turn of the event loop: what a tab sends in one go is then in one transaction.
      await this.turn()
      await this.held
      let group: Batch[] = []
      try {
        // An entry that knows of a removal must not build on what that took out.
        await this.gate.run(() => this.judge(new Set(this.queue.map(({ space }) => space))))
        group = this.queue.splice(0, this.ready())
        if (group.length > 0) await this.gate.run(() => this.writeOrWait(group))
        else await this.claims.settled()
      } catch (e) {
        const error = toHearthError(e)
        const only = error.details.object as ObjectId | undefined
        // What was accepted meanwhile stands on what has just failed.
        this.onFailed([...group, ...this.queue.splice(0)], only ? { error, only } : { error })
      }
    }
  }

  private async writeOrWait(group: readonly Batch[]): Promise<void> {
    if (this.held) this.queue.unshift(...group)
    else await this.write(group)
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => this.platform.later(resolve, 0))
  }

  /** How many batches may be written: not what stands behind a new object whose id may turn out to be taken. */
  private ready(): number {
    const held = this.claims.open
      ? this.queue.findIndex(({ items }) => items.some((item) => 'created' in item))
      : -1
    return held < 0 ? this.queue.length : held
  }

  private async write(group: readonly Batch[]): Promise<void> {
    this.claims.check(group)
    // A role was lost meanwhile: that refuses what was written in this space, and nothing else.
    const barred = group.find(({ space }) => !space.keeper.mayWrite || !space.mayWrite)
    if (barred) throw new HearthError('echo/not-a-writer', { object: barred.ids[0]! })
    for (const batch of group) batch.space.closeDraft()
    const heads = new Map<Space, FeedHead & { applied: number; fresh: readonly string[] }>()
    const writes: Write[] = []
    const placed: [Space, ObjectId, number][] = []
    const written: [Space, JudgedHeader, Uint8Array][] = []
    const edited = new Set<ObjectId>()
    let busy = 0
    try {
      const { all, created } = drafts(group)
      for (const draft of all) {
        const { space, slot } = draft
        const before = heads.get(space)
        const { seq, head, applied } = before ?? space
        const fresh = before ? [] : [...space.fresh.values()]
        const creations = [...draft.creations].map(([id, c]): EntryCreation => [id, c.type, c.value])
        const changes: EntryChanges[] = []
        for (const [id, ops] of draft.edits) {
          edited.add(id)
          const fresh = created.get(id)?.creations.get(id)
          const made: Uint8Array[] = []
          for (const { some, weight } of inTurns(ops)) {
            if ((busy += weight) > TURN_OPS) {
              busy = weight
              await this.turn()
            }
            made.push(...(await this.documents.edit(space, id, some, slot.at, fresh && { id, ...fresh })))
          }
          if (made.length > 0) changes.push([id, made])
        }
        if (creations.length === 0 && changes.length === 0) continue
        const { knows } = space
        const header = {
          ...{ feed: space.device, seq: seq + 1, prev: head, deps: [...fresh].sort() },
          ...(knows && { heads: knows }),
        }
        const sha256 = (bytes: Uint8Array) => this.platform.sha256(bytes)
        const entry = await encodeEntry(header, { ...slot, creations, changes }, space.keeper, sha256)
        written.push([space, entry.header, entry.bytes])
        const at = [space.id, space.device, seq + 1] as const
        writes.push({ table: 'entries', key: at, put: entry.bytes })
        const edits: Journal = [...draft.edits].map(([id, ops]) => [id, ops, slot.at])
        const row: JournalRow = { entries: [[space.device, seq + 1]], edits }
        writes.push({ table: 'journal', key: [space.id, applied + 1], put: row })
        for (const [id] of changes) writes.push(touchedRow(space.id, id, space.device, [seq + 1]))
        for (const [id] of creations) placed.push([space, id, seq + 1])
        heads.set(space, {
          ...{ seq: seq + 1, head: entry.id, applied: applied + 1 },
          fresh: [...(before?.fresh ?? []), ...fresh],
        })
      }
      await this.syncing.strictly([...writes, ...this.marks(group)])
    } catch (e) {
      // These documents hold changes that are not in the feed.
      for (const id of edited) this.documents.forget(id)
      throw e
    }
    for (const [space, { seq, head, applied, fresh }] of heads) {
      space.feeds.set(space.device, { seq, head })
      space.applied = applied
      for (const [device, id] of space.fresh) if (fresh.includes(id)) space.fresh.delete(device)
    }
    for (const one of written) this.onWritten(...one)
    for (const [space, id, seq] of placed) {
      const row = space.rows.get(id)
      if (row) row.seq = seq
    }
    this.documents.committed(edited)
    // In the same turn as the positions above: whoever writes pages must never see one without the other.
    this.onDurable(group)
  }

  private marks(group: readonly Batch[]): Write[] {
    const marks = new Map<ClientId, number>()
    for (const { client, n } of group) marks.set(client, Math.max(n, marks.get(client) ?? 0))
    // What waits for the next commit was made before it was refused: a mark must not pass it.
    const waiting = new Set(this.queue.map(({ client }) => client))
    for (const [client, n] of this.refused)
      if (!waiting.has(client)) {
        marks.set(client, Math.max(n, marks.get(client) ?? 0))
        this.refused.delete(client)
      }
    const at = this.platform.now()
    return [...marks].map(([client, n]): Write => {
      const refused = this.refusals.unheard(client).filter(([one]) => one <= n)
      return {
        table: 'marks',
        key: client,
        put: { n, at, ...(refused.length > 0 && { refused }) } satisfies Mark,
      }
    })
  }
}

function* inTurns(ops: readonly Op[]): Iterable<{ some: Op[]; weight: number }> {
  let some: Op[] = []
  let weight = 0
  for (const op of ops) {
    const more = op.t === 'text' ? 1 + Math.floor(op.v.length / OP_TEXT) : 1
    if (some.length > 0 && weight + more > TURN_OPS) {
      yield { some, weight }
      some = []
      weight = 0
    }
    some.push(op)
    weight += more
  }
  if (some.length > 0) yield { some, weight }
}

/**
 * The entries of a group, in feed order. Edits of an object that is created in the same group become part of its first
 * value; typing becomes as few operations as it can be.
 */
function drafts(group: readonly Batch[]): { all: Iterable<Draft>; created: ReadonlyMap<ObjectId, Draft> } {
  const all = new Map<string, Draft>()
  const created = new Map<ObjectId, Draft>()
  const sealed = new Set<ObjectId>()
  for (const { space, items } of group) {
    for (const item of items) {
      const key = `${space.id}/${item.slot.lamport}`
      let draft = all.get(key)
      if (!draft) all.set(key, (draft = { space, slot: item.slot, creations: new Map(), edits: new Map() }))
      if ('created' in item) {
        draft.creations.set(item.id, { type: item.created.type, value: item.created.value })
        created.set(item.id, draft)
        continue
      }
      for (const op of item.ops) {
        const creation = created.get(item.id)?.creations.get(item.id)
        // A removal is a fact about the object, not a value of it; after one, order matters.
        if (creation && op.t !== 'gone' && !sealed.has(item.id)) creation.value = apply(creation.value, op)
        else {
          sealed.add(item.id)
          const ops = draft.edits.get(item.id)
          if (ops) coalesce(ops, op)
          else draft.edits.set(item.id, [op])
        }
      }
    }
  }
  return { all: all.values(), created }
}

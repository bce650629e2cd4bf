/**
 * What could not be made durable is taken back, with everything that was accepted on top of it; then what was not the
 * cause is applied again, in order. What a tab sends before it has heard of this is refused by its session, for it was
 * made on what is no more.
 */
import { toWire, type HearthError, type WireError } from '../protocol/errors.js'
import type { ClientId, ObjectId } from '../protocol/ids.js'
import type { Item, ObjectRecord } from '../protocol/rpc.js'
import type { Batch, Refusal } from './batch.js'
import type { Listener } from './echo.js'
import type { RecordChange } from './matching.js'
import type { Space } from './space.js'

/** What taking back does to ECHO. */
export interface Accepting {
  readonly listeners: ReadonlySet<Listener>
  record(id: ObjectId): ObjectRecord | undefined
  /** Tells the queries. */
  changed(changes: readonly RecordChange[]): void
  /** @throws HearthError if it cannot be applied on what is there now */
  apply(client: ClientId, n: number, space: Space, items: readonly Item[]): void
  /** Never apply this batch again. */
  skip(client: ClientId, n: number, error: WireError): void
}

/** @param batches everything that is not durable, in order */
export function takeBack(echo: Accepting, batches: readonly Batch[], { error, only }: Refusal): void {
  const changes = restore(batches)
  const refused = new Set(batches.filter(({ ids }) => only === undefined || ids.includes(only)))
  echo.changed([...changes.values()])
  for (const batch of refused) refuse(echo, batch, error)
  const now = new Map([...changes.keys()].map((id) => [id, echo.record(id)]))
  for (const listener of echo.listeners) listener.reset(now)
  for (const batch of batches) if (!refused.has(batch)) again(echo, batch, error)
}

/** Gives each object its durable record; what was shown, and what is from now on. */
function restore(batches: readonly Batch[]): Map<ObjectId, RecordChange> {
  const changes = new Map<ObjectId, RecordChange>()
  for (const { space, ids } of batches)
    for (const id of ids) {
      const row = space.rows.get(id)
      if (!row || changes.has(id)) continue
      const shown = row.record
      if (!row.restore()) space.remove(id)
      changes.set(id, [shown, row.durable])
    }
  return changes
}

function refuse({ listeners, skip }: Accepting, { client, n }: Batch, error: HearthError): void {
  const wire = toWire(error)
  skip(client, n, wire)
  for (const listener of listeners) listener.refused(client, n, wire)
}

/** Applies once more a batch that failed with another one. */
function again(echo: Accepting, batch: Batch, error: HearthError): void {
  const items = batch.items.flatMap((item): Item[] =>
    'created' in item
      ? [{ id: item.id, type: item.created.type, value: item.created.value }]
      : item.ops.map((op) => ({ id: item.id, op })),
  )
  try {
    echo.apply(batch.client, batch.n, batch.space, items)
    // Its own tab counted it as confirmed, and has just been told to forget that.
    const records = new Map(items.map(({ id }) => [id, echo.record(id)]))
    for (const listener of echo.listeners) listener.reset(records)
  } catch {
    refuse(echo, batch, error)
  }
}

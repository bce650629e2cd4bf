/**
 * The store was cleared while tabs were open: what this tab still has in its memory can be written again. Loaded only
 * when that has happened.
 */
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type { SpaceInfo } from '../worker/protocol/facts.js'
import type { ObjectRecord } from '../worker/protocol/rpc.js'
import type { Home } from './home.js'
import { missingFrom } from './salvage.js'
import type { Batch } from './writes.js'

/** An object as this tab last showed it. */
export interface Kept {
  readonly id: ObjectId
  readonly created: ObjectRecord
}

/** Held by the tab that writes again: two at once would make the same objects, and the second be refused. */
const AGAIN_LOCK = 'hearth:again'
/** The longest that another tab is waited for, which may be frozen; in milliseconds. */
const TURN_MS = 5_000
/** The longest that the disk is waited for, in milliseconds. */
const DISK_MS = 30_000

/**
 * Writes them again: those that are not there, each into the space of its name, which is made where there is none. What
 * another tab has brought back keeps what it is, and gets what this tab had typed and not yet stored.
 * @param before the spaces that there were
 * @param unsaved what was not durable
 */
export async function writeAgain(...what: Parameters<typeof write>): Promise<void> {
  const signal = AbortSignal.timeout(TURN_MS)
  const turn = navigator.locks.request(AGAIN_LOCK, { signal }, () => write(...what))
  await turn.catch((e: unknown) => {
    if ((e as DOMException)?.name !== 'TimeoutError') throw e
    return write(...what)
  })
}

async function write(
  home: Home,
  kept: readonly Kept[],
  before: readonly SpaceInfo[],
  unsaved: readonly Batch[],
): Promise<void> {
  await Promise.allSettled(kept.map(({ id }) => home.load(id)))
  for (const { id, name, personal } of before) {
    const mine = kept.filter(({ created }) => created.space === id)
    const rejected = home.rejected.value.filter(({ space }) => space === id)
    if (mine.length + rejected.length === 0) continue
    const named = home.spaces.value.find((space) => space.name === name)
    const target = personal ? home.space : (named ?? (await home.createSpace({ name })))
    // What was refused before the store was cleared goes there, too.
    for (const one of rejected) Object.assign(one, { space: target.id })
    target.batch(() => {
      for (const one of mine) bringBack(home, one, target.id, unsaved)
    })
  }
  // Until others hear of it, they would make the same once more.
  await home.writes.settled(undefined, DISK_MS)
}

function bringBack(home: Home, { id, created }: Kept, space: SpaceId, unsaved: readonly Batch[]): void {
  const object = home.table.get(id) ?? home.table.link(id)
  if (!object.current) {
    object.revive(space, created)
    return home.writes.create(object)
  }
  const parts = unsaved.flatMap((batch) => batch.parts.get(object) ?? [])
  const base = parts[0]?.before
  if (base)
    home.writes.write(
      object,
      missingFrom(
        object.view,
        created.value,
        base,
        parts.flatMap(({ ops }) => ops),
      ),
    )
}

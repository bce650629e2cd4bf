/**
 * The store was cleared while tabs were open: what this tab still has in its memory can be written again. Loaded only
 * when that has happened.
 */
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type { SpaceInfo } from '../worker/protocol/rpc.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import type { Home } from './home.js'

/** An object as this tab last showed it. */
export interface Kept {
  readonly id: ObjectId
  readonly space: SpaceId
  readonly created: { readonly type: string; readonly value: StoredRecord }
}

/**
 * Writes them again: those that are not there, each into the space of its name, which is made where there is none.
 * @param before the spaces that there were
 */
export async function writeAgain(
  home: Home,
  kept: readonly Kept[],
  before: readonly SpaceInfo[],
): Promise<void> {
  // Another tab may have been first.
  await Promise.allSettled(kept.map(({ id }) => home.load(id)))
  const lost = kept.filter(({ id }) => !home.table.get(id)?.current)
  for (const { id, name, personal } of before) {
    const mine = lost.filter(({ space }) => space === id)
    if (mine.length === 0) continue
    const named = home.spaces.value.find((space) => space.name === name)
    const target = personal ? home.space : (named ?? (await home.createSpace({ name })))
    target.batch(() => {
      for (const { id, created } of mine) {
        const object = home.table.get(id) ?? home.table.link(id)
        object.revive(target.id, created)
        home.writes.create(object)
      }
    })
  }
}

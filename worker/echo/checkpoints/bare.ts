/** What of a space can go to others by a checkpoint only, and whether the one that is here stands for all of that. */
import type { DeviceId } from '../../protocol/ids.js'
import type { Space } from '../space.js'

/** Of feeds, the last entry that is not here as its author signed it: what is before that in its feed is of no use without it. */
export function bareUpTo({ base, bare }: Space): ReadonlyMap<DeviceId, number> {
  const upTo = new Map(base?.gone)
  for (const [feed, seq] of bare) upTo.set(feed, Math.max(seq, upTo.get(feed) ?? 0))
  return upTo
}

/** Whether a checkpoint stands for all that can go to others in no other way. */
export const standsForBare = (space: Space, covers: ReadonlyMap<DeviceId, number>): boolean =>
  [...bareUpTo(space)].every(
    ([feed, seq]) => Math.min(seq, space.feeds.get(feed)?.seq ?? 0) <= (covers.get(feed) ?? 0),
  )

/** Whether the checkpoint that is here does not do: nobody takes it any more, or two have crossed, and neither stands for what the other one does. */
export const isWanting = (space: Space): boolean => {
  const { base, keeper } = space
  return (base && !keeper.isAdmin(base.head.author)) || !standsForBare(space, base?.covers ?? new Map())
}

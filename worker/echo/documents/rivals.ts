/**
 * Changes of one actor with one number, as a device writes them that exists twice: of those, the one with the smallest hash is taken, so
 * that all replicas take the same one. What builds on another waits for ever, and is told as that.
 */
import type { ObjectId } from '../../protocol/ids.js'
import { deviceActor } from './actors.js'
import type { Change } from './change.js'
import type { Incoming } from './merging.js'

type Read = Pick<Incoming, 'by' | 'formerly'> & { readonly change: Change }

/** Those that give way to others among them. */
export function beaten<R extends Read>(object: ObjectId, changes: readonly R[]): ReadonlySet<R> {
  const first = new Map<string, R>()
  const losers = new Set<R>()
  for (const one of changes) {
    const { actors, seq, hash } = one.change
    const place = `${actors[0]} ${seq}`
    const other = first.get(place)
    if (!other) first.set(place, one)
    // Nobody puts a change out by bringing another one in its author's name.
    else if (other.change.hash !== hash && isOwn(object, one)) {
      const [loser, winner] = isOwn(object, other) && other.change.hash < hash ? [one, other] : [other, one]
      losers.add(loser)
      first.set(place, winner)
    }
  }
  return losers
}

const isOwn = (object: ObjectId, { by, formerly, change }: Read): boolean =>
  [by, formerly].some((name) => name !== undefined && deviceActor(name, object) === change.actors[0])

/**
 * Reads every entry of a space again, slowly, while there is nothing more urgent: pages answer reads without looking
 * at the entries behind them, so damage there would show only when an object is edited, or never. What is found is
 * named; nothing is changed.
 */
import type { Damage } from '../protocol/rpc.js'
import { decodeEntry, sameBytes } from './entry.js'
import type { EchoPlatform, Store } from './platform.js'
import type { Space } from './space.js'

/** Entries in one turn, and the pause between turns in milliseconds: a small share of the worker's time. */
const TURN_ENTRIES = 10
const PAUSE_MS = 200

export async function scrub(
  platform: EchoPlatform,
  store: Store,
  space: Space,
  report: (damage: Damage) => void,
  stopped: () => boolean,
): Promise<void> {
  let head: Uint8Array | null = null
  for (let seq = 1; seq <= space.seq; seq++) {
    if (seq % TURN_ENTRIES === 1) await new Promise<void>((resolve) => platform.later(resolve, PAUSE_MS))
    if (stopped()) return
    const bytes = await store.get('entries', [space.info.id, space.device, seq])
    try {
      const entry = await decodeEntry(bytes, (b) => platform.sha256(b))
      if (head && !(entry.prev && sameBytes(head, entry.prev)))
        throw new Error('it does not follow the one before')
      head = entry.id
    } catch (e) {
      head = null
      report(entryDamage(space, seq, e))
    }
  }
}

/** Damage of one entry of this device's feed, in the same words wherever it is found. */
export const entryDamage = (space: Space, seq: number, e: unknown): Damage => ({
  what: 'entry',
  space: space.info.id,
  message: `entry ${seq} of this device's feed could not be read: ${(e as Error).message}`,
})

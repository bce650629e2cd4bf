/**
 * Reads every entry of a space again, slowly, while there is nothing more urgent: pages answer reads without looking
 * at the entries behind them, so damage there would show only when an object is edited, or never. What is found is
 * named; nothing is changed.
 */
import type { DeviceId } from '../protocol/ids.js'
import type { Damage } from '../protocol/status.js'
import { decodeStored } from './bare-entry.js'
import { sameBytes } from '../protocol/same-bytes.js'
import type { EchoPlatform } from './platform.js'
import type { Store } from '../store.js'
import type { Space } from './space.js'

/** Nothing was asked of the worker for so long, and the next entry is read; in milliseconds. */
const QUIET_MS = 1000
/** Between two entries of one quiet time, in milliseconds: decoding a full one takes a few. */
const PAUSE_MS = 20

export interface Quiet {
  /** Counts what was asked of the worker. */
  asked(): number
  stopped(): boolean
}

export async function scrub(
  platform: EchoPlatform,
  store: Store,
  space: Space,
  report: (damage: Damage) => void,
  quiet: Quiet,
): Promise<void> {
  const pause = (ms: number) => new Promise<void>((resolve) => platform.later(resolve, ms))
  let asked = -1
  for (const [feed, { seq: last }] of [...space.feeds]) {
    let head: Uint8Array | null = null
    const before = space.withdrawals
    // What is gone, a checkpoint stands for.
    for (let seq = 1 + (space.base?.gone.get(feed) ?? 0); seq <= last; seq++) {
      await pause(PAUSE_MS)
      while (asked !== quiet.asked() && !quiet.stopped()) {
        asked = quiet.asked()
        await pause(QUIET_MS)
      }
      if (quiet.stopped()) return
      if (feed === space.device && space.aside.has(seq)) {
        head = null
        continue
      }
      const bytes = await store.get('entries', [space.id, feed, seq])
      try {
        const entry = await decodeStored(bytes, space.keeper, (b) => platform.sha256(b))
        if (head && !(entry.prev && sameBytes(head, entry.prev)))
          throw new Error('it does not follow the one before')
        head = entry.id
      } catch (e) {
        // It, or the one before it, may be one that counts no more: the feed is read again when the store is next opened.
        if (space.withdrawals !== before) break
        head = null
        // It has gone meanwhile.
        if (seq <= (space.base?.gone.get(feed) ?? 0)) continue
        report(entryDamage(space, feed, seq, e))
      }
    }
  }
}

/** Damage of one entry, in the same words wherever it is found. */
export const entryDamage = (space: Space, feed: DeviceId, seq: number, e: unknown): Damage => ({
  what: 'entry',
  space: space.id,
  message: `entry ${seq} of ${feed === space.device ? 'this' : 'another'} device's feed could not be read: ${(e as Error).message}`,
})

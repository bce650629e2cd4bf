/**
 * A device that was taken out and is let in again goes on with its own feed, and stands by that for what it wrote in between
 * (docs/protocol/acceptance.md). It does so by an entry that changes nothing, before it writes anything else: an edit that was made
 * without those entries could otherwise be in their place in the history of its object.
 */
import { encodeEntry } from './entry.js'
import type { JournalRow } from './journal.js'
import type { JudgedHeader } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import type { Store } from '../store.js'

/** To be called by one at a time. @throws HearthError `halo/key-missing`, `halo/keys-lost`, `store/…` */
export async function stand(
  platform: EchoPlatform,
  store: Store,
  space: Space,
): Promise<{ header: JudgedHeader; bytes: Uint8Array }> {
  const { id, device, keeper, knows, head: prev } = space
  const [seq, applied] = [space.seq + 1, space.applied + 1]
  const fresh = [...space.fresh]
  const deps = fresh.map(([, entry]) => entry).sort()
  const body = { lamport: ++space.lamport, at: platform.now(), creations: [], changes: [] }
  const place = { feed: device, seq, prev, deps, ...(knows && { heads: knows }) }
  const entry = await encodeEntry(place, body, keeper, (bytes) => platform.sha256(bytes))
  const row: JournalRow = { entries: [[device, seq]], edits: [] }
  await store.write(
    [
      { table: 'entries', key: [id, device, seq], put: entry.bytes },
      { table: 'journal', key: [id, applied], put: row },
    ],
    'strict',
  )
  space.feeds.set(device, { seq, head: entry.id })
  space.applied = applied
  for (const [feed, named] of fresh) if (space.fresh.get(feed) === named) space.fresh.delete(feed)
  return entry
}

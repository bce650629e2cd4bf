/** What this device was before somebody else wrote as it, too, and it came in as another one; and what it had written by then. */
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { Write } from '../store.js'
import type { Space } from './space.js'

/** Key of its row in `meta`. */
export const FORMER = 'former'

export interface Former {
  readonly device: DeviceId
  /** Of each space, the last entry that it wrote. */
  readonly written: readonly (readonly [SpaceId, seq: number])[]
}

/** What is to be kept of the device that this one is now. */
export function formerRow(before: readonly Former[], device: DeviceId, spaces: Iterable<Space>): Write {
  const written = [...spaces].map((space) => [space.id, space.copiedAt ?? space.seq] as const)
  const put: readonly Former[] = [...before, { device, written }]
  return { table: 'meta', key: FORMER, put }
}

/** What somebody writes in a test of several devices, as a tab of theirs would, and what a device shows of it. */
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import type { Op } from '../../worker/protocol/operations.js'
import type { Item } from '../../worker/protocol/rpc.js'
import type { StoredRecord } from '../../worker/protocol/values.js'
import type { Device } from './people-and-feeds.js'

/** Batches of the tab of each life. */
const counts = new WeakMap<object, number>()

/** One batch, shown at once. */
export function accept({ life }: Device, space: SpaceId, ...items: readonly Item[]): void {
  const n = (counts.get(life) ?? 0) + 1
  counts.set(life, n)
  life.echo.accept(life.client, n, space, items)
}

/** One batch, durable when it resolves. */
export async function write(device: Device, space: SpaceId, ...items: readonly Item[]): Promise<void> {
  accept(device, space, ...items)
  await device.echo.settled()
}

export const newObject = (): ObjectId => newId<ObjectId>()

/** In the text of that field: this is written there, in place of so many characters. */
export const text = (field: string, at: number, written: string, removed = 0): Op => ({
  ...({ t: 'text', at: [field], i: at, n: removed, v: written } as const),
})

export const valueOf = ({ echo }: Device, object: ObjectId): StoredRecord | undefined =>
  echo.record(object)?.value

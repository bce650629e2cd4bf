/** Deletes what is stored of a space that was left, or deleted: in one transaction, so that the rest still says what is to go. */
import type { ObjectId, SpaceId } from '../protocol/ids.js'
import type { Store, Write } from '../store.js'
import type { PageRow } from './checkpoint.js'

/** @throws HearthError `store/…` */
export async function wipe(store: Store, space: SpaceId): Promise<void> {
  const objects = new Set<ObjectId>()
  for (const { value } of await store.rows<PageRow>('pages', [space]))
    for (const object of value?.objects ?? []) objects.add(object?.[0])
  for (const { key, value } of await store.rows<SpaceId>('touched'))
    if (value === space) objects.add(key[0] as ObjectId)
  const entries = await store.rows('entries', [space])
  if (objects.size === 0 && entries.length === 0) return
  await store.write(
    [
      ...(['entries', 'journal', 'pages', 'positions'] as const).map((table): Write => ({
        table,
        under: [space],
      })),
      ...[...objects].flatMap((object): Write[] => [
        { table: 'touched', under: [object] },
        { table: 'documents', key: object, delete: true },
      ]),
    ],
    'relaxed',
  )
}

/** Deletes what is stored of a space that was left, deleted or moved. */
import type { ObjectId, SpaceId } from '../protocol/ids.js'
import type { Store, Write } from '../store.js'
import type { PageRow } from './page-writer.js'
import { spaceOf } from './touched.js'

/** Rows that are found by the space; those of `touched` and `documents` are found by the object. */
export const rowsUnder = (space: string): Write[] =>
  (['entries', 'strays', 'journal', 'pages', 'positions', 'checkpoints', 'pieces'] as const).map((table) => ({
    table,
    under: [space],
  }))

/** In one transaction, so that what is left says what is still to go. @throws HearthError `store/…` */
export async function wipe(store: Store, space: SpaceId): Promise<void> {
  const objects = new Set<ObjectId>()
  for (const { value } of await store.rows<PageRow>('pages', [space]))
    for (const object of value?.objects ?? []) objects.add(object?.[0])
  for (const row of await store.rows<unknown>('touched'))
    if (spaceOf(row) === space) objects.add(row.key[0] as ObjectId)
  const [entries, strays] = [await store.rows('entries', [space]), await store.rows('strays', [space])]
  if (objects.size + entries.length + strays.length === 0) return
  await store.write(
    [
      ...rowsUnder(space),
      ...[...objects].flatMap((object): Write[] => [
        { table: 'touched', under: [object] },
        { table: 'documents', key: object, delete: true },
      ]),
    ],
    'relaxed',
  )
}

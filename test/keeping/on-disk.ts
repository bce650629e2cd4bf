/** What lies in the folder of a KUBE that does not run: entries that follow each other, from the first one on, or from what a whole checkpoint stands for. */
import { join } from 'node:path'
import { Database } from '../../kube/replicas/database.js'
import { Makers } from '../../kube/replicas/makers.js'
import { KeptReplica } from '../../kube/replicas/replica.js'
import { readEntry } from '../../worker/echo/entry.js'
import { hashText } from '../../worker/echo/hash-text.js'
import { toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { sha256 } from '../../kube/platform.js'

export interface Whole {
  /** Entries of a feed that are there without a hole, as its device wrote them or by a checkpoint. */
  readonly entries: number
  /** Of these, the ones that are there only by that. */
  readonly covered: number
}

/** What of a feed is there. */
export async function wholeOnDisk(
  data: string,
  refs: readonly Uint8Array[],
  device: DeviceId,
): Promise<Whole[]> {
  const database = new Database(join(data, 'replicas'))
  try {
    const all: Whole[] = []
    for (const ref of refs) {
      const replica = await KeptReplica.open(ref, {
        database,
        limits: { replica: Infinity, total: Infinity, perKey: Infinity },
        used: 0,
        count: 0,
        makers: new Makers(database),
      })
      const covered = replica ? await coveredBy(replica, device) : 0
      let count = covered
      let last: string | null | undefined = count > 0 ? undefined : null
      for (const { value } of database.rows(['entry', toBase64Url(ref), device])) {
        const { seq, prev, id } = await readEntry(value, sha256)
        // What was covered and is not swept away yet.
        if (seq <= count) continue
        if (seq !== count + 1 || (last !== undefined && (prev && hashText(prev)) !== last)) break
        count = seq
        last = hashText(id)
      }
      // What it says that it has, and what it has, are one.
      all.push({ entries: Math.min(count, replica?.positions.get(device) ?? 0), covered })
    }
    return all
  } finally {
    await database.close()
  }
}

/** Entries of a feed that are there only as a checkpoint, of which all pieces are there. */
async function coveredBy(replica: KeptReplica, device: DeviceId): Promise<number> {
  const below = (replica.floors.get(device) ?? 1) - 1
  const { id, covers, pieces } = replica.checkpoint ?? {
    id: '',
    covers: new Map<DeviceId, number>(),
    pieces: 0,
  }
  for (let n = 0; n < pieces; n++) if (!(await replica.piece(id, n))) return 0
  return (covers.get(device) ?? 0) >= below ? below : 0
}

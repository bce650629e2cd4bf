/** What lies in the folder of a KUBE that does not run: entries that follow each other, from the first one on. */
import { join } from 'node:path'
import { Database } from '../../kube/replicas/database.js'
import { Makers } from '../../kube/replicas/makers.js'
import { KeptReplica } from '../../kube/replicas/replica.js'
import { readEntry } from '../../worker/echo/entry.js'
import { hashText } from '../../worker/echo/hash-text.js'
import { toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { sha256 } from '../../kube/platform.js'

/** @returns of a feed, how many entries are there without a hole, and as its device wrote them */
export async function wholeOnDisk(
  data: string,
  refs: readonly Uint8Array[],
  device: DeviceId,
): Promise<number[]> {
  const database = new Database(join(data, 'replicas'))
  try {
    const counts: number[] = []
    for (const ref of refs) {
      const replica = await KeptReplica.open(ref, {
        database,
        limits: { replica: Infinity, total: Infinity, perKey: Infinity },
        used: 0,
        count: 0,
        makers: new Makers(database),
      })
      let count = 0
      let last: string | null = null
      for (const { value } of database.rows(['entry', toBase64Url(ref), device])) {
        const { seq, prev, id } = await readEntry(value, sha256)
        if (seq !== count + 1 || (prev && hashText(prev)) !== last) break
        count = seq
        last = hashText(id)
      }
      // What it says that it has, and what it has, are one.
      counts.push(Math.min(count, replica?.positions.get(device) ?? 0))
    }
    return counts
  } finally {
    await database.close()
  }
}

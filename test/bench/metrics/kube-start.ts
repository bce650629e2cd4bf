/** How long a KUBE that keeps a great deal takes until devices are welcome: one that was ended, and one that was killed. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database, replicasIn } from '../../../kube/replicas/database.js'
import type { Row } from '../../../kube/replicas/rows.js'
import { encodeRecord } from '../../../kube/replicas/record.js'
import { toBase64Url } from '../../../worker/protocol/ids.js'
import { freePort, ServerProcess } from '../../keeping/server.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const ENTRIES = 1_000_000
const BUDGET_MS = 2_000
/** Of one space. */
const FEEDS = 5
const PER_FEED = 200
const ENTRY_BYTES = 500
const LOG = 10

export async function kubeStart(run: Run): Promise<void> {
  const entries = run.quick ? ENTRIES / 10 : ENTRIES
  const data = await mkdtemp(join(tmpdir(), 'hearth-bench-'))
  const spec = (how: string): RowSpec => ({
    metric: `kube-start ${entries.toLocaleString('en')} entries, ${how}`,
    unit: 'ms',
    budget: { of: 'most', limit: BUDGET_MS },
  })
  const start = async () => ServerProcess.start({ data, port: await freePort() })
  try {
    await fill(data, entries)
    for (let rep = 0; rep < run.reps; rep++) {
      const closed = await start()
      run.add(spec('closed before'), { system: 'hearth' }, closed.startMs)
      await closed.end('SIGKILL')
      const killed = await start()
      run.add(spec('killed before'), { system: 'hearth' }, killed.startMs)
      await killed.end('SIGTERM')
    }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

/** Rows as a KUBE writes them; what is in entries, nobody reads when it starts. */
async function fill(data: string, entries: number): Promise<void> {
  const database = new Database(replicasIn(data))
  const name = () => toBase64Url(randomBytes(32))
  for (let n = 0; n < entries; n += FEEDS * PER_FEED) {
    const replica = name()
    const feeds = Array.from({ length: FEEDS }, name)
    const record = { access: randomBytes(32), asOf: [name()], admins: feeds, members: feeds }
    const rows: Row[] = [
      [['replica', replica], encodeRecord({ ...record, feeds: feeds.map((feed) => [feed, null]) })],
      [['maker', replica], Buffer.from(name())],
      [['size', replica], Buffer.from(String(FEEDS * PER_FEED * ENTRY_BYTES))],
    ]
    for (let i = 0; i < LOG; i++) rows.push([['log', replica, i], randomBytes(ENTRY_BYTES)])
    for (const feed of feeds) {
      rows.push([['head', replica, feed], Buffer.from(JSON.stringify([PER_FEED, name()]))])
      for (let seq = 1; seq <= PER_FEED; seq++)
        rows.push([['entry', replica, feed, seq], randomBytes(ENTRY_BYTES)])
    }
    await database.write(rows)
  }
  await database.close()
}

/**
 * Entries that a device appends to a space which a KUBE keeps, until it has said that it holds them all. The floor is a loop that verifies the same
 * entries and puts them in an LMDB of its own, as many in each durable transaction as come in one message.
 */
import { open } from 'lmdb'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inMessages } from '../../../worker/mesh/portions.js'
import type { Visitor } from '../../keeping/visitor.js'
import { Writer } from '../../keeping/writer.js'
import { withKube } from '../kube.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const ENTRIES = 10_000
/** Floor and KUBE have their turns: each of a part of the entries. */
const PARTS = 4
/** As they are written: some 500 of an entry. */
const BYTES = 100

export async function kubeAppend(run: Run): Promise<void> {
  const count = run.quick ? ENTRIES / 4 : ENTRIES
  const row: RowSpec = {
    metric: `kube-append ${(count / PARTS).toLocaleString('en')} entries`,
    unit: 'ms',
    // 60 % as many a second.
    budget: { of: 'ratio', limit: 1.67 },
  }
  for (let rep = 0; rep < run.reps; rep++)
    await withKube({}, async ({ url }) => {
      const writer = await Writer.begin()
      const space = await writer.space(url)
      await writer.level([space])
      // Whoever is there would append while it writes.
      writer.end()
      const known = writer.written(space)
      for (let n = 0; n < count; n++) await writer.write(space, BYTES)
      const entries = (await writer.entries(space)).slice(known)
      const visitor = await writer.visit(url, space)
      await visitor.next('have')
      writer.close()
      for (let n = 0; n < PARTS; n++) {
        const part = entries.slice((n * count) / PARTS, ((n + 1) * count) / PARTS)
        const last = known + ((n + 1) * count) / PARTS
        run.add(row, { system: 'floor' }, await bareAppend(part))
        const began = performance.now()
        void send(visitor, writer.ref(space), part)
        for (let held = 0; held < last;)
          held = (await visitor.next('held'))[2].find(([device]) => device === writer.device)?.[1] ?? held
        run.add(row, { system: 'hearth' }, performance.now() - began)
      }
      visitor.leave()
    })
}

async function send({ session }: Visitor, ref: Uint8Array, entries: readonly Uint8Array[]): Promise<void> {
  for (const some of inMessages(entries)) await session.send(['entries', ref, some], 'bulk')
}

/** @returns milliseconds */
async function bareAppend(entries: readonly Uint8Array[]): Promise<number> {
  const path = await mkdtemp(join(tmpdir(), 'hearth-floor-'))
  const db = open<Uint8Array, number>({ path, encoding: 'binary', overlappingSync: false })
  const { subtle } = crypto
  const pair = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const bytes = entries.map((entry) => entry as Uint8Array<ArrayBuffer>)
  const signatures = await Promise.all(bytes.map((entry) => subtle.sign('Ed25519', pair.privateKey, entry)))
  try {
    const began = performance.now()
    let n = 0
    for (const some of inMessages(bytes)) {
      const from = n
      const all = some.map((entry, i) =>
        subtle.verify('Ed25519', pair.publicKey, signatures[from + i]!, entry as Uint8Array<ArrayBuffer>),
      )
      if ((await Promise.all(all)).includes(false)) throw new Error('A signature does not hold.')
      db.transactionSync(() => {
        for (const entry of some) db.putSync(n++, entry)
      })
    }
    return performance.now() - began
  } finally {
    await db.close()
    await rm(path, { recursive: true, force: true })
  }
}

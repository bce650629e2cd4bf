/** The server is killed at any moment while a device appends to its spaces: what it had acknowledged, and what of that is on the disk afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SpaceId } from '../../worker/protocol/ids.js'
import { wholeOnDisk } from './on-disk.js'
import { freePort, ServerProcess } from './server.js'
import { Writer } from './writer.js'

const SPACES = 3
/** One space keeps no history, and is written for so long, and then not, in milliseconds: then a checkpoint is made. */
const PHASE_MS = 4_500
const CHECKPOINT_AFTER = 20
/** From when an entry was first acknowledged, it runs for so long at most, in milliseconds. */
const LONGEST_MS = 300
/** After that time without anything acknowledged, the run has failed, in milliseconds. */
const PATIENCE_MS = 60_000

export interface Kills {
  /** Entries that were acknowledged before a kill. */
  readonly acknowledged: number
  readonly lost: number
  /** How often another checkpoint was there in place of entries. */
  readonly checkpoints: number
  /** Each time that it was started again after a kill, in milliseconds. */
  readonly starts: readonly number[]
}

export async function killed(times: number, told: (n: number, so: Kills) => void = () => {}): Promise<Kills> {
  const data = await mkdtemp(join(tmpdir(), 'hearth-kills-'))
  const port = await freePort()
  const writer = await Writer.begin({ checkpointAfter: CHECKPOINT_AFTER })
  let server = await ServerProcess.start({ data, port })
  const starts: number[] = []
  let [acknowledged, lost, checkpoints, covered, isOver] = [0, 0, 0, 0, false]
  try {
    const spaces: SpaceId[] = []
    for (let n = 0; n < SPACES; n++) spaces.push(await writer.space(server.url))
    await writer.keepsNoHistory(spaces[0]!)
    const isQuiet = () => Math.floor(performance.now() / PHASE_MS) % 2 === 1
    const refs = spaces.map((space) => writer.ref(space))
    const seqs = () => spaces.map((space) => writer.acknowledged(space))
    const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0)
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        if (n % SPACES > 0 || !isQuiet()) await writer.write(spaces[n % SPACES]!, n % 50 === 0 ? 60_000 : 300)
        await pause(n % 7)
      }
    })()
    for (let n = 0; n < times; n++) {
      const before = sum(seqs())
      for (const end = performance.now() + PATIENCE_MS; sum(seqs()) === before; await pause(5))
        if (performance.now() > end) throw new Error('Nothing is acknowledged.')
      await pause(Math.random() * LONGEST_MS)
      await server.end('SIGKILL')
      // What had been said by then may still be on its way to the device.
      await pause(50)
      const said = seqs()
      const found = await wholeOnDisk(data, refs, writer.device)
      lost += sum(said.map((seq, i) => Math.max(0, seq - found[i]!.entries)))
      acknowledged = sum(said)
      if (found[0]!.covered > covered) checkpoints++
      covered = found[0]!.covered
      server = await ServerProcess.start({ data, port })
      starts.push(server.startMs)
      told(n + 1, { acknowledged, lost, checkpoints, starts })
    }
    isOver = true
    await writing
    await writer.level(spaces)
    return { acknowledged, lost, checkpoints, starts }
  } finally {
    isOver = true
    writer.close()
    await server.end('SIGKILL')
    await rm(data, { recursive: true, force: true })
  }
}

/** Bytes of what the server keeps are changed while it does not run, or lost: it starts all the same, and devices make it whole again. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { until } from '../e2e/wait.js'
import { wholeOnDisk } from './on-disk.js'
import { freePort, ServerProcess } from './server.js'
import { Writer } from './writer.js'

const SPACES = 3
const ENTRIES = 30
const PAGE = 4096
/** The longest that it may take until all is there again, in milliseconds. */
const LONGEST_MS = 60_000

export interface Damage {
  /** How often the server did not start at once, or ended. */
  readonly ends: number
  /** How often what was kept could not be opened, and was set aside. */
  readonly aside: number
  /** How often not all was there again in the end. */
  readonly lost: number
}

/** @param seed of the first: what is damaged, and how */
export async function damaged(
  times: number,
  seed = 1,
  told: (n: number, so: Damage) => void = () => {},
): Promise<Damage> {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-damage-'))
  const [good, data] = [join(folder, 'good'), join(folder, 'data')]
  const port = await freePort()
  const writer = await Writer.begin()
  let server: ServerProcess | undefined = await ServerProcess.start({ data, port })
  let [ends, aside, lost] = [0, 0, 0]
  try {
    const spaces: SpaceId[] = []
    for (let n = 0; n < SPACES; n++) spaces.push(await writer.space(server.url))
    for (let n = 0; n < ENTRIES * SPACES; n++)
      await writer.write(spaces[n % SPACES]!, n % 20 === 0 ? 9_000 : 300)
    await writer.level(spaces)
    await server.end('SIGTERM')
    await cp(data, good, { recursive: true })
    const refs = spaces.map((space) => writer.ref(space))
    for (let n = 0; n < times; n++) {
      await rm(data, { recursive: true })
      await cp(good, data, { recursive: true })
      const file = join(data, 'replicas/data.mdb')
      await writeFile(file, spoil(await readFile(file), new Random(seed + n), seed + n - 1))
      server = await ServerProcess.start({ data, port }).catch(() => undefined)
      if (!server) ends++
      server ??= await ServerProcess.start({ data, port })
      writer.wake()
      const isWhole = async () => {
        if (!server!.isRunning) {
          ends++
          server = await ServerProcess.start({ data, port })
        }
        for (const space of spaces)
          if ((await writer.readAgain(server!.url, space).catch(() => 0)) < writer.written(space))
            return false
        return true
      }
      await until('all to be there again', isWhole, LONGEST_MS).catch((e: Error) =>
        console.error(`${seed + n}: ${e.message} ${spaces.map((space) => writer.state(space)).join()}`),
      )
      if (server.said.includes('set aside')) aside++
      await server.end('SIGTERM')
      const found = await wholeOnDisk(data, refs, writer.device)
      if (spaces.some((space, i) => found[i]!.entries < writer.written(space))) lost++
      told(n + 1, { ends, aside, lost })
    }
    return { ends, aside, lost }
  } finally {
    writer.close()
    await server?.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

/** Some bytes, the rest of the file, a part of a page, or a page. */
function spoil(file: Buffer, random: Random, n: number): Buffer {
  const page = random.between(0, file.length / PAGE - 1) * PAGE
  if (n % 4 === 1) return file.subarray(0, random.between(0, file.length))
  if (n % 4 === 3) return Buffer.from(file.fill(0, page, page + PAGE))
  const [from, to] = n % 4 === 2 ? [page, page + random.between(16, PAGE) - 1] : [0, file.length - 1]
  const bytes = n % 4 === 2 ? to - from + 1 : random.between(1, 200)
  for (let i = 0; i < bytes; i++)
    file[n % 4 === 2 ? from + i : random.between(from, to)] = random.between(0, 255)
  return file
}

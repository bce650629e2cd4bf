/** A device in a simulation: ECHO on a disk in memory, with a seeded clock and randomness. */
import { initializeWasm } from '@automerge/automerge/slim'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Echo, Listener } from '../../worker/echo/echo.js'
import { openPlanes, type Planes, type PlanesPlatform } from '../../worker/planes.js'
import { newId, type ClientId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import type { Item } from '../../worker/protocol/rpc.js'
import type { Disk } from './disk.js'
import { Random } from '../e2e/random.js'

let wasm: Promise<void> | undefined
/** Automerge, ready to use. */
export const automerge = () =>
  (wasm ??= initializeWasm(
    readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
  ))

/** How a device is set up. */
export interface Setting {
  /** Of its clock, in milliseconds. */
  readonly skew?: number
  /** Entries from which on it makes a checkpoint. */
  readonly checkpointAfter?: number
}

export function simulatedPlatform(
  disk: Disk,
  random: Random,
  { skew = 0, checkpointAfter = 1024 }: Setting = {},
): PlanesPlatform & { stop(): void } {
  let time = 1_700_000_000_000 + skew
  let stopped = false
  return {
    openStore: async () => disk.open(),
    subtle: crypto.subtle,
    // A seed replays these, and not what WebCrypto makes.
    curves: 'noble',
    deviceName: () => 'a simulation',
    now: () => (time += 1 + random.between(0, 19)),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => random.between(0, 255)),
    sha256: async (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    automerge,
    // Waits are shortened to turns: order matters here, not duration.
    later(run, ms) {
      const timer = setTimeout(() => !stopped && run(), Math.min(ms, 3))
      return () => clearTimeout(timer)
    },
    // Devices meet in another way here.
    socket: () => {
      throw new Error('a simulation has no sockets')
    },
    stop: () => (stopped = true),
    checkpointAfter,
  }
}

/** One life of a device's worker, with one tab that writes. */
export class Life {
  /** Batches that were acknowledged as durable. */
  durable = 0
  readonly refused: { n: number; code: string }[] = []
  private count = 0

  private constructor(
    readonly planes: Planes,
    readonly client: ClientId,
    /** Whether its store has to be opened anew. */
    readonly over: () => boolean,
    private readonly stopPlatform: () => void,
  ) {
    const quiet = () => undefined
    const listener: Listener = {
      ...{ edited: quiet, reset: quiet, spaces: quiet },
      durable: (by, n) => void (by === client && (this.durable = n)),
      refused: (by, n, { code }) => void (by === client && this.refused.push({ n, code })),
    }
    this.echo.listeners.add(listener)
  }

  /** Everything that is stored is here. */
  static async begin(disk: Disk, random = new Random(1), setting: Setting = {}): Promise<Life> {
    const life = await Life.early(disk, random, setting)
    await life.echo.loadAll()
    return life
  }

  /** As soon as a tab is let in: pages may still be coming. */
  static async early(disk: Disk, random = new Random(1), setting: Setting = {}): Promise<Life> {
    const platform = simulatedPlatform(disk, random, setting)
    let over = false
    const planes = await openPlanes(platform, () => (over = true))
    const client = newId<ClientId>(platform.random(16))
    return new Life(planes, client, () => over, platform.stop)
  }

  get echo(): Echo {
    return this.planes.echo
  }

  get space(): SpaceId {
    return this.echo.spaceInfos[0]!.id
  }

  /** Writes one batch; its number. */
  write(...items: Item[]): number {
    const n = ++this.count
    this.echo.accept(this.client, n, this.space, items)
    return n
  }

  add(id: ObjectId, type: string, value: Extract<Item, { type: string }>['value']): number {
    return this.write({ id, type, value })
  }

  /** Resolves when batch `n` is durable, within a bound. */
  async settled(n = this.count): Promise<void> {
    for (let turn = 0; this.durable < n && !this.refused.some((one) => one.n === n); turn++) {
      if (turn > 2000) throw new Error(`batch ${n} was neither durable nor refused`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** Nothing of this life runs any more. */
  stop(): void {
    this.stopPlatform()
  }
}

/**
 * A space that is as little of one as what carries checkpoints can tell: feeds whose entries are a feed and a number, and pieces of bytes. What
 * is here as a checkpoint only, it says, and who takes one has what that stands for.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import type { CheckpointWish } from '../../worker/protocol/wire.js'
import type { Arriving, Checkpoint, Holding, Replica } from '../../worker/mesh/platform.js'

export const refOf = (n: number): Uint8Array => new Uint8Array(32).fill(n)
export const device = (n: number): DeviceId => toBase64Url(new Uint8Array(32).fill(n)) as DeviceId
const idOf = (n: number): string => toBase64Url(new Uint8Array(32).fill(n))

export interface Made extends Checkpoint {
  readonly bytes: readonly Uint8Array[]
}

/** @param name of a byte, so that two are told apart */
export function checkpoint(name: number, covers: ReadonlyMap<DeviceId, number>, pieces = 3): Made {
  const bytes = Array.from({ length: pieces }, (_, n) => new Uint8Array(1_000).fill(10 * name + n))
  const hashes = bytes.flatMap((piece) => [...sha256(piece)])
  const said = JSON.stringify([name, [...covers], hashes])
  return { id: idOf(100 + name), head: new TextEncoder().encode(said), covers, pieces, bytes }
}

export class Box implements Replica {
  readonly space = 'x' as SpaceId
  readonly meetings = []
  readonly heads = [idOf(99)]
  readonly positions = new Map<DeviceId, number>()
  readonly floors = new Map<DeviceId, number>()
  wish: CheckpointWish = 'gaps'
  checkpoint: Made | undefined
  /** Whether one that is offered is taken. */
  isWilling = true
  /** Entries that came as such, and what was done with checkpoints. */
  readonly came: (readonly [DeviceId, number])[] = []
  readonly done: string[] = []
  /** What the disk says of a piece. */
  disk: () => Promise<void> = async () => undefined
  /** Before one is begun. */
  turn: Promise<void> = Promise.resolve()

  constructor(readonly ref = refOf(9)) {}

  isIn(_device: DeviceId): boolean {
    return true
  }

  isOfMembers(): boolean {
    return false
  }

  farewell(): readonly Uint8Array[] {
    return []
  }

  logSince(): readonly Uint8Array[] {
    return []
  }

  get counted(): ReadonlyMap<DeviceId, number> {
    return this.positions
  }

  async takeLog(): Promise<void> {}

  async holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return new Map([...this.positions].map(([feed, seq]) => [feed, { seq, head: null }]))
  }

  async durable(): Promise<void> {}

  async wanted(): Promise<readonly string[]> {
    return []
  }

  async named(): Promise<readonly Uint8Array[]> {
    return [entry(device(1), 1)]
  }

  async *lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    for (const [feed, last] of [...this.positions]) {
      const from = Math.max(theirs.get(feed)?.seq ?? 0, (this.floors.get(feed) ?? 1) - 1) + 1
      for (let seq = from; seq <= last; seq += 100)
        yield Array.from({ length: Math.min(100, last - seq + 1) }, (_, n) => entry(feed, seq + n))
    }
  }

  async receive(entries: readonly Uint8Array[]): Promise<void> {
    for (const bytes of entries) {
      const feed = toBase64Url(bytes.subarray(0, 32)) as DeviceId
      const seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(32)
      this.came.push([feed, seq])
      if (seq === (this.positions.get(feed) ?? 0) + 1) this.positions.set(feed, seq)
    }
  }

  async piece(id: string, n: number): Promise<Uint8Array | undefined> {
    return this.checkpoint?.id === id ? this.checkpoint.bytes[n] : undefined
  }

  async begin(head: Uint8Array): Promise<Arriving | undefined> {
    this.done.push('begin')
    await this.turn
    if (!this.isWilling) return undefined
    const [name, covers, hashes] = JSON.parse(new TextDecoder().decode(head)) as [
      ...[number, [DeviceId, number][], number[]],
    ]
    const pieces: Uint8Array[] = []
    const id = idOf(100 + name)
    return {
      ...{ id, pieces: hashes.length / 32 },
      take: async (n, bytes) => {
        await this.disk()
        pieces.push(bytes)
        return sha256(bytes).every((byte, i) => byte === hashes[32 * n + i])
      },
      end: async () => {
        this.done.push('end')
        this.checkpoint = { id, head, covers: new Map(covers), pieces: pieces.length, bytes: pieces }
        for (const [feed, seq] of covers) {
          if ((this.positions.get(feed) ?? 0) >= seq) continue
          this.positions.set(feed, seq)
          this.floors.set(feed, seq + 1)
        }
        if (this.wish === 'instead') this.wish = 'gaps'
      },
      stop: () => void this.done.push('stop'),
    }
  }

  /** Up to here as entries, and from here on. */
  has(feed: DeviceId, seq: number, floor = 1): this {
    this.positions.set(feed, seq)
    if (floor > 1) this.floors.set(feed, floor)
    return this
  }
}

export function entry(feed: DeviceId, seq: number): Uint8Array {
  const bytes = new Uint8Array([...fromText(feed), 0, 0, 0, 0])
  new DataView(bytes.buffer).setUint32(32, seq)
  return bytes
}
const fromText = (feed: DeviceId) => Buffer.from(feed, 'base64url')

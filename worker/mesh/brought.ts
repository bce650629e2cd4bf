/**
 * Logs of spaces that another device brings and that are not here. A long one comes in several messages, and that this device is in may
 * stand in the last one: until it can be joined, what has come is kept.
 */
import type { DeviceId } from '../protocol/ids.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES } from '../protocol/wire.js'
import type { Replicas } from './platform.js'
import { mayBeLast } from './portions.js'

interface Part {
  readonly entries: readonly Uint8Array[]
  readonly bytes: number
  /** It was not tried with the last of these. */
  readonly isNew: boolean
}

const NOTHING: Part = { entries: [], bytes: 0, isNew: false }

export class Brought {
  private readonly parts = new Map<string, Part>()

  constructor(
    private readonly replicas: Pick<Replicas, 'takesFrom' | 'join'>,
    private readonly from: DeviceId,
  ) {}

  /** @param key of the space @throws HearthError `halo/refused`: not all of it is here yet, or it is none; `store/…` */
  async take(key: string, more: readonly Uint8Array[]): Promise<void> {
    // Others let this identity in by an invitation, which it has followed.
    // defence: own-devices-bring-spaces
    if (!this.replicas.takesFrom(this.from)) return
    const before = this.parts.get(key) ?? NOTHING
    const entries = [...before.entries, ...more]
    const bytes = before.bytes + more.reduce((sum, { length }) => sum + length, 0)
    this.parts.delete(key)
    // defence: brought-in-bounds
    if (entries.length > MAX_LOG_ENTRIES || this.bytes + bytes > MAX_LOG_BYTES) return
    this.parts.set(key, { entries, bytes, isNew: true })
    // To try is to check all signatures: not after each part of many.
    if (before === NOTHING || mayBeLast(more)) await this.join(key)
  }

  /** Whether something has come that was not tried: if nothing comes after it, that is to be done, by taking nothing more. */
  isWaiting(key: string): boolean {
    return this.parts.get(key)?.isNew ?? false
  }

  private async join(key: string): Promise<void> {
    const part = this.parts.get(key)!
    this.parts.set(key, { ...part, isNew: false })
    await this.replicas.join(part.entries)
    this.parts.delete(key)
  }

  /** That are kept. */
  get bytes(): number {
    return [...this.parts.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

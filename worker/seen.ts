/** When this device last had a session with others, of which those of its own identity are kept. */
import type { DeviceId } from './protocol/ids.js'
import type { Store } from './store.js'

/** The row of `meta` that says so. */
const SEEN = 'seen'
/** It is kept so much later, in milliseconds: as long as there is a session, it is always another time. */
const KEEP_MS = 10_000

type SeenRow = Readonly<Record<DeviceId, number>>

export interface SeenPlatform {
  now(): number
  /** @returns calls it off */
  later(run: () => void, ms: number): () => void
}

export class Seen {
  private readonly times = new Map<DeviceId, number>()
  private cancelKeeping: (() => void) | undefined
  private isStopped = false

  constructor(
    private readonly platform: SeenPlatform,
    private readonly store: Store,
    private readonly isOwn: (device: DeviceId) => boolean,
  ) {}

  /** Goes on with what was known before. @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const row = await this.store.get<SeenRow>('meta', SEEN)
    for (const [device, at] of Object.entries(row ?? {})) this.times.set(device as DeviceId, at)
  }

  /** In milliseconds since 1970, by this device's clock; null, if that is not known. */
  at(device: DeviceId): number | null {
    return this.times.get(device) ?? null
  }

  /** There is a session with this device, or was until now. */
  met(device: DeviceId): void {
    this.times.set(device, this.platform.now())
    if (this.isStopped || !this.isOwn(device)) return
    this.cancelKeeping ??= this.platform.later(() => {
      this.cancelKeeping = undefined
      const put = Object.fromEntries([...this.times].filter(([one]) => this.isOwn(one)))
      void this.store.write([{ table: 'meta', key: SEEN, put }], 'relaxed').catch(() => undefined)
    }, KEEP_MS)
  }

  stop(): void {
    this.isStopped = true
    this.cancelKeeping?.()
  }
}

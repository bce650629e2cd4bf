/**
 * What is here and does not count, and devices as which two have written: in a few words, as a person is told of it. It is kept,
 * because nobody judges the feeds of a space again only to say it once more.
 */
import type { SpaceId } from '../protocol/ids.js'
import type { Fork, Quarantine } from '../protocol/status.js'
import type { Store } from '../store.js'
import type { Feeds } from './feeds.js'
import type { Judge } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'

/** Key of its row in `meta`. */
export const ASIDES = 'asides'
/** Entries come in many pieces: it is counted when none has come for so long, in milliseconds. */
const QUIET_MS = 250

/** Of one space. */
export interface Aside {
  readonly space: SpaceId
  readonly quarantine: readonly Quarantine[]
  readonly forks: readonly Fork[]
}

export class Asides {
  private readonly known = new Map<SpaceId, Aside>()
  private readonly due = new Set<Space>()
  private cancel: (() => void) | undefined

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly feedsOf: (space: Space) => Promise<Feeds | undefined>,
  ) {}

  get quarantine(): Quarantine[] {
    return [...this.known.values()].flatMap(({ quarantine }) => quarantine)
  }

  get forks(): Fork[] {
    return [...this.known.values()].flatMap(({ forks }) => forks)
  }

  /** What an earlier life has kept. */
  restore(asides: readonly Aside[]): void {
    for (const aside of asides) this.known.set(aside.space, aside)
  }

  /** The feeds of a space may be judged otherwise now. */
  look(space: Space): void {
    this.due.add(space)
    this.cancel?.()
    this.cancel = this.platform.later(() => void this.count().catch(() => undefined), QUIET_MS)
  }

  forget(space: SpaceId): void {
    this.known.delete(space)
  }

  stop(): void {
    this.cancel?.()
  }

  private async count(): Promise<void> {
    const before = JSON.stringify([...this.known.values()])
    for (const space of [...this.due]) {
      this.due.delete(space)
      const feeds = await this.feedsOf(space)
      if (!feeds) continue
      const aside = asideOf(space.id, feeds.judge)
      if (aside.quarantine.length + aside.forks.length > 0) this.known.set(space.id, aside)
      else this.known.delete(space.id)
    }
    const now = [...this.known.values()]
    if (JSON.stringify(now) === before) return
    await this.store.write([{ table: 'meta', key: ASIDES, put: now }], 'strict')
  }
}

function asideOf(space: SpaceId, judge: Judge): Aside {
  const quarantine = new Map<string, Quarantine>()
  for (const { feed: device, reason } of judge.quarantined()) {
    const { code } = reason
    const known = quarantine.get(device) ?? { space, device, entries: 0, reason: code }
    quarantine.set(device, { ...known, entries: known.entries + 1 })
  }
  const forks = judge.forks().map(({ feed: device, seq }): Fork => ({ space, device, seq }))
  return { space, quarantine: [...quarantine.values()], forks }
}

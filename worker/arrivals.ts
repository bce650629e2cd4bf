/** Spaces that are not here, and that KUBEs keep: the log of each is fetched from all that have it, and then it is let in, or not wanted. */
import { ArrivingReplica } from './arriving-replica.js'
import type { Kept } from './mesh/keeping/kept.js'
import type { KeptReplica } from './mesh/keeping/kept-replica.js'
import type { NetworkPlatform } from './network.js'
import { HearthError } from './protocol/errors.js'
import type { SpaceId } from './protocol/ids.js'

const LOOK_MS = 20
/** What one has sent is not kept waiting for others any longer, in milliseconds. */
const OTHERS_MS = 1_000

/** A space that is on its way here, from one KUBE. */
interface Arriving {
  readonly url: string
  readonly replica: ArrivingReplica
}

/** The log of a space that is not here. */
export interface Fetched {
  /** Parents first. */
  readonly log: readonly Uint8Array[]
  /** Where it came from. */
  readonly urls: readonly string[]
  /** The space is here now. */
  enter(): void
  /** It is not wanted. */
  refuse(): void
}

export interface ArrivalsEvents {
  /** What is asked of KUBEs is otherwise now. */
  changed(): void
  /** It is not wanted, or did not come. */
  refused(space: SpaceId): void
}

export class Arrivals {
  private readonly all = new Set<Arriving>()

  constructor(
    private readonly platform: NetworkPlatform,
    /** A space at a KUBE; undefined while there is no session. */
    private readonly keptAt: (url: string, space: SpaceId) => Kept | undefined,
    /** A space that is here, as a KUBE is to keep it. */
    private readonly hereFor: (space: SpaceId, url: string) => KeptReplica | undefined,
    private readonly events: ArrivalsEvents,
  ) {}

  /** What comes from where. */
  get wanted(): readonly Arriving[] {
    return [...this.all]
  }

  /**
   * Until `enter` or `refuse` is called, nothing but the log comes.
   * @param first the key of its first epoch
   * @throws HearthError why none has it: `mesh/host-…`, `mesh/timeout`
   */
  async fetch(space: SpaceId, first: Uint8Array, urls: readonly string[], ms: number): Promise<Fetched> {
    const coming = urls.map((url): Arriving => ({
      ...{ url, replica: new ArrivingReplica(this.platform, space, first) },
    }))
    for (const one of coming) this.all.add(one)
    this.events.changed()
    const refuse = () => {
      for (const one of coming) one.replica.become(undefined)
      for (const one of coming) this.all.delete(one)
      this.events.refused(space)
      this.events.changed()
    }
    try {
      const from = await this.arrived(coming, ms)
      const log = new Map(from.flatMap(({ replica }) => [...replica.take()]))
      return {
        log: [...log.values()],
        urls: from.map(({ url }) => url),
        refuse,
        enter: () => this.enter(space, coming),
      }
    } catch (e) {
      refuse()
      throw e
    }
  }

  /** @returns those that have all of the log that there is said to be */
  private async arrived(coming: readonly Arriving[], ms: number): Promise<Arriving[]> {
    let end = this.platform.now() + ms
    for (;;) {
      const kept = coming.map(({ url, replica: { space } }) => this.keptAt(url, space))
      const has = coming.filter(({ replica }, i) => replica.hasAll(kept[i]?.heads ?? []))
      const isOver = kept.every((one, i) => one?.refusal || has.includes(coming[i]!))
      const left = end - this.platform.now()
      if (has.length > 0 && (isOver || left <= 0)) return has
      if (isOver || left <= 0) {
        if (kept.some((one) => one?.isKept)) throw new HearthError('mesh/timeout', { ms })
        const away = coming.find((_, i) => !kept[i]?.refusal)
        if (away) throw new HearthError('mesh/host-away', { kube: away.url })
        throw new HearthError(kept[0]!.refusal as 'mesh/host-unknown')
      }
      // The others may be away.
      if (has.length > 0) end = Math.min(end, this.platform.now() + OTHERS_MS)
      await new Promise<void>((resolve) => this.platform.later(resolve, LOOK_MS))
    }
  }

  /** It is here: the rest of it comes. */
  private enter(space: SpaceId, coming: readonly Arriving[]): void {
    for (const { replica, url } of coming) replica.become(this.hereFor(space, url))
    this.events.changed()
    for (const one of coming) this.all.delete(one)
  }
}

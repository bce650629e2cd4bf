/**
 * Whom this device links with in a space, of those that it sees there. Who cannot be reached keeps its place for nobody: the next one is
 * called beside it. Who has no room is left alone for a while.
 */
import type { DeviceId } from '../../protocol/ids.js'
import type { Replica } from '../platform.js'
import { neighbours } from './rings.js'

/** Who has refused is not called again for so long, doubled each time, in milliseconds. */
const REFUSED_MS = 5_000
const LONGEST_REFUSED_MS = 60_000
/** By one that has no link at all. */
const ALONE_MS = 1_000

interface Refusal {
  readonly until: number
  readonly ms: number
}

export interface Chosen {
  /** With these it would be linked. */
  readonly links: ReadonlySet<DeviceId>
  /** These are called: those, and who would be one of them if it could be reached. */
  readonly called: ReadonlySet<DeviceId>
  /** There are members with whom it would not be linked. */
  readonly hasMore: boolean
}

export class Choice {
  private readonly doubted = new Set<DeviceId>()
  private readonly refusals = new Map<DeviceId, Refusal>()

  constructor(
    private readonly platform: { now(): number },
    private readonly own: DeviceId,
  ) {}

  /** It was called, and there is no session. */
  doubt(device: DeviceId): void {
    this.doubted.add(device)
  }

  isDoubted(device: DeviceId): boolean {
    return this.doubted.has(device)
  }

  /** There is a session with it. */
  met(device: DeviceId): void {
    this.doubted.delete(device)
  }

  /**
   * It has as many links as it may.
   * @param isAlone there is no other link
   * @returns milliseconds until it is called again, if it still would be
   */
  refused(device: DeviceId, isAlone: boolean): number {
    const before = this.refusals.get(device)
    const now = this.platform.now()
    const isLongAgo = !before || now > before.until + LONGEST_REFUSED_MS
    const ms = isAlone ? ALONE_MS : isLongAgo ? REFUSED_MS : Math.min(2 * before.ms, LONGEST_REFUSED_MS)
    this.refusals.set(device, { until: now + ms, ms })
    return ms
  }

  /** Of others, nothing need be remembered. */
  keep(seen: ReadonlySet<DeviceId>): void {
    for (const device of this.doubted) if (!seen.has(device)) this.doubted.delete(device)
    for (const device of this.refusals.keys()) if (!seen.has(device)) this.refusals.delete(device)
  }

  /** @param views those who are seen at each KUBE, without this device */
  in(replica: Replica, views: readonly ReadonlySet<DeviceId>[]): Chosen {
    const now = this.platform.now()
    const isOpen = (device: DeviceId) => (this.refusals.get(device)?.until ?? now) <= now
    const links = this.among(replica, views, (device) => isOpen(device) && !this.doubted.has(device))
    const hasMore = views.some((view) =>
      [...view].some((device) => !links.has(device) && replica.isIn(device)),
    )
    if (this.doubted.size === 0) return { links, called: links, hasMore }
    return { links, called: new Set([...links, ...this.among(replica, views, isOpen)]), hasMore }
  }

  /**
   * Members choose among themselves: others can be made up by whoever knows the secret of an old topic. Whoever else is there, be it let in by
   * others or out, is linked with by those who would be its neighbours, and so finds some, and nobody has to link with all of them.
   */
  private among(
    replica: Replica,
    views: readonly ReadonlySet<DeviceId>[],
    is: (device: DeviceId) => boolean,
  ): Set<DeviceId> {
    const only = (isOne: (device: DeviceId) => boolean) =>
      views.map((view) => new Set([...view].filter(isOne)))
    const all = neighbours(this.own, only(is))
    if (!replica.isIn(this.own)) return all
    const isMember = (device: DeviceId) =>
      is(device) &&
      // defence: members-have-their-places
      replica.isIn(device)
    const links = neighbours(this.own, only(isMember))
    for (const device of all) if (!replica.isIn(device)) links.add(device)
    return links
  }
}

/**
 * STUN and TURN servers, as KUBEs name them for direct links. What a KUBE says of them is taken for what it may be, and no more: a KUBE
 * that lies keeps devices from linking directly, and they go on through relays.
 */
import type { IceServer } from '../protocol/hosting.js'
import { schemeOfIce } from '../protocol/ice.js'
import type { IceOffer } from '../protocol/signal.js'
import type { MeshPlatform } from './platform.js'

/**
 * Of all KUBEs together. Each makes a browser slower to find a way (Firefox warns of five), and has it say more: with four, one in several networks at
 * once says less than `MAX_DIRECT_SIGNALS`.
 */
const MOST = 4
/** How long an offer counts at most, in seconds. */
const LONGEST_S = 24 * 3600
/** An offer is asked for anew when so much of its time is over, but not after less than this, in milliseconds. */
const ANEW = 3 / 4
const SOONEST_MS = 45_000

/** What one KUBE offers. */
export class IceOffers {
  private servers: readonly IceServer[] = []
  private until = 0
  private cancel: (() => void) | undefined

  /** @param ask the KUBE, which then answers to `take` */
  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later'>,
    private readonly ask: () => void,
  ) {}

  /** What has been offered, as long as it holds: also while the KUBE is away. */
  get current(): readonly IceServer[] {
    return this.platform.now() < this.until ? this.servers : []
  }

  take(seconds: number, offers: readonly IceOffer[]): void {
    this.servers = offers.flatMap(asServer)
    this.end()
    const held = Math.min(seconds, LONGEST_S) * 1_000
    this.until = this.platform.now() + held
    let anew = held * ANEW
    // defence: ice-in-bounds
    anew = Math.max(anew, SOONEST_MS)
    if (offers.length > 0) this.cancel = this.platform.later(this.ask, anew)
  }

  /** There is nobody to ask. */
  end(): void {
    this.cancel?.()
    this.cancel = undefined
  }
}

/** Of each KUBE the first, then of each the second: none keeps those of another out. */
export function inTurns(offered: readonly (readonly IceServer[])[]): readonly IceServer[] {
  const longest = Math.max(0, ...offered.map(({ length }) => length))
  const turns = Array.from({ length: longest }, (_, n) =>
    offered.flatMap((servers) => servers.slice(n, n + 1)),
  )
  return turns.flat().slice(0, MOST)
}

/** Nothing, if a browser would refuse it, and with it all that others offer. */
function asServer([urls, username, credential]: IceOffer): readonly IceServer[] {
  const scheme = schemeOfIce(urls)
  // defence: ice-as-browsers-take-it
  if (!scheme || (scheme === 'turn' && !(username && credential))) return []
  return [scheme === 'turn' ? { urls, username: username!, credential: credential! } : { urls }]
}

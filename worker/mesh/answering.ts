/**
 * Who calls this device, and how often: a handshake costs more to answer than to ask for, and whoever relays can ask in anybody's name
 * without end.
 */
import { HearthError } from '../protocol/errors.js'
import { answer, type Beginning } from './handshaking.js'
import type { Other } from './kube.js'
import type { Link } from './link.js'
import type { MeshPlatform } from './platform.js'
import type { Agreed } from './session.js'

/** Handshakes that are answered at one time. */
export const MAX_ANSWERED = 32
/** One whose handshake has failed is not answered for so long, doubled each time, in milliseconds: it calls again later than that. */
const PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000

interface Pause {
  readonly until: number
  readonly ms: number
}

export class Answering {
  private readonly pauses = new WeakMap<Other, Pause>()
  private answered = 0

  constructor(private readonly platform: MeshPlatform) {}

  /** @throws HearthError as `answer`; the link is closed then */
  async answer(other: Other, link: Link, beginning: () => Promise<Beginning>): Promise<Agreed> {
    const pause = this.pauses.get(other)
    try {
      // defence: failures-pause
      if (pause && this.platform.now() < pause.until) throw new HearthError('mesh/handshake')
      // defence: handshakes-at-once
      if (this.answered >= MAX_ANSWERED) throw new HearthError('mesh/handshake')
    } catch (e) {
      link.close()
      throw e
    }
    this.answered++
    try {
      const agreed = await answer(this.platform, link, await beginning())
      this.pauses.delete(other)
      return agreed
    } catch (e) {
      const ms = Math.min(pause ? 2 * pause.ms : PAUSE_MS, LONGEST_PAUSE_MS)
      this.pauses.set(other, { until: this.platform.now() + ms, ms })
      link.close()
      throw e
    } finally {
      this.answered--
    }
  }
}

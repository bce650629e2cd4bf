/**
 * A device of an identity, where its recovery words lead: whoever shows that it has the words is given what leads from these to the
 * personal space, and that one's log. The words let it in; what comes after that goes as between any two devices of one identity.
 * Spec: docs/protocol/hosts.md, "From a device".
 */
import { HANDSHAKE_MS, type KeptCapsule } from '../../protocol/wire.js'
import type { MeshPlatform } from '../platform.js'
import { inMessages } from '../portions.js'
import type { Session } from '../session.js'

/** With whom a device is at one time. */
export const MAX_SEEKERS = 16
/** The longest for all of the log, in milliseconds. */
const GIVING_MS = 120_000

/** What it gives: supplied by the runtime. */
export interface Holding {
  /** Whether these words are its identity's, and have signed that. */
  isShown(words: Uint8Array, said: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** The log: parents first. @throws HearthError `store/…`, `halo/key-missing` */
  given(): Promise<Given | undefined>
}
export interface Given {
  readonly capsule: KeptCapsule
  readonly heads: readonly string[]
  readonly log: Iterable<Uint8Array>
}

export class Holder {
  private seekers = 0

  constructor(
    private readonly platform: Pick<MeshPlatform, 'later'>,
    private readonly holding: Holding,
  ) {}

  /** Somebody is there who knows the secret of the place, as all devices do that were ever in. */
  meet(session: Session): void {
    // defence: seekers-at-once
    if (this.seekers >= MAX_SEEKERS) return session.close()
    this.seekers++
    const close = () => session.close()
    let cancel = this.platform.later(close, HANDSHAKE_MS)
    session.onClosed = () => {
      this.seekers--
      cancel()
    }
    let isAsked = false
    session.listen(async (message) => {
      if (message[0] !== 'seek' || isAsked) return close()
      isAsked = true
      const [, words, signature] = message
      // Who was revoked knows the place; and whoever shares a space with somebody, the key of their words.
      // defence: words-shown-to-devices
      if (!(await this.holding.isShown(words, session.agreed.hash, signature))) return close()
      cancel()
      cancel = this.platform.later(close, GIVING_MS)
      await this.give(session, words).catch(close)
    })
  }

  private async give(session: Session, words: Uint8Array): Promise<void> {
    const given = await this.holding.given()
    if (!given) return session.send(['found', words, null])
    const { capsule, heads, log } = given
    const [ref] = capsule
    await session.send(['found', words, capsule])
    for (const some of inMessages(log)) await session.send(['log', ref, some])
    await session.send(['have', ref, heads, [], null, 'gaps'])
  }
}

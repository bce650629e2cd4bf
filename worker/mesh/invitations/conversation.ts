/**
 * One message after the other, each awaited for a limited time. What the other side says of spaces meanwhile, for it may be further, is
 * kept for whoever goes on with the session.
 */
import { HearthError } from '../../protocol/errors.js'
import type { Invite, Message } from '../../protocol/wire.js'
import { silent } from '../link.js'
import type { MeshPlatform } from '../platform.js'
import type { Session } from '../session.js'

/** Longest wait for an answer that no person has to give, in milliseconds. */
export const ANSWER_MS = 20_000
/** Longest until all is told that a guest is in, in milliseconds. */
export const LOGS_MS = 600_000

const OF_INVITATIONS: ReadonlySet<Message[0]> = new Set<Invite[0]>([
  ...([
    'knock',
    'share',
    'confirm',
    'terms',
    'introduce',
    'candidate',
    'admitted',
    'part',
    'denied',
  ] as const),
])

/** What came before it was wanted, and what says that it is taken. */
type Kept = readonly [Message, taken: () => void]

export class Conversation {
  private readonly came: Kept[] = []
  private readonly beside: Kept[] = []
  private wanted: ((message: Message) => void) | undefined
  private fail: (e: HearthError) => void = silent

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later'>,
    private readonly session: Session,
  ) {
    session.onClosed = (why) => this.fail(why)
    session.listen((message) => this.take(message))
  }

  say(message: Invite): void {
    void this.session.send(message, 'bulk')
  }

  /** What is left of so many milliseconds from now, whenever it is asked for. */
  endOf(ms: number): () => number {
    const end = this.platform.now() + ms
    return () => Math.max(0, end - this.platform.now())
  }

  /** Resolves when it is on its way. @throws HearthError `mesh/timeout`: the other side takes nothing; `mesh/closed` */
  async put(ms: number, message: Invite): Promise<void> {
    let cancel = silent
    const late = new Promise<never>((_, reject) => {
      cancel = this.platform.later(() => reject(new HearthError('mesh/timeout', { ms })), ms)
    })
    await Promise.race([this.session.send(message, 'bulk'), late]).finally(() => cancel())
    if (!this.session.isOpen) throw new HearthError('mesh/closed')
  }

  /** @throws HearthError `mesh/timeout`, `mesh/closed`, `mesh/malformed` if it is none of these */
  async hear<T extends Invite[0]>(
    ms: number,
    ...kinds: readonly T[]
  ): Promise<Extract<Invite, readonly [T, ...unknown[]]>> {
    const message = await this.next(ms)
    if (!kinds.includes(message[0] as T))
      throw new HearthError('mesh/malformed', { reason: `${message[0]} before its time` })
    return message as Extract<Invite, readonly [T, ...unknown[]]>
  }

  /** The conversation is over. @returns what was said beside it */
  end(): Message[] {
    return this.beside.splice(0).map(([message, taken]) => {
      taken()
      return message
    })
  }

  private async take(message: Message): Promise<void> {
    const isOfThis = OF_INVITATIONS.has(message[0])
    if (isOfThis && this.wanted) return this.wanted(message)
    let taken: () => void = silent
    const isTaken = new Promise<void>((resolve) => (taken = resolve))
    const kept = isOfThis ? this.came : this.beside
    kept.push([message, taken])
    // Until then, it takes of the window: nobody has to keep more than that.
    // defence: talk-fills-a-window
    await isTaken
  }

  private next(ms: number): Promise<Message> {
    const early = this.came.shift()
    if (early) {
      const [message, taken] = early
      taken()
      return Promise.resolve(message)
    }
    return new Promise<Message>((resolve, reject) => {
      const cancel = this.platform.later(() => this.fail(new HearthError('mesh/timeout', { ms })), ms)
      const done = () => {
        cancel()
        this.wanted = undefined
        this.fail = silent
      }
      this.wanted = (message) => {
        done()
        resolve(message)
      }
      this.fail = (e) => {
        done()
        reject(e)
      }
      if (!this.session.isOpen) this.fail(new HearthError('mesh/closed'))
    })
  }
}

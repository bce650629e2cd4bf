/**
 * Who has recovery words and nothing else, where devices of their identity are: asks all who are there, for anybody who was ever one of
 * these can be there, and say what it likes. Spec: docs/protocol/hosts.md, "From a device".
 */
import { HearthError } from '../../protocol/errors.js'
import { HANDSHAKE_MS, MAX_LOG_BYTES, MAX_LOG_ENTRIES, type KeptCapsule } from '../../protocol/wire.js'
import { readHint } from '../hint.js'
import type { Words } from '../keeping/keeper.js'
import type { Other } from '../kube.js'
import { silent } from '../link.js'
import type { Appointment, Mesh } from '../mesh.js'
import type { MeshPlatform } from '../platform.js'
import type { Session } from '../session.js'

/** Who are asked at one time, and who wait for that. */
export const TOGETHER = 8
const MAX_WAITING = 256
/** The longest wait for all that one has to say, in milliseconds. */
const LOG_MS = 120_000

export interface Seeking {
  readonly platform: MeshPlatform
  readonly mesh: Pick<Mesh, 'appoint' | 'callHost' | 'at'>
  readonly words: Words
  /** @throws HearthError `halo/…`: it leads nowhere */
  open(capsule: KeptCapsule): Promise<void>
  /** Somebody has answered. @param by the key that the session has shown @throws HearthError `halo/…`: it is nobody who should have */
  answered(capsule: KeptCapsule, log: readonly Uint8Array[], by: Uint8Array): Promise<void>
}

/** Where to ask, and what one has to know there. */
export type WordsMeeting = Appointment & { readonly psk: Uint8Array }

export class Seeker {
  private readonly waiting: Other[] = []
  private underway = 0
  private readonly sessions = new Set<Session>()
  private readonly leave: () => void
  private isOver = false

  /** @param kubes signal addresses of those at which this device has been before: it is not told again who is there */
  constructor(
    private readonly seeking: Seeking,
    private readonly meeting: WordsMeeting,
    kubes: readonly string[],
  ) {
    const { mesh } = seeking
    const came = (other: Other) => void this.look(other)
    this.leave = mesh.appoint({ ...meeting, isSeeking: true, came })
    for (const url of kubes) for (const other of mesh.at(url, meeting.topic)) came(other)
  }

  /** Somebody is being asked. */
  get isBusy(): boolean {
    return this.underway > 0
  }

  stop(): void {
    this.isOver = true
    this.leave()
    for (const session of this.sessions) session.close()
  }

  private async look(other: Other): Promise<void> {
    const { platform } = this.seeking
    // Others who look for somebody tell nothing of themselves; and whoever knows no more than the topic is there as well.
    if (!(await readHint(platform, this.meeting.secret, other.peer, other.hint))) return
    if (this.waiting.length >= MAX_WAITING) return
    this.waiting.push(other)
    this.askNext()
  }

  private askNext(): void {
    if (this.isOver) return
    // Whoever was ever a device of theirs can be there as often as it likes.
    // defence: asked-at-once
    if (this.underway >= TOGETHER) return
    const next = this.waiting.shift()
    if (!next) return
    this.underway++
    // Whoever answers with anything else is passed over for the next.
    void this.ask(next)
      .catch(silent)
      .finally(() => {
        this.underway--
        this.askNext()
      })
  }

  private async ask(other: Other): Promise<void> {
    const { platform, mesh, words, open, answered } = this.seeking
    const session = await mesh.callHost(other, this.meeting.psk)
    this.sessions.add(session)
    try {
      if (this.isOver) return
      const heard = hear(platform, session, open)
      await session.send(['seek', words.publicKey, await words.sign(session.agreed.hash)])
      const { capsule, log } = await heard
      await answered(capsule, log, session.agreed.theirs)
    } finally {
      this.sessions.delete(session)
      session.close()
    }
  }
}

interface Heard {
  readonly capsule: KeptCapsule
  readonly log: readonly Uint8Array[]
}

/** @throws HearthError `halo/…`, `mesh/…` */
function hear(platform: MeshPlatform, session: Session, open: Seeking['open']): Promise<Heard> {
  const log: Uint8Array[] = []
  let bytes = 0
  let found: KeptCapsule | undefined
  const heard = new Promise<Heard>((resolve, reject) => {
    const late = (ms: number) => platform.later(() => reject(new HearthError('mesh/timeout', { ms })), ms)
    let cancel = late(HANDSHAKE_MS)
    const refused = (e: unknown) => {
      cancel()
      reject(e)
    }
    session.onClosed = refused
    session.listen(async (message) => {
      try {
        if (message[0] === 'found' && message[2] && !found) {
          found = message[2]
          cancel()
          cancel = late(LOG_MS)
          await open(found)
        } else if (message[0] === 'log' && found) {
          log.push(...message[2])
          for (const { length } of message[2]) bytes += length
          // defence: found-log-bounded
          if (log.length > MAX_LOG_ENTRIES || bytes > MAX_LOG_BYTES)
            throw new HearthError('halo/log-too-large')
        } else if (message[0] === 'have' && found) {
          cancel()
          resolve({ capsule: found, log })
        } else throw new HearthError('mesh/malformed', { reason: `${message[0]} before its time` })
      } catch (e) {
        refused(e)
      }
    })
    if (!session.isOpen) refused(new HearthError('mesh/closed'))
  })
  heard.catch(silent)
  return heard
}

/**
 * Whoever invites: waits at the invitation's topic, and lets in who comes with the link, and with the code if there is one. What limits
 * it is kept before anything is answered, so that neither a new connection nor a new life of this device gives another try.
 */
import { HearthError, toHearthError, type ErrorCode } from '../../protocol/errors.js'
import { toBase64Url, type SpaceId } from '../../protocol/ids.js'
import type { InvitationState, Role } from '../../protocol/facts.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { CPace } from '../cpace/cpace.js'
import type { Mesh } from '../mesh.js'
import type { MeshPlatform } from '../platform.js'
import type { Session } from '../session.js'
import { ANSWER_MS, Conversation, LOGS_MS } from './conversation.js'
import { fingerprintOf, ID_BYTES, isDelegable, makeLink, meetingOf, SECRET_BYTES } from './link.js'
import { Allowance, hearWith, sayWith } from './parts.js'
import type { Admitting, Candidate, Introduction } from './terms.js'

/** Wrong codes until an invitation is void. */
export const MAX_WRONG = 3
/** A guest who has a session and says nothing is given up after this time, in milliseconds: a person may be typing. */
const TYPING_MS = 300_000
/** Guests with whom a host is at one time. */
export const MAX_GUESTS = 16
/** Timers that are longer run at once, in milliseconds. */
const LONGEST_TIMER_MS = 24 * 3600_000
const CODE_DIGITS = 6
/** What CPace is bound to, beside the session. */
const CHANNEL = new TextEncoder().encode('hearth/1/invitation-code')

/** An invitation, as it is kept. */
export interface KeptInvitation {
  readonly id: Uint8Array
  readonly secret: Uint8Array
  readonly space: SpaceId
  /** Null: into this identity. */
  readonly role: Role | null
  readonly code: string | null
  readonly uses: number
  /** Milliseconds since 1970, by this device's clock, which alone judges it. */
  readonly expiresAt: number
  readonly kubes: readonly string[]
  /** Who came in by it: identities, or devices. */
  readonly used: readonly string[]
  readonly wrong: number
  readonly isCancelled: boolean
  /** Of the space's log, by which other admins know of it, too. */
  readonly entry?: string
}

export interface Hosting {
  readonly platform: MeshPlatform
  readonly mesh: Pick<Mesh, 'appoint' | 'adopt'>
  readonly admitting: Admitting
  /** Durable when it resolves. @throws HearthError `store/…` */
  keep(): Promise<void>
  changed(): void
}

/** What several hosts have in common of one invitation. */
export type SharedTerms = Pick<
  KeptInvitation,
  'id' | 'secret' | 'space' | 'role' | 'uses' | 'expiresAt' | 'kubes' | 'entry'
>

export interface InvitationOptions {
  readonly space: SpaceId
  readonly role: Role | null
  readonly uses: number
  readonly expiresMs: number
  readonly code: boolean
  readonly kubes: readonly string[]
}

export class HostedInvitation {
  /** Guests who are being served. */
  private guests = 0
  private endsMeeting: (() => void) | undefined
  private cancelExpiry: (() => void) | undefined

  constructor(
    private readonly hosting: Hosting,
    private current: KeptInvitation,
  ) {}

  static make(hosting: Hosting, options: InvitationOptions): HostedInvitation {
    const { platform } = hosting
    const { space, role, uses, expiresMs, code, kubes } = options
    return new HostedInvitation(hosting, {
      ...{ id: platform.random(ID_BYTES), secret: platform.random(SECRET_BYTES) },
      ...{ space, role, uses, kubes, code: code ? randomCode(platform) : null },
      ...{ expiresAt: platform.now() + expiresMs, used: [], wrong: 0, isCancelled: false },
    })
  }

  /** That of another admin, which this device may answer as well. */
  static of(hosting: Hosting, terms: SharedTerms): HostedInvitation {
    return new HostedInvitation(hosting, { ...terms, code: null, used: [], wrong: 0, isCancelled: false })
  }

  /** Other admins know of it from now on. */
  async share(entry: string): Promise<void> {
    await this.update({ entry })
  }

  get kept(): KeptInvitation {
    return this.current
  }

  get key(): string {
    return toBase64Url(this.current.id)
  }

  get link(): string {
    const { id, secret, space, role, code, kubes } = this.current
    const kind = { to: role ? 'space' : 'device', hasCode: code !== null } as const
    const fingerprint = fingerprintOf(isDelegable(kind) ? space : this.hosting.admitting.identity)
    return makeLink({ ...kind, id, secret, fingerprint, kubes })
  }

  /** Who came in by it, here and at other admins. */
  private get used(): ReadonlySet<string> {
    const { used, space, entry } = this.current
    return new Set([...used, ...(entry ? this.hosting.admitting.usedBy(space, entry) : [])])
  }

  get state(): InvitationState {
    const { uses, wrong, expiresAt } = this.current
    const at = this.guests > 0 ? 'greeting' : 'waiting'
    return { at: this.end ?? at, used: this.used.size, uses, wrong, expiresAt }
  }

  /** Somebody can still come in by it. */
  get isOpen(): boolean {
    return !this.end
  }

  /** Why nobody can come in by it any more. */
  private get end(): 'done' | 'expired' | 'cancelled' | 'dead' | undefined {
    const { uses, wrong, expiresAt, isCancelled } = this.current
    // defence: cancelled-is-over
    if (isCancelled) return 'cancelled'
    // defence: wrong-codes-count
    if (wrong >= MAX_WRONG) return 'dead'
    // defence: uses-count
    if (this.used.size >= uses) return 'done'
    // defence: invitations-expire
    if (this.hosting.platform.now() >= expiresAt) return 'expired'
    return undefined
  }

  /** Waits for guests, unless it is over; one that was used up waits for those who came in by it and have lost the answer. */
  begin(): void {
    if (this.end && this.end !== 'done') return
    this.endsMeeting = this.hosting.mesh.appoint({
      ...meetingOf(this.current),
      guest: (session) => void this.greet(session),
    })
    this.awaitExpiry()
  }

  /** What waits for longer than a timer can is looked at now and then. */
  private awaitExpiry(): void {
    const { platform } = this.hosting
    const left = this.current.expiresAt - platform.now()
    this.cancelExpiry?.()
    this.cancelExpiry = platform.later(
      () => (left > LONGEST_TIMER_MS ? this.awaitExpiry() : this.over()),
      Math.min(left, LONGEST_TIMER_MS),
    )
  }

  async cancel(): Promise<void> {
    await this.update({ isCancelled: true })
    this.over()
  }

  stop(): void {
    this.cancelExpiry?.()
    this.endsMeeting?.()
    this.endsMeeting = undefined
  }

  /** Guests hear why, for a while: whoever comes late finds nobody. */
  private over(): void {
    this.cancelExpiry?.()
    this.hosting.changed()
    this.hosting.platform.later(() => {
      // A try that counted while it was made may have been the right one.
      if (this.end) this.stop()
    }, ANSWER_MS)
  }

  /** Who came in by one that is used up may have lost the answer, and come again until it expires. */
  private get isOver(): boolean {
    const { end } = this
    return end === 'done' ? this.hosting.platform.now() >= this.current.expiresAt : !!end
  }

  private async update(change: Partial<KeptInvitation>): Promise<void> {
    this.current = { ...this.current, ...change }
    await this.hosting.keep()
    this.hosting.changed()
  }

  private async greet(session: Session): Promise<void> {
    // defence: guests-at-once
    if (this.guests >= MAX_GUESTS) return session.close()
    const talk = new Conversation(this.hosting.platform, session)
    this.guests++
    this.hosting.changed()
    try {
      while (!(await this.serve(session, talk)));
    } catch (e) {
      const { code } = toHearthError(e, 'mesh/closed')
      if (session.isOpen && code !== 'mesh/timeout') this.deny(talk, code)
      // What was said is on its way.
      this.hosting.platform.later(() => session.close(), 1_000)
    } finally {
      this.guests--
      this.hosting.changed()
      if (this.isOver) this.over()
    }
  }

  /** @returns whether the guest is in; if not, it may try again */
  private async serve(session: Session, talk: Conversation): Promise<boolean> {
    const [, share] = await talk.hear(TYPING_MS, 'knock')
    this.check()
    const { code, space, role } = this.current
    const { admitting, mesh } = this.hosting
    let mac: Uint8Array | null = null
    if (code !== null) {
      if (!share) throw new HearthError('halo/code-needed')
      const confirmed = await this.checkCode(session, talk, code, share)
      if (!confirmed) {
        this.deny(talk, this.end === 'dead' ? 'halo/invite-dead' : 'halo/code-wrong')
        return false
      }
      mac = confirmed
    }
    await sayWith(talk, ANSWER_MS, Allowance.ofProof(), admitting.proof, (proof) => {
      return ['terms', space, role, admitting.nameOf(space), proof, mac]
    })
    const guest = await this.guest(talk)
    const name = await admitting.guestOf(guest, session.agreed.theirs)
    // Who is in already, or has lost the answer, uses up nothing.
    const isIn = admitting.isIn({ space, role }, name)
    // defence: checked-as-it-is-used
    if (!isIn) this.check(name)
    const isFirst = !isIn && !this.used.has(name)
    if (isFirst) await this.update({ used: [...this.current.used, name] })
    let logs: readonly (readonly Uint8Array[])[]
    try {
      logs = await admitting.admit({ space, role }, guest, this.current.entry)
    } catch (e) {
      // Who did not come in has used nothing.
      // defence: used-by-who-is-in
      if (isFirst) await this.update({ used: this.current.used.filter((one) => one !== name) })
      throw e
    }
    const [end, allowance] = [talk.endOf(LOGS_MS), Allowance.ofLogs()]
    for (const [n, log] of logs.entries())
      await sayWith(talk, end(), allowance, log, (last) => ['admitted', last, logs.length - 1 - n])
    mesh.adopt(session, talk.end())
    return true
  }

  /**
   * The try counts before it is answered, and does not if the code was right.
   * @returns this side's confirmation; undefined if the code was wrong
   */
  private async checkCode(
    session: Session,
    talk: Conversation,
    code: string,
    share: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    // Several guests at once share what is left.
    // defence: tries-count-first
    await this.update({ wrong: this.current.wrong + 1 })
    const { random } = this.hosting.platform
    const own = new CPace(random, {
      ...{ code, channel: CHANNEL, session: boundTo(session), initiator: false },
    })
    const { confirmation, expected } = own.finish(share)
    talk.say(['share', own.share])
    const [, theirs] = await talk.hear(ANSWER_MS, 'confirm')
    // defence: code-confirmed
    if (!sameBytes(theirs, expected)) return undefined
    await this.update({ wrong: this.current.wrong - 1 })
    return confirmation
  }

  private async guest(talk: Conversation): Promise<Introduction | Candidate> {
    if (this.current.role) {
      const { message, entries } = await hearWith(talk, ANSWER_MS, Allowance.ofProof(), 'introduce')
      const [, , device, signature] = message
      return { proof: entries, consent: [device as Introduction['consent'][0], signature] }
    }
    const [, device, agreement, possession] = await talk.hear(ANSWER_MS, 'candidate')
    return { device: device as Candidate['device'], agreement, possession }
  }

  /** @param name of one who may have come in by it before, and have lost the answer @throws HearthError `halo/invite-…` */
  private check(name?: string): void {
    const { end } = this
    if (!end || (end === 'done' && (name === undefined || this.used.has(name)))) return
    throw new HearthError(ENDED[end])
  }

  private deny(talk: Conversation, code: ErrorCode): void {
    talk.say(['denied', code, Math.max(0, MAX_WRONG - this.current.wrong)])
  }
}

const ENDED = {
  done: 'halo/invite-used',
  expired: 'halo/invite-expired',
  cancelled: 'halo/invite-cancelled',
  dead: 'halo/invite-dead',
} as const satisfies Record<string, ErrorCode>

/** Digits, each as likely as any other. */
function randomCode({ random }: Pick<MeshPlatform, 'random'>): string {
  let code = ''
  while (code.length < CODE_DIGITS) {
    const [byte] = random(1)
    // 250 is the last multiple of ten.
    if (byte! < 250) code += String(byte! % 10)
  }
  return code
}

/** What whoever stands between two sessions cannot have the same in both. */
const boundTo = ({ agreed }: Session): Uint8Array =>
  new Uint8Array([
    // defence: code-of-this-session
    ...agreed.hash,
  ])

/** The guest's side of the same. */
export const guestCode = (random: (bytes: number) => Uint8Array, code: string, session: Session): CPace =>
  new CPace(random, { code, channel: CHANNEL, session: boundTo(session), initiator: true })

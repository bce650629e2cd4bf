/**
 * Direct links with one device: made again and again, ever less often, as long as both sides have a tab for it and there is a session
 * through a relay, in which the two browsers find each other. On the link they shake hands anew. One that is there may be made anew in
 * a better tab: it goes on until the next one has come about.
 */
import { HearthError } from '../../protocol/errors.js'
import { toBase64Url } from '../../protocol/ids.js'
import type { Direct } from '../../protocol/wire.js'
import { answer, call } from '../handshaking.js'
import { Session } from '../session.js'
import { DirectLink } from './direct-link.js'
import type { Linking } from './linking.js'

/** An attempt has so long, in milliseconds; after a link that lasted longer than that, the next one is made at once. */
const ATTEMPT_MS = 10_000
/** After a failure the next attempt is made so much later, doubled each time, in milliseconds. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

export interface AttemptsNeeds extends Linking {
  /** There is a session over a direct link. @param number of the attempt */
  made(session: Session, number: number): void
  /** The other side says that the link there is has ended. */
  ended(): void
}

/** One that is under way, or has made the link that there is. */
interface Attempt {
  readonly number: number
  readonly link: DirectLink
}

export class Attempts {
  /** Of the last one. */
  number = 0
  private through: Session | undefined
  private underway: Attempt | undefined
  private there: (Attempt & { readonly madeAt: number }) | undefined
  /** The link that there is could be in a better tab, on one side or the other. */
  private isMoving = false
  private theyCan = false
  private hasSaid = false
  private failures = 0
  private notBefore = 0
  private cancelPause: (() => void) | undefined
  private cancelLimit: (() => void) | undefined

  constructor(private readonly needs: AttemptsNeeds) {}

  /** @param session through a relay; without one, nothing is begun */
  arrangedIn(session: Session | undefined): void {
    this.through = session
    this.theyCan = this.hasSaid = false
    if (this.underway) this.fail(this.underway)
    if (!session) return
    this.needs.hosts.wanted()
    this.hostsChanged()
  }

  hostsChanged(): void {
    const { canHost } = this.needs.hosts
    if (canHost !== this.hasSaid) this.say(['host', (this.hasSaid = canHost)])
    this.consider()
  }

  hear(message: Exclude<Direct, readonly ['direct', number]>): void {
    switch (message[0]) {
      case 'host':
        return this.hearOfHost(message[1])
      case 'signal':
        return this.hearSignal(message[1], message[2])
      case 'anew':
        if (message[1] === this.there?.number) this.move()
        return
      case 'over':
        return this.hearOfEnd(message[1])
    }
  }

  /** The session over the link that there is has ended. */
  sessionEnded(): void {
    if (this.there) this.lose(this.there)
  }

  stop(): void {
    this.cancelPause?.()
    this.through = undefined
    if (this.underway) this.fail(this.underway)
    if (this.there) this.lose(this.there)
  }

  private hearOfHost(can: boolean): void {
    // What was said to it at first, it may not have been there to hear.
    if (can && !this.theyCan && this.hasSaid) this.say(['host', true])
    this.theyCan = can
    this.consider()
  }

  private hearSignal(number: number, text: string): void {
    if (!this.needs.isCaller && number > this.number) this.follow(number)
    for (const attempt of [this.underway, this.there])
      if (attempt?.number === number) attempt.link.signal(text)
  }

  private hearOfEnd(number: number): void {
    const { underway, there } = this
    if (underway?.number === number) {
      underway.link.isNotAtFault = true
      this.fail(underway)
    }
    if (there?.number !== number) return
    there.link.isNotAtFault = true
    this.needs.ended()
  }

  /** The other side begins. */
  private follow(number: number): void {
    if (this.underway) this.fail(this.underway)
    this.number = number
    const { now } = this.needs.platform
    // The other side pauses by its own clock; one that does not pause at all costs no more than one that does.
    // defence: attempts-pause
    if (now() < this.notBefore - this.pauseMs / 2) return this.say(['over', number])
    this.begin()
  }

  /** The side that begins does; the other one asks for it. */
  private move(): void {
    this.isMoving = true
    if (this.needs.isCaller) this.consider()
    else if (this.there && !this.underway) this.say(['anew', this.there.number])
  }

  private consider(): void {
    const { isCaller, hosts, platform } = this.needs
    if (!isCaller || this.underway || (this.there && !this.isMoving)) return
    if (!this.through?.isOpen || !this.theyCan || !hosts.canHost) return
    const wait = this.notBefore - platform.now()
    // Who asks for a link anew, again and again, waits as for one that ends again and again.
    // defence: attempts-pause
    if (wait > 0)
      return void (this.cancelPause ??= platform.later(() => {
        this.cancelPause = undefined
        this.consider()
      }, wait))
    this.number++
    this.begin()
  }

  private begin(): void {
    const { through, number, needs } = this
    this.isMoving = false
    const hosted = through && needs.hosts.open(needs.isCaller, needs.ice())
    if (!hosted) return this.say(['over', number])
    const link = new DirectLink(hosted)
    const attempt: Attempt = (this.underway = { number, link })
    link.onSignal = (text) => void through.send(['signal', number, text])
    link.onBetter = () => {
      if (this.there?.link === link) this.move()
    }
    link.onClosed = () => this.fail(attempt)
    link.onOpened = () =>
      void this.shake(link, through).then(
        (session) => this.made(attempt, session),
        () => this.fail(attempt),
      )
    this.cancelLimit = needs.platform.later(() => this.fail(attempt), ATTEMPT_MS)
  }

  /** The same device, as that session shows, and this very session: what was said in another one is worth nothing here. */
  private async shake(link: DirectLink, { agreed: { theirs, hash } }: Session): Promise<Session> {
    const { platform, isCaller } = this.needs
    const beginning = { own: await this.needs.staticKey(), topic: hash }
    const agreed = isCaller
      ? await call(platform, link, beginning, theirs)
      : await answer(platform, link, beginning)
    const session = new Session(platform, link, agreed)
    // defence: direct-with-the-same
    if (toBase64Url(agreed.theirs) !== toBase64Url(theirs)) {
      session.close()
      throw new HearthError('mesh/handshake')
    }
    if (isCaller) session.ping()
    // As with a call through a relay.
    else await session.spoken()
    return session
  }

  private made(attempt: Attempt, session: Session): void {
    if (attempt !== this.underway || !session.isOpen) return session.close()
    this.cancelLimit?.()
    this.underway = undefined
    // It is left, and its tab has done nothing wrong.
    if (this.there) this.there.link.isNotAtFault = true
    if (this.there) this.pauseAfter(this.there.madeAt)
    this.there = { ...attempt, madeAt: this.needs.platform.now() }
    this.needs.made(session, attempt.number)
  }

  /** It has come to nothing; a link that there is goes on. */
  private fail(attempt: Attempt): void {
    if (attempt !== this.underway) return
    this.underway = undefined
    this.cancelLimit?.()
    this.failures++
    this.notBefore = this.needs.platform.now() + this.pauseMs
    this.over(attempt)
  }

  private lose(attempt: Attempt & { readonly madeAt: number }): void {
    this.there = undefined
    this.isMoving = false
    this.pauseAfter(attempt.madeAt)
    this.over(attempt)
  }

  /** A link that was there shows that there can be one, but may end as soon as it is made, again and again. */
  private pauseAfter(madeAt: number): void {
    const now = this.needs.platform.now()
    this.failures = now - madeAt >= ATTEMPT_MS ? 0 : 1
    this.notBefore = now + this.pauseMs
  }

  private over({ number, link }: Attempt): void {
    link.close()
    this.say(['over', number])
    this.consider()
  }

  private get pauseMs(): number {
    return this.failures === 0 ? 0 : Math.min(AGAIN_MS * 2 ** (this.failures - 1), LONGEST_AGAIN_MS)
  }

  private say(message: Direct): void {
    void this.through?.send(message)
  }
}

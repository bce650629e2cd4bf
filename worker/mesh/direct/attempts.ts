/**
 * Direct links with one device: made again and again, ever less often, as long as both sides have a tab for it and there is a session
 * through a relay, in which the two browsers find each other. On the link they shake hands anew.
 */
import { HearthError } from '../../protocol/errors.js'
import type { IceServer } from '../../protocol/hosting.js'
import { toBase64Url } from '../../protocol/ids.js'
import type { Direct } from '../../protocol/wire.js'
import { answer, call } from '../handshaking.js'
import type { Hosts, MeshPlatform, StaticKey } from '../platform.js'
import { Session } from '../session.js'
import { DirectLink } from './direct-link.js'

/** An attempt has so long, in milliseconds; after a link that lasted longer than that, the next one is made at once. */
const ATTEMPT_MS = 10_000
/** After a failure the next attempt is made so much later, doubled each time, in milliseconds. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

export interface AttemptsNeeds {
  readonly platform: MeshPlatform
  readonly hosts: Hosts
  /** Of the two devices, this one begins. */
  readonly isCaller: boolean
  /** Servers that may be used now to find a way. */
  ice(): readonly IceServer[]
  staticKey(): Promise<StaticKey>
  /** There is a session over a direct link. */
  made(session: Session): void
  /** The other side says that this link has ended. */
  ended(): void
}

export class Attempts {
  /** Of the attempt that is under way, or that has made the link that there is. */
  number = 0
  private through: Session | undefined
  private link: DirectLink | undefined
  private madeAt: number | undefined
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
    if (this.link && this.madeAt === undefined) this.fail(this.link)
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
      case 'over':
        if (message[1] !== this.number || !this.link) return
        this.link.hasEndedThere = true
        if (this.madeAt === undefined) this.fail(this.link)
        else this.needs.ended()
    }
  }

  /** The session over the link has ended. */
  sessionEnded(): void {
    if (this.link) this.fail(this.link)
  }

  stop(): void {
    this.cancelPause?.()
    this.through = undefined
    if (this.link) this.fail(this.link)
  }

  private hearOfHost(can: boolean): void {
    // What was said to it at first, it may not have been there to hear.
    if (can && !this.theyCan && this.hasSaid) this.say(['host', true])
    this.theyCan = can
    this.consider()
  }

  private hearSignal(attempt: number, text: string): void {
    if (!this.needs.isCaller && attempt > this.number) this.follow(attempt)
    if (attempt === this.number) this.link?.signal(text)
  }

  /** The other side begins. */
  private follow(attempt: number): void {
    if (this.link) this.fail(this.link)
    this.number = attempt
    const { now } = this.needs.platform
    // The other side pauses by its own clock; one that does not pause at all costs no more than one that does.
    // defence: attempts-pause
    if (now() < this.notBefore - this.pauseMs / 2) return this.say(['over', attempt])
    this.begin()
  }

  private consider(): void {
    const { isCaller, hosts, platform } = this.needs
    if (!isCaller || this.link || !this.through?.isOpen || !this.theyCan || !hosts.canHost) return
    const wait = this.notBefore - platform.now()
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
    const hosted = through && needs.hosts.open(needs.isCaller, needs.ice())
    if (!hosted) return this.say(['over', number])
    const link = (this.link = new DirectLink(hosted))
    link.onSignal = (text) => void through.send(['signal', number, text])
    link.onClosed = () => this.fail(link)
    link.onOpened = () =>
      void this.shake(link, through).then(
        (session) => this.made(link, session),
        () => this.fail(link),
      )
    this.cancelLimit = needs.platform.later(() => this.fail(link), ATTEMPT_MS)
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
    if (isCaller) void session.send(['ping'])
    // As with a call through a relay.
    else await session.spoken()
    return session
  }

  private made(link: DirectLink, session: Session): void {
    if (link !== this.link || !session.isOpen) return session.close()
    this.cancelLimit?.()
    this.madeAt = this.needs.platform.now()
    this.needs.made(session)
  }

  private fail(link: DirectLink): void {
    if (link !== this.link) return
    const now = this.needs.platform.now()
    // A link that was there shows that there can be one, but may end as soon as it is made, again and again.
    if (this.madeAt === undefined) this.failures++
    else this.failures = now - this.madeAt >= ATTEMPT_MS ? 0 : 1
    this.link = this.madeAt = undefined
    this.cancelLimit?.()
    link.close()
    this.notBefore = now + this.pauseMs
    this.say(['over', this.number])
    this.consider()
  }

  private get pauseMs(): number {
    return this.failures === 0 ? 0 : Math.min(AGAIN_MS * 2 ** (this.failures - 1), LONGEST_AGAIN_MS)
  }

  private say(message: Direct): void {
    void this.through?.send(message)
  }
}

/**
 * The ways to one device: a session through a relay, and one over a direct link. What is shared goes over the direct one as long as there is
 * one, and the other stands by: it carries only what is about links. When the direct one ends, all begins anew on the other at once. When
 * there is a direct one in a better tab, all goes on over that, and the former one is left once both have said so.
 */
import { LIVENESS, type Direct, type Message } from '../../protocol/wire.js'
import { silent } from '../link.js'
import { isOfLinks, type Peer } from '../peer.js'
import type { Session } from '../session.js'
import { Attempts } from './attempts.js'
import { Carrier } from './carrier.js'
import type { Linking } from './linking.js'

/** What is under way over a direct link that is left has so long to come, in milliseconds. */
const LEAVE_MS = 1_000

export interface WaysNeeds extends Linking {
  /** What is shared with it goes over this from now on. */
  carry(session: Carrier): Peer
  /** What it has said and is not stored counts no more: it is being said anew. */
  interrupted(): void
  /** There is no session through a relay any more. @param isGone nor any other */
  lost(isGone: boolean): void
}

export class Ways {
  private relayed: Session | undefined
  private direct: Session | undefined
  /** Of the attempt that has made the direct one. */
  private number = 0
  /** A direct one that is being left for the direct one of now. */
  private former: Session | undefined
  private peer: Peer | undefined
  private readonly attempts: Attempts
  /** The attempt over whose link the other side says everything. */
  private theirs = 0
  /** It says so, or cannot any more. */
  private resolveFrom = silent
  private isStopped = false
  /** All begins anew, and nothing of the other side has come since. */
  private isInterrupted = false

  constructor(private readonly needs: WaysNeeds) {
    const { platform, hosts, isCaller, ice, staticKey } = needs
    this.attempts = new Attempts({
      ...{ platform, hosts, isCaller, ice, staticKey },
      made: (session, number) => this.rise(session, number),
      ended: () => this.direct?.close(),
    })
  }

  get isRelayed(): boolean {
    return !!this.relayed
  }

  /** @param session through a relay @param said what it has said in it already */
  met(session: Session, said: readonly Message[]): void {
    const former = this.relayed
    this.relayed = session
    if (this.direct) {
      if (!this.former) this.theirs = this.number
      this.standBy(session)
      for (const message of said) void this.hearBeside(message)
    } else {
      this.peer?.leave()
      if (former) this.needs.interrupted()
      this.isInterrupted = false
      this.carry(session)
      this.peer!.takeAll(said)
    }
    if (!this.former) this.resolveFrom()
    // The other side has lost it, or would not have called.
    former?.close()
    this.attempts.arrangedIn(session)
  }

  /** The other side has left a KUBE that is there: it may be gone altogether. One that is not says something within this time. */
  doubt(): void {
    this.direct?.doubt(2 * LIVENESS.direct.pingMs)
  }

  hostsChanged(): void {
    this.attempts.hostsChanged()
  }

  /** What the other side says of links, in a session through a relay; in a direct one, it can say that it turns to the next. */
  hear(message: Direct, kind: Session['kind'] = 'relayed'): void {
    if (message[0] === 'direct') return this.hearOfTurn(message[1])
    if (kind === 'direct') return
    const isTheirs = message[0] === 'over' && message[1] === this.theirs
    const { direct } = this
    this.attempts.hear(message)
    if (!isTheirs) return
    // It was there and comes back, to where this side has been all the time: both say anew what they have.
    if (!direct) this.fall()
    // Or this side is still on the one that it had left for that.
    else if (this.theirs > this.number) direct.close()
  }

  /** Says this as the last thing, and ends. */
  part(last: Message): void {
    this.isStopped = true
    this.peer?.leave()
    void (this.direct ?? this.relayed)?.part(last).then(() => this.stop())
  }

  stop(): void {
    this.isStopped = true
    this.attempts.stop()
    this.endFormer()
    this.direct?.close()
    this.relayed?.close()
  }

  private hearOfTurn(number: number): void {
    if (number !== this.attempts.number && number !== this.number) return
    this.theirs = number
    this.resolveFrom()
    this.endFormerLater()
  }

  private rise(session: Session, number: number): void {
    this.endFormer()
    this.former = this.direct
    this.direct = session
    this.number = number
    this.peer?.leave()
    // As the last thing there.
    void (this.former ?? this.relayed)?.send(['direct', number])
    const from =
      this.theirs === number ? undefined : new Promise<void>((resolve) => (this.resolveFrom = resolve))
    this.carry(session, from)
    if (this.former) this.leave(this.former)
    else if (this.relayed) this.standBy(this.relayed)
  }

  /** What the other side has said in it before it turned still counts. */
  private leave(former: Session): void {
    former.onClosed = () => {
      if (this.former !== former) return
      this.endFormer()
      // The other side may not have heard there that this one has turned.
      void this.relayed?.send(['direct', this.number])
    }
    former.listen((message) => (isOfLinks(message) ? this.hear(message, 'direct') : this.peer?.take(message)))
    this.endFormerLater()
  }

  /** When both sides have turned; what is still under way in it, they say again. */
  private endFormerLater(): void {
    const { former } = this
    if (!former || this.theirs !== this.number) return
    this.needs.platform.later(() => {
      if (former === this.former) this.endFormer()
    }, LEAVE_MS)
  }

  private endFormer(): void {
    const { former } = this
    this.former = undefined
    former?.close()
    if (former) this.resolveFrom()
  }

  private fall(): void {
    this.theirs = 0
    this.endFormer()
    this.peer?.leave()
    this.isInterrupted = true
    if (this.relayed) this.carry(this.relayed)
  }

  private carry(session: Session, from?: Promise<void>): void {
    const carrier = new Carrier(session, from)
    carrier.onHeard = (message) => this.hearAnew(message)
    carrier.onEnded = () => this.ended(session)
    this.peer = this.needs.carry(carrier)
  }

  private standBy(session: Session): void {
    session.onClosed = () => this.ended(session)
    session.listen((message) => this.hearBeside(message))
  }

  /** What comes through a relay while there is a direct link. */
  private hearBeside(message: Message): Promise<void> | void {
    if (isOfLinks(message)) return this.hear(message)
    // It was on its way when the other side turned to the direct link. Of bulk, that can come later than the word of it.
    const isLate = this.theirs !== this.number || message[0] === 'entries'
    // Otherwise it has left that link, or does not know of it.
    if (!isLate) this.direct?.close()
    this.hearAnew(message)
    return this.peer?.take(message)
  }

  /** What it had said, and does not say again, is forgotten now and not before: those who look would see it go and come. */
  private hearAnew(message: Message): void {
    if (!this.isInterrupted || isOfLinks(message)) return
    this.isInterrupted = false
    this.needs.interrupted()
  }

  private ended(session: Session): void {
    if (session === this.direct) {
      this.direct = undefined
      this.endFormer()
      // That it is over is said before anything else.
      this.attempts.sessionEnded()
      if (!this.relayed) this.needs.lost(true)
      else if (!this.isStopped) this.fall()
    } else if (session === this.relayed) {
      this.relayed = undefined
      if (!this.former) this.resolveFrom()
      this.attempts.arrangedIn(undefined)
      this.needs.lost(!this.direct)
    }
  }
}

/**
 * One space with one device: what each lacks of the other, and from then on what is new. Both say what they have, and send what the
 * other has not; what is sent again does no harm.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId } from '../protocol/ids.js'
import type { CheckpointWish, FeedHolding, Wire } from '../protocol/wire.js'
import { Offering } from './checkpoints/offering.js'
import { Taking } from './checkpoints/taking.js'
import type { Carrier } from './direct/carrier.js'
import { Feeding } from './feeding.js'
import type { Appended, MeshPlatform, Replica } from './platform.js'
import { inMessages } from './portions.js'
import { Timers } from './timers.js'

/** What is durable here is said no more often than that, for all that has become so meanwhile, in milliseconds. */
const HELD_MS = 20
/** What came from somebody else is passed on so much later, if it was not heard of meanwhile that it is there, in milliseconds. */
const GOSSIP_MS = 150
/** What cannot be judged is asked for again so much later at the soonest, in milliseconds. */
const WANT_MS = 500
/** All of a log is sent again so much later at the soonest, in milliseconds: to ask for it costs next to nothing. */
const ALL_MS = 500
/** What the store did not take is tried again after this time, doubled each time, in milliseconds. */
const STORE_MS = 500
const LONGEST_STORE_MS = 10_000
/** Entries that are asked for by name at a time. */
const MAX_WANTED = 64

export interface ReplicatingEvents {
  /** So far a feed is durable on the other side. */
  held(device: DeviceId, seq: number): void
}

export class Replicating {
  /** What it has said that it has, durably. */
  private readonly held = new Map<DeviceId, number>()
  /** Heads of the log that the other side has, or was sent; undefined before it has said so. */
  private theirHeads: readonly string[] | undefined
  /** It has said so: of one that was only asked for all that is here, nothing is known. */
  private hasHeard = false
  /** Said to the other side: durable here. */
  private readonly told = new Map<DeviceId, number>()
  private isTelling = false
  private toldAt = -Infinity
  private isWanting = false
  private isAsking = false
  /** What is missing of the log is on its way; and there is more of it. */
  private isGiving = false
  private isLogDue = false
  /** What is here is being said; and will be again. */
  private isHaving = false
  private isHaveDue = false
  private isAllDue = false
  private answered: Promise<void> = Promise.resolve()
  /** What has come of the log is taken. */
  private logged: Promise<void> = Promise.resolve()
  /** What there was of the log is on its way. */
  private given: Promise<void> = Promise.resolve()
  private askedAt = 0
  private gaveAllAt = -Infinity
  private readonly timers: Timers
  private readonly feeding: Feeding
  private readonly offering: Offering
  private readonly taking: Taking

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later' | 'checkpointFor'>,
    private readonly session: Pick<Carrier, 'send'>,
    readonly replica: Replica,
    private readonly events: ReplicatingEvents,
  ) {
    this.timers = new Timers(platform)
    const { held, timers } = this
    this.feeding = new Feeding(session, replica, timers, (feed, seq) => this.offering.holds(feed, seq))
    this.offering = new Offering(platform, session, replica, timers, {
      ...{ theirs: this.feeding.theirs, held, given: () => this.given, feed: () => this.feeding.feed() },
    })
    this.taking = new Taking(platform, session, replica, timers, {
      logged: () => this.logged,
      have: () => this.saying(this.have()),
      keep: (run, isWanted) => this.keep(run, isWanted),
    })
    this.saying(this.have())
  }

  end(): void {
    this.timers.end()
    this.offering.end()
    this.taking.end()
  }

  private get ended(): boolean {
    return this.timers.isOver
  }

  /** Whether the other side is known to have, durably, what this device has and what counts. */
  get isLevel(): boolean {
    return (
      this.theirHeads !== undefined &&
      [...this.replica.counted].every(([device, seq]) => (this.held.get(device) ?? 0) >= seq)
    )
  }

  /** Whether all that the other side has said that it has is here. */
  get hasCaughtUp(): boolean {
    const { positions } = this.replica
    return (
      this.hasHeard &&
      [...this.feeding.theirs].every(([device, { seq }]) => (positions.get(device) ?? 0) >= seq)
    )
  }

  // What the other side says

  take(message: Wire): Promise<void> | void {
    switch (message[0]) {
      case 'have':
        return this.hear(message[2], message[3], message[4], message[5])
      case 'log':
        return (this.logged = this.takeLog(message[2]))
      case 'entries':
        return this.takeEntries(message[2])
      case 'want':
        return this.give(message[2])
      case 'held':
        return this.hearHeld(message[2])
      case 'lack':
        return this.giveAll()
      case 'offer':
        return this.taking.offer(message[2])
      case 'piece':
        return this.taking.piece(message[2], message[3], message[4])
      case 'fetch':
        return this.offering.fetch(message[2], message[3])
    }
  }

  private hear(
    heads: readonly string[],
    feeds: readonly FeedHolding[],
    checkpoint: string | null,
    wish: CheckpointWish,
  ): void {
    this.hasHeard = true
    this.theirHeads = heads
    this.feeding.hear(feeds)
    for (const [device, seq] of feeds) {
      this.held.set(device as DeviceId, seq)
      this.tell(device as DeviceId, seq)
    }
    this.giveLog()
    this.offering.heard(checkpoint, wish)
    this.feeding.feed()
  }

  /** From the beginning: it has no such space, and should. */
  private giveAll(): void {
    if (this.isAllDue) return
    this.isAllDue = true
    let wait = 0
    // defence: all-in-good-time
    wait = Math.max(0, this.gaveAllAt + ALL_MS - this.platform.now())
    this.timers.after(wait, () => this.giveAllNow())
  }

  private giveAllNow(): void {
    this.isAllDue = false
    this.gaveAllAt = this.platform.now()
    this.theirHeads = []
    this.giveLog()
    void this.have()
  }

  private async takeLog(entries: readonly Uint8Array[]): Promise<void> {
    try {
      await this.replica.takeLog(entries)
    } catch {
      // What stands before these is missing here, or they are not good: saying what is here brings all that is.
      this.askAgain()
    }
  }

  private async takeEntries(entries: readonly Uint8Array[]): Promise<void> {
    // By whom they are, a log may say that came just before; entries by nobody are not kept.
    await this.logged
    if (this.ended) return
    await this.keep(() => this.replica.receive(entries))
    if (this.ended) return
    this.tellHeld()
    await this.want().catch(() => this.soon())
  }

  /**
   * While the store fails, again and again, ever less often. The session goes on: another one would bring the same, at once. Until it is
   * here, it takes of the window.
   */
  private async keep<T>(run: () => Promise<T>, isWanted = () => true): Promise<T | undefined> {
    for (let failures = 0; !this.ended && isWanted(); failures++) {
      try {
        return await run()
      } catch (e) {
        if (!isOfStore(e)) throw e
      }
      await this.timers.pause(Math.min(STORE_MS * 2 ** failures, LONGEST_STORE_MS))
    }
    return undefined
  }

  /** Asks for what cannot be judged; what was asked for a moment ago, a little later. */
  private async want(): Promise<void> {
    const wanted = await this.replica.wanted()
    if (wanted.length === 0 || this.ended) return
    if (this.isDue()) await this.session.send(['want', this.replica.ref, wanted.slice(0, MAX_WANTED)])
    else this.soon()
  }

  private soon(): void {
    if (this.isWanting) return
    this.isWanting = true
    this.timers.after(WANT_MS, () => {
      this.isWanting = false
      this.saying(this.want())
    })
  }

  /** What the store does not give now is said at the next occasion. */
  private saying(work: Promise<void>): void {
    work.catch(() => undefined)
  }

  /** One after the other: each may be large. */
  private async give(ids: readonly string[]): Promise<void> {
    const before = this.answered
    let done: () => void
    this.answered = new Promise((resolve) => (done = resolve))
    // defence: one-answer-at-a-time
    await before
    await this.offering.answered()
    try {
      if (!this.ended)
        await this.feeding.sendEntries(await this.replica.named([...new Set(ids)].slice(0, MAX_WANTED)))
    } catch (e) {
      // It is asked for again.
      if (!isOfStore(e)) throw e
    } finally {
      done!()
    }
  }

  private async hearHeld(feeds: readonly (readonly [device: string, seq: number])[]): Promise<void> {
    // That there are such feeds, a log may say that came just before.
    await this.logged
    if (!this.ended) for (const [device, seq] of feeds) this.hold(device as DeviceId, seq)
  }

  private hold(device: DeviceId, seq: number): void {
    // Of others there is nothing to be sent, nor will be soon; and there is no end to what could be named.
    // defence: held-of-feeds-here
    if (!this.replica.positions.has(device) && !this.replica.isIn(device)) return
    const known = this.feeding.theirs.get(device)?.seq ?? 0
    const wasHeldBack = this.offering.holds(device, known)
    if (known < seq) this.feeding.theirs.set(device, { seq, head: null })
    this.held.set(device, Math.max(seq, this.held.get(device) ?? 0))
    this.tell(device, seq)
    this.offering.consider()
    // It came from somebody else.
    if (wasHeldBack && !this.offering.holds(device, seq)) this.feeding.feed()
  }

  /** Nobody has more of a feed than its device has written, and who says so would have what is to come taken as safe. */
  private tell(device: DeviceId, seq: number): void {
    // defence: held-as-far-as-written
    if (seq > (this.replica.positions.get(device) ?? 0)) return
    this.events.held(device, seq)
  }

  // What it is told

  /** What was not taken so far can be. */
  again(): void {
    this.askAgain()
  }

  /** The membership log, or who is in, is another one here. */
  logChanged(): void {
    if (this.theirHeads) this.giveLog()
    // What it ends may name entries that are not here.
    this.soon()
  }

  /**
   * There is another checkpoint here, or more that is here only as one: what has come by it is held, and what was sent of feeds in the
   * middle of that may not be all.
   */
  checkpointed(): void {
    this.tellHeld()
    this.offering.consider()
    this.feeding.anew()
  }

  /** These are here now. */
  appended(entries: readonly Appended[], isOwn: boolean): void {
    if (isOwn) this.pass(entries)
    else {
      this.tellHeld()
      this.timers.after(GOSSIP_MS, () => this.pass(entries))
    }
  }

  private pass(entries: readonly Appended[]): void {
    if (this.theirHeads) this.saying(this.feeding.pass(entries))
  }

  private async have(): Promise<void> {
    this.isHaveDue = true
    // What the other side does not take is not said again and again.
    // defence: one-have-at-a-time
    if (this.isHaving) return
    this.isHaving = true
    // Said while pieces come, it would say that they are not wanted any more.
    while (this.isHaveDue && !this.ended && !this.taking.isUnderway) {
      this.isHaveDue = false
      await this.sayHave().catch(() => undefined)
    }
    this.isHaving = false
  }

  private async sayHave(): Promise<void> {
    const holdings = [...(await this.replica.holdings())]
    await this.replica.durable()
    if (this.ended) return
    if (this.taking.isUnderway) return void (this.isHaveDue = true)
    const { ref, heads, checkpoint } = this.replica
    for (const [device, { seq }] of holdings) this.told.set(device, seq)
    const feeds = holdings.map(
      ([device, { seq, head, rivals }]) => [device, seq, head, rivals ?? []] as const,
    )
    await this.session.send(['have', ref, heads, feeds, checkpoint?.id ?? null, this.taking.wish])
  }

  private giveLog(): void {
    this.isLogDue = true
    // It waits until the other side takes it: to ask for it costs next to nothing.
    // defence: one-log-at-a-time
    if (this.isGiving) return
    this.isGiving = true
    this.given = this.giveLogs()
      .catch(() => undefined)
      .finally(() => (this.isGiving = false))
  }

  /** Also when it is ended: who was removed is told so. */
  private async giveLogs(): Promise<void> {
    while (this.isLogDue) {
      this.isLogDue = false
      const { heads } = this.replica
      const from = this.theirHeads!
      const missing = await this.replica.logSince(from)
      // It may have said meanwhile what it has; then this is gone through again.
      if (this.theirHeads === from) this.theirHeads = heads
      for (const some of inMessages(missing)) await this.session.send(['log', this.replica.ref, some])
    }
  }

  private tellHeld(): void {
    if (this.isTelling) return
    this.isTelling = true
    const wait = Math.max(0, this.toldAt + HELD_MS - this.platform.now())
    this.timers.after(wait, () => this.saying(this.sayHeld()))
  }

  private async sayHeld(): Promise<void> {
    const fresh = () => [...this.replica.positions].filter(([device, seq]) => this.told.get(device) !== seq)
    try {
      // What comes while the other side takes nothing is told together.
      for (let next = fresh(); next.length > 0 && !this.ended; next = fresh()) {
        // Nobody else need keep what is held here.
        await this.replica.durable()
        // Of a feed that the log there does not know, it would not be heard.
        await this.given
        for (const [device, seq] of next) this.told.set(device, seq)
        this.toldAt = this.platform.now()
        await this.session.send(['held', this.replica.ref, next])
      }
    } finally {
      this.isTelling = false
    }
  }

  private askAgain(): void {
    if (this.isDue()) return this.saying(this.have())
    if (this.isAsking) return
    this.isAsking = true
    this.timers.after(WANT_MS, () => {
      this.isAsking = false
      this.askAgain()
    })
  }

  private isDue(): boolean {
    const now = this.platform.now()
    if (now - this.askedAt < WANT_MS) return false
    this.askedAt = now
    return true
  }
}

const isOfStore = (e: unknown) => e instanceof HearthError && e.code.startsWith('store/')

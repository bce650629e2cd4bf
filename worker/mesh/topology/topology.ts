/**
 * Which sessions this device has, and keeps: in each space those that it has chosen, and of others what there is room for. A session
 * serves every space that both are in; it counts in those for whose sake it is kept.
 */
import { toBase64Url, type DeviceId } from '../../protocol/ids.js'
import { readHint } from '../hint.js'
import type { Kube, Other } from '../kube.js'
import type { Peer } from '../peer.js'
import type { MeshPlatform, Replica, Replicas } from '../platform.js'
import { Choice, type Chosen } from './choice.js'
import { MAX_LINKS } from './rings.js'

/** The first change counts at once, and those that follow it so much later, together: many come at a time. In milliseconds. */
const GATHER_MS = 20
/** Who was called and has not come by then holds no place, in milliseconds. */
const DOUBT_MS = 3_000
/** A session that neither side has chosen lasts so long: who is there changes often for a moment only. In milliseconds. */
const SPARE_MS = 5_000
/** One that an invitation has brought is not looked at before, in milliseconds: a guest has first to see who else is there. */
const GUEST_MS = 10_000

export interface TopologyNeeds {
  readonly platform: MeshPlatform
  readonly own: DeviceId
  readonly replicas: Replicas
  kubes(): Iterable<Kube>
  /** Devices with which there is a session, in the order in which they were met. */
  peers(): ReadonlyMap<DeviceId, Peer>
  /** Calls it, or waits for its call; may be asked again. @param isOurs it will not call, for it was told that there is no room */
  seek(device: DeviceId, isOurs: boolean): void
  /** Ends the session. @param isFull and tells the other side that there is no room */
  end(device: DeviceId, isFull: boolean): void
  /** There are members of this space from now on whom this device reaches over others only. */
  grown(replica: Replica): void
  /** It is seen nowhere any more. */
  vanished(device: DeviceId): void
}

export class Topology {
  private readonly choice: Choice
  /** Which device somebody at a topic says that it is. */
  private readonly ids = new WeakMap<Other, DeviceId>()
  private readonly opening = new WeakMap<Other, Promise<DeviceId | undefined>>()
  private chosen = new Map<Replica, Chosen>()
  private called: ReadonlySet<DeviceId> = new Set()
  private seen: ReadonlySet<DeviceId> = new Set()
  /** Those that were called, until they are doubted. */
  private readonly awaited = new Set<DeviceId>()
  /** Since when neither side has chosen the session with it. */
  private readonly spareSince = new Map<DeviceId, number>()
  /** Those that were told that there is no room. */
  private readonly turnedAway = new Set<DeviceId>()
  private readonly guestsUntil = new Map<DeviceId, number>()
  private isDue = false
  private consideredAt = -Infinity
  private isStopped = false

  constructor(private readonly needs: TopologyNeeds) {
    this.choice = new Choice(needs.platform, needs.own)
  }

  stop(): void {
    this.isStopped = true
  }

  /** Which device it says that it is. */
  deviceAt(other: Other): Promise<DeviceId | undefined> {
    let opening = this.opening.get(other)
    if (!opening) {
      const { meeting, peer, hint } = other
      opening = readHint(this.needs.platform, meeting.secret, peer, hint).then((device) => {
        if (device) this.ids.set(other, device)
        return device
      })
      this.opening.set(other, opening)
    }
    return opening
  }

  /** The same, if that has been found out. */
  idOf(other: Other): DeviceId | undefined {
    return this.ids.get(other)
  }

  /** Whether it is one to be called, if there is no session with it. */
  isCalled(device: DeviceId): boolean {
    return this.called.has(device)
  }

  /** Who is there, who is in, or with whom there is a session may be otherwise now. */
  consider(): void {
    if (this.isDue) return
    this.isDue = true
    const { now, later } = this.needs.platform
    const left = this.consideredAt + GATHER_MS - now()
    later(
      () => {
        this.isDue = false
        this.consideredAt = now()
        if (!this.isStopped) this.considerNow()
      },
      Math.min(GATHER_MS, Math.max(0, left)),
    )
  }

  /** A session has begun. @param isGuest it was brought by an invitation */
  began(device: DeviceId, isGuest: boolean): void {
    this.choice.met(device)
    this.awaited.delete(device)
    this.turnedAway.delete(device)
    if (isGuest) {
      this.guestsUntil.set(device, this.needs.platform.now() + GUEST_MS)
      this.needs.platform.later(() => this.consider(), GUEST_MS)
    }
    this.choose()
    this.trim()
    this.consider()
  }

  /** It has no room for this device. */
  refusedBy(device: DeviceId): void {
    const ms = this.choice.refused(device, this.needs.peers().size <= 1)
    this.needs.platform.later(() => this.consider(), ms)
    this.consider()
  }

  /** Whether there are members of a space whom this device reaches over others only. */
  hasMore(replica: Replica): boolean {
    return this.chosen.get(replica)?.hasMore ?? false
  }

  /** Whether it is at a KUBE, where this device is, too, or there is a session with it. */
  sees(device: DeviceId): boolean {
    return this.seen.has(device)
  }

  private considerNow(): void {
    this.choose()
    this.trim()
    for (const device of this.called) this.seek(device)
    for (const [device, peer] of this.needs.peers()) this.weigh(device, peer)
  }

  private choose(): void {
    const { replicas } = this.needs
    const chosen = new Map<Replica, Chosen>()
    const seen = new Set<DeviceId>()
    for (const replica of replicas.all) {
      const views = this.views(replica)
      for (const view of views) for (const device of view) seen.add(device)
      chosen.set(replica, this.choice.in(replica, views))
    }
    this.choice.keep(seen)
    const before = { chosen: this.chosen, seen: this.seen }
    this.chosen = chosen
    this.seen = seen
    for (const [replica, { hasMore }] of chosen)
      if (hasMore && !before.chosen.get(replica)?.hasMore) this.needs.grown(replica)
    for (const device of before.seen) if (!seen.has(device)) this.vanished(device)
    this.called = new Set([...chosen.values()].flatMap(({ called }) => [...called]))
  }

  private vanished(device: DeviceId): void {
    this.turnedAway.delete(device)
    this.needs.vanished(device)
  }

  /** Those at each KUBE. Who is at none, and with whom there is a session all the same, is wherever this device is. */
  private views(replica: Replica): Set<DeviceId>[] {
    const views: Set<DeviceId>[] = []
    const topics = replica.meetings.map(({ topic }) => toBase64Url(topic))
    for (const kube of this.needs.kubes()) {
      const view = new Set<DeviceId>()
      for (const topic of topics)
        for (const other of kube.at(topic)) {
          const device = this.idOf(other)
          if (device && device !== this.needs.own) view.add(device)
        }
      views.push(view)
    }
    for (const [device, peer] of this.needs.peers())
      if (peer.shares(replica) && !views.some((view) => view.has(device)))
        for (const view of views) view.add(device)
    return views
  }

  private seek(device: DeviceId): void {
    this.needs.seek(device, this.turnedAway.has(device))
    if (this.awaited.has(device) || this.choice.isDoubted(device) || this.needs.peers().has(device)) return
    this.awaited.add(device)
    this.needs.platform.later(() => {
      if (!this.awaited.delete(device) || !this.called.has(device) || this.needs.peers().has(device)) return
      // defence: no-place-for-the-silent
      this.choice.doubt(device)
      this.consider()
    }, DOUBT_MS)
  }

  /** Tells the other side whether it could do without the session; ends it if both can. */
  private weigh(device: DeviceId, peer: Peer): void {
    const isSpare = this.isSpare(device, peer)
    peer.tellSpare(isSpare)
    if (!isSpare || !peer.isSpareThere) return void this.spareSince.delete(device)
    const { now, later } = this.needs.platform
    const since = this.spareSince.get(device)
    if (since === undefined) {
      this.spareSince.set(device, now())
      later(() => this.consider(), SPARE_MS)
    } else if (now() - since >= SPARE_MS) {
      this.spareSince.delete(device)
      this.needs.end(device, false)
    }
  }

  /** As long as those that it has chosen instead are not there, it is not; nor if there is nothing for which others would be instead. */
  private isSpare(device: DeviceId, peer: Peer): boolean {
    if (this.isKept(device)) return false
    const peers = this.needs.peers()
    const shared = [...this.chosen].filter(([replica]) => peer.shares(replica))
    return shared.length > 0 && shared.every(([, { links }]) => [...links].every((other) => peers.has(other)))
  }

  private isKept(device: DeviceId): boolean {
    return this.isGuest(device) || [...this.chosen.values()].some(({ links }) => links.has(device))
  }

  private isGuest(device: DeviceId): boolean {
    const until = this.guestsUntil.get(device)
    if (until === undefined) return false
    if (until > this.needs.platform.now()) return true
    this.guestsUntil.delete(device)
    return false
  }

  /** What there is no room for goes: what the other side could do without, and what came last. */
  private trim(): void {
    for (const [replica, { links }] of this.chosen) {
      const peers = [...this.needs.peers()].filter(([, peer]) => peer.shares(replica))
      const spare = peers.filter(([device]) => !this.isKept(device)).reverse()
      const kept = peers.filter(([device]) => links.has(device)).length
      const over = kept + spare.length - MAX_LINKS
      if (over <= 0) continue
      spare.sort(([, a], [, b]) => Number(b.isSpareThere) - Number(a.isSpareThere))
      // defence: links-in-one-space
      for (const [device] of spare.slice(0, over)) {
        this.turnedAway.add(device)
        this.needs.end(device, true)
      }
    }
  }
}

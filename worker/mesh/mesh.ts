/**
 * MESH on one device: the KUBEs at which it meets others, sessions with them, and what each of those carries. There is at most one
 * session with a device that anything is sent on; the device whose id comes first calls, and the other one if it does not.
 */
import { HearthError } from '../protocol/errors.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../protocol/ids.js'
import { Answering } from './answering.js'
import { Calling } from './calling.js'
import { call } from './handshaking.js'
import { Ways } from './direct/ways.js'
import { inTurns } from './ice.js'
import { Kube, type Other } from './kube.js'
import type { Link } from './link.js'
import { Peer } from './peer.js'
import type { LinkInfo } from '../protocol/status.js'
import type { Ephemeral, Message } from '../protocol/wire.js'
import type { Appended, Hosts, Identity, Meeting, MeshPlatform, Replicas } from './platform.js'
import { Session, type Agreed } from './session.js'
import { meetStranger } from './stranger.js'
import { Flood } from './topology/flood.js'
import { Topology } from './topology/topology.js'

/**
 * Who should have called by then, in milliseconds, is called once: it may hold on to a session that is no more, of which neither it nor its
 * KUBE knows.
 */
const CALLED_BY_MS = 2_000

export interface MeshEvents {
  /** Who is connected, or what is where, may be otherwise now. */
  changed(): void
  /** Of a space, so far a feed is durable on another device. */
  held(space: SpaceId, device: DeviceId, seq: number): void
  /** What a device has to know at once of a space that it shares from now on. */
  greeting(space: SpaceId): readonly Ephemeral[]
  heard(space: SpaceId, device: DeviceId, message: Ephemeral): void
  /** This, and nothing else, is where the tabs of a device are. */
  isAt(space: SpaceId, device: DeviceId, present: readonly Ephemeral[]): void
  /** There is no session with this device any more. */
  gone(device: DeviceId): void
}

/** Where this device waits for guests, or looks for a host, or for the KUBE itself. */
export interface Appointment extends Meeting {
  /** Of an invitation. */
  readonly psk?: Uint8Array
  /** Somebody who is there: only who looks for a host has to do anything about it. */
  came?(other: Other): void
  /** Somebody knows the secret. */
  guest?(session: Session): void
}

export class Mesh {
  private readonly kubes = new Map<string, Kube>()
  private readonly peers = new Map<DeviceId, Peer>()
  /** Sessions with them. */
  private readonly ways = new Map<DeviceId, Ways>()
  private readonly calling = new Map<DeviceId, Calling>()
  /** Devices that should call this one, and of those that did not, those that were called since they came. */
  private readonly awaited = new Set<DeviceId>()
  private readonly wasCalled = new Set<DeviceId>()
  private readonly appointments = new Map<string, Appointment>()
  private readonly answering: Answering
  private readonly topology: Topology
  private readonly flood: Flood
  /** How often those were called in vain who say that they are a device: anybody who knows the secret can say so. */
  private readonly inVain = new WeakMap<Other, number>()
  private stopped = false

  constructor(
    private readonly platform: MeshPlatform,
    private readonly identity: Identity,
    private readonly replicas: Replicas,
    private readonly events: MeshEvents,
    private readonly hosts: Hosts,
  ) {
    this.answering = new Answering(platform)
    this.topology = new Topology({
      ...{ platform, own: identity.device, replicas },
      kubes: () => this.kubes.values(),
      peers: () => this.peers,
      seek: (device, isOurs) => this.seek(device, isOurs),
      end: (device, isFull) => {
        const ways = this.ways.get(device)
        if (isFull) ways?.part(['full'])
        else ways?.stop()
      },
      grown: (replica) => this.flood.sayPresence(replica),
      vanished: (device) => {
        this.wasCalled.delete(device)
        this.flood.gone(device)
      },
    })
    this.flood = new Flood(platform, identity, {
      peers: () => this.peers.values(),
      present: ({ space }) => events.greeting(space),
      heard: ({ space }, device, message) => events.heard(space, device, message),
      isAt: ({ space }, device, present) => events.isAt(space, device, present),
    })
  }

  /** From now on these KUBEs are used, beside those that are already. @param urls of signal endpoints */
  use(urls: Iterable<string>): void {
    for (const url of urls) {
      if (this.kubes.has(url) || this.stopped) continue
      const kube = new Kube(this.platform, this.identity, url, {
        changed: () => this.events.changed(),
        came: (other) => void this.came(other),
        left: () => this.topology.consider(),
        called: (other, link) => void this.called(other, link),
      })
      this.kubes.set(url, kube)
      kube.attend(this.meetings)
      kube.wake()
    }
  }

  /** The network may be there again: nobody waits any longer. */
  wake(): void {
    for (const kube of this.kubes.values()) kube.wake()
  }

  /** This device has more to show there than when it came. */
  again(url: string): void {
    this.kubes.get(url)?.cut()
    this.kubes.get(url)?.wake()
  }

  /** There is no network: whoever is connected is not any more. */
  cut(): void {
    for (const kube of this.kubes.values()) kube.cut()
  }

  stop(): void {
    this.stopped = true
    this.topology.stop()
    this.flood.stop()
    for (const calling of this.calling.values()) calling.stop()
    for (const ways of this.ways.values()) ways.stop()
    for (const kube of this.kubes.values()) kube.stop()
  }

  /** Whether a tab can hold a direct link may be otherwise now. */
  hostsChanged(): void {
    for (const ways of this.ways.values()) ways.hostsChanged()
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    const meetings = this.meetings
    for (const kube of this.kubes.values()) kube.attend(meetings)
    for (const peer of this.peers.values()) peer.refresh()
    this.topology.consider()
    this.events.changed()
  }

  /** Entries that are durable here now. */
  appended(space: SpaceId, entries: readonly Appended[], isOwn: boolean): void {
    const replica = this.replicas.all.find((one) => one.space === space)
    if (replica) for (const peer of this.peers.values()) peer.appended(replica, entries, isOwn)
    this.events.changed()
  }

  /** There is another checkpoint of it here. */
  checkpointed(space: SpaceId): void {
    const replica = this.replicas.all.find((one) => one.space === space)
    if (replica) for (const peer of this.peers.values()) peer.checkpointed(replica)
    this.events.changed()
  }

  /** To all who have the space and are there. */
  say(space: SpaceId, message: Ephemeral): void {
    const replica = this.replicas.all.find((one) => one.space === space)
    if (replica && this.topology.hasMore(replica)) return this.flood.say(replica, message)
    if (replica) for (const peer of this.peers.values()) peer.say(replica, message)
  }

  // What there is

  get isUsed(): boolean {
    return this.kubes.size > 0
  }

  get isOnline(): boolean {
    return [...this.kubes.values()].some(({ isOpen }) => isOpen)
  }

  /** Whether it is connected with this KUBE. @param url of its signal endpoint */
  isAt(url: string): boolean {
    return this.kubes.get(url)?.isOpen ?? false
  }

  /** Why this device may not go everywhere at a KUBE, if there is one where it may not. */
  get limit(): HearthError | undefined {
    return [...this.kubes.values()].map(({ limit }) => limit).find((one) => one)
  }

  /** Why there is no connection, as far as a KUBE has said so. */
  get refusal(): HearthError | undefined {
    return [...this.kubes.values()].map(({ refusal }) => refusal).find((one) => one)
  }

  get connected(): readonly LinkInfo[] {
    return [...this.peers.values()].map(({ device, session }) => ({ device, ...session.told }))
  }

  /** Devices with which a space is shared now, and of these, those that are known to have all of it. */
  with(space: SpaceId): { readonly peers: number; readonly level: number } {
    const replica = this.replicas.all.find((one) => one.space === space)
    const peers = replica ? [...this.peers.values()].filter((peer) => peer.shares(replica)) : []
    return { peers: peers.length, level: peers.filter((peer) => peer.isLevel(replica!)).length }
  }

  /** Whether what some device has said that it has of a space is here. */
  hasCaughtUp(space: SpaceId): boolean {
    const replica = this.replicas.all.find((one) => one.space === space)
    return !!replica && [...this.peers.values()].some((peer) => peer.hasCaughtUp(replica))
  }

  // Appointments

  /** @returns ends it */
  appoint(appointment: Appointment): () => void {
    const key = toBase64Url(appointment.topic)
    this.appointments.set(key, appointment)
    const attend = () => {
      for (const kube of this.kubes.values()) kube.attend(this.meetings)
    }
    attend()
    return () => {
      if (this.appointments.get(key) === appointment) this.appointments.delete(key)
      attend()
    }
  }

  /** A session with the host of an invitation. @throws HearthError `mesh/…` */
  async callHost(other: Other, psk: Uint8Array): Promise<Session> {
    const own = await this.identity.staticKey()
    const link = other.kube.link(other)
    return this.session(link, await call(this.platform, link, { own, topic: other.meeting.topic, psk }))
  }

  /**
   * A session with a device that has just been let in, or has let this one in.
   * @param said what it has said already of what it has
   * @throws HearthError `mesh/handshake`: nobody knows whose it is
   */
  adopt(session: Session, said: readonly Message[] = []): DeviceId {
    const device = this.identity.deviceOf(session.agreed.theirs)
    if (!device) throw new HearthError('mesh/handshake')
    // One that has ended meanwhile, for the other side has called at a topic of the space, would keep the place of that call for ever.
    if (session.isOpen) this.begin(device, session, said, true)
    return device
  }

  /** Who is at an appointment, at one KUBE. @param url of its signal endpoint */
  at(url: string, topic: Uint8Array): Other[] {
    const name = toBase64Url(topic)
    const others = this.kubes.get(url)?.others ?? []
    return others.filter(({ meeting }) => toBase64Url(meeting.topic) === name)
  }

  private get meetings(): Meeting[] {
    return [...this.appointments.values(), ...this.replicas.all.flatMap(({ meetings }) => meetings)]
  }

  private session(link: Link, agreed: Agreed): Session {
    return new Session(this.platform, link, agreed)
  }

  // Calling

  private async came(other: Other): Promise<void> {
    const appointment = this.appointments.get(toBase64Url(other.meeting.topic))
    if (appointment) return appointment.came?.(other)
    const device = await this.topology.deviceAt(other)
    if (!device || device === this.identity.device) return
    this.wasCalled.delete(device)
    const isAnew = this.hasComeAnew(device, other)
    this.calling.get(device)?.came(other, isAnew)
    // Its session is of that connection, and there is nothing to be chosen.
    if (isAnew && this.isMet(device) && this.identity.device < device) this.reach(device, true)
    this.topology.consider()
  }

  /** Whether it is at the same place under another name, too: that connection is no more, and its KUBE does not know. */
  private hasComeAnew(device: DeviceId, { kube, meeting, peer }: Other): boolean {
    for (const other of kube.at(toBase64Url(meeting.topic))) {
      if (this.topology.idOf(other) === device && toBase64Url(other.peer) !== toBase64Url(peer)) return true
    }
    return false
  }

  private seek(device: DeviceId, isOurs: boolean): void {
    if (this.identity.device < device || isOurs) this.reach(device)
    else this.expect(device)
  }

  /** Once: two that call each other again and again take each other's calls for answers. */
  private expect(device: DeviceId): void {
    if (this.isMet(device) || this.awaited.has(device) || this.wasCalled.has(device)) return
    this.awaited.add(device)
    this.platform.later(() => {
      const called = this.callOnce(device).catch(() => undefined)
      void called.finally(() => this.awaited.delete(device))
    }, CALLED_BY_MS)
  }

  private async callOnce(device: DeviceId): Promise<void> {
    if (this.stopped || this.isMet(device) || !this.topology.isCalled(device)) return
    this.wasCalled.add(device)
    const other = await this.whereIs(device)
    if (other) await this.callDevice(device, other, other.kube.link(other))
  }

  /** Calls a device that is there, unless there is a session with it. */
  private reach(device: DeviceId, isAnew = false): void {
    if (this.stopped || (this.isMet(device) && !isAnew) || this.calling.has(device)) return
    const calling = new Calling(this.platform, {
      isNeedless: () => this.isMet(device) || !this.topology.isCalled(device),
      where: () => this.whereIs(device),
      call: (other, link) => this.callDevice(device, other, link),
    })
    this.calling.set(device, calling)
    void calling.run().finally(() => this.calling.delete(device))
  }

  /**
   * Of those who say that they are this device, the one that was called in vain least often; of these, the one that came last, which is
   * least likely to be what a KUBE has not noticed to be gone.
   */
  private async whereIs(device: DeviceId): Promise<Other | undefined> {
    const found: Other[] = []
    for (const kube of this.kubes.values())
      for (const other of kube.others) {
        if (this.appointments.has(toBase64Url(other.meeting.topic))) continue
        if ((await this.topology.deviceAt(other)) === device) found.push(other)
      }
    const timesOf = (other: Other) => this.inVain.get(other) ?? 0
    // defence: others-are-tried
    found.sort((a, b) => timesOf(a) - timesOf(b) || b.came - a.came)
    return found[0]
  }

  private async callDevice(device: DeviceId, other: Other, link: Link): Promise<void> {
    const own = await this.identity.staticKey()
    const { topic } = other.meeting
    this.inVain.set(other, (this.inVain.get(other) ?? 0) + 1)
    const agreed = await call(this.platform, link, { own, topic }, this.identity.keyOf(device))
    const session = this.session(link, agreed)
    // With `IK`, this is what shows the other side that this device is there now.
    session.ping()
    await this.meet(other, session)
    this.inVain.delete(other)
  }

  private async called(other: Other, link: Link): Promise<void> {
    const { topic } = other.meeting
    const appointment = this.appointments.get(toBase64Url(topic))
    try {
      // Who looks for a host is none.
      // defence: seekers-are-not-called
      if (appointment && !appointment.guest) throw new HearthError('mesh/handshake')
      const psk = appointment?.psk
      const agreed = await this.answering.answer(other, link, async () => {
        const own = await this.identity.staticKey()
        return { own, topic, ...(psk && { psk }) }
      })
      const session = this.session(link, agreed)
      if (appointment?.guest) return appointment.guest(session)
      // The first message of `IK` may be one of long ago, which somebody has sent again: it must not end the session that there is.
      // defence: who-calls-is-there
      await session.spoken()
      await this.meet(other, session)
    } catch {
      // Whoever it was, it may call again.
      link.close()
    }
  }

  /** @throws HearthError `mesh/handshake`: it is nobody who is in anything that this device has */
  private async meet(other: Other, session: Session): Promise<void> {
    const { theirs } = session.agreed
    const own = await this.identity.staticKey()
    // Somebody sends back what this device has said.
    // defence: no-session-with-oneself
    if (toBase64Url(theirs) === toBase64Url(own.publicKey)) {
      session.close()
      throw new HearthError('mesh/handshake')
    }
    const isKnown = () => this.identity.deviceOf(theirs)
    const replica = this.replicas.all.find(({ meetings }) =>
      meetings.some(({ topic }) => toBase64Url(topic) === toBase64Url(other.meeting.topic)),
    )
    const encounter = { meeting: other.meeting, own: own.publicKey, isKnown: () => !!isKnown() }
    const said =
      isKnown() || !replica ? [] : await meetStranger(this.platform, session, { ...encounter, replica })
    const device = isKnown()
    // defence: strangers-are-left
    if (!device) {
      session.close()
      throw new HearthError('mesh/handshake')
    }
    this.begin(device!, session, said)
  }

  /** @throws HearthError `mesh/closed`: it has ended, and would never say so */
  private begin(device: DeviceId, session: Session, said: readonly Message[] = [], isGuest = false): void {
    if (!session.isOpen) throw new HearthError('mesh/closed')
    let ways = this.ways.get(device)
    if (!ways) this.ways.set(device, (ways = this.waysTo(device)))
    ways.met(session, said)
    this.topology.began(device, isGuest)
    this.events.changed()
  }

  /** Through a relay. */
  private isMet(device: DeviceId): boolean {
    return this.ways.get(device)?.isRelayed ?? false
  }

  private waysTo(device: DeviceId): Ways {
    const { platform, hosts, identity, events } = this
    const isCaller = identity.device < device
    const ways: Ways = new Ways({
      ...{ platform, hosts, isCaller, staticKey: () => identity.staticKey() },
      ice: () => inTurns([...this.kubes.values()].map(({ ice }) => ice.current)),
      carry: (session) => {
        session.onTold = () => events.changed()
        const peer = new Peer(platform, device, session, identity.device, this.replicas, {
          held: ({ space }, feed, seq) => {
            events.held(space, feed, seq)
            events.changed()
          },
          greeting: ({ space }) => events.greeting(space),
          heard: ({ space }, message) => events.heard(space, device, message),
          direct: (message) => ways.hear(message, session.kind),
          passed: (replica, message, by) => this.flood.take(replica, by, message),
          begun: (replica, by) => this.flood.greet(replica, by, (other) => this.topology.sees(other)),
          spared: () => this.topology.consider(),
          full: () => {
            this.topology.refusedBy(device)
            ways.stop()
          },
        })
        this.peers.set(device, peer)
        events.changed()
        return peer
      },
      interrupted: () => this.ended(device),
      lost: (isGone) => {
        if (isGone) {
          this.peers.delete(device)
          this.ways.delete(device)
          this.ended(device)
        } else if (this.isOnline) ways.doubt()
        events.changed()
        this.wasCalled.delete(device)
        this.topology.consider()
      },
    })
    return ways
  }

  /** What was said in a session counts no more; what others pass on goes on to, if the device is there. */
  private ended(device: DeviceId): void {
    this.events.gone(device)
    if (this.topology.sees(device)) this.flood.stays(device)
    else this.flood.gone(device)
  }
}

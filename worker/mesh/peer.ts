/** Another device, as long as there is a session with it: the spaces that both have, each replicated. */
import { HearthError } from '../protocol/errors.js'
import { toBase64Url, type DeviceId } from '../protocol/ids.js'
import type { Direct, Ephemeral, EphemeralOf, Linking, Message, Passed, Wire } from '../protocol/wire.js'
import { Brought } from './brought.js'
import type { Appended, MeshPlatform, Replica, Replicas } from './platform.js'
import { inMessages } from './portions.js'
import { Replicating } from './replicating.js'
import type { Carrier } from './direct/carrier.js'

/** Bytes that wait for a peer, beyond which nothing ephemeral is added. */
const MAX_WAITING = 256 << 10

export interface PeerEvents {
  held(replica: Replica, device: DeviceId, seq: number): void
  /** What it has to know at once of a space that it shares from now on. */
  greeting(replica: Replica): readonly Ephemeral[]
  heard(replica: Replica, message: Ephemeral): void
  /** It passes on what somebody has said. @throws HearthError `mesh/malformed` */
  passed(replica: Replica, message: Passed, by: Peer): Promise<void>
  /** The space is shared from now on, and it has been told what it has to know. */
  begun(replica: Replica, peer: Peer): void
  /** What is about direct links with it. */
  direct(message: Direct): void
  /** Whether it could do without the session is otherwise now. */
  spared(): void
  /** It has no room for this device, and ends the session. */
  full(): void
}

export class Peer {
  /** Whether the other side could do without the session. */
  isSpareThere = false
  private hasSpared = false
  private readonly replicating = new Map<string, Replicating>()
  /** Spaces that this device did not know to be shared, and of which it has asked for the log. */
  private readonly lacked = new Set<string>()
  /** Logs of spaces that were not shared, which are being taken. */
  private readonly joining = new Map<string, Promise<void>>()
  private readonly brought: Brought
  /** Spaces of which it was told by what it is out, or this device. */
  private readonly farewells = new Set<string>()
  /** Spaces that were shared in this session, also if they are not now. */
  private readonly begun = new Set<string>()

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later' | 'checkpointFor'>,
    readonly device: DeviceId,
    readonly session: Carrier,
    private readonly own: DeviceId,
    private readonly replicas: Replicas,
    private readonly events: PeerEvents,
  ) {
    this.brought = new Brought(replicas, device)
    session.onClosed = () => this.end()
    this.refresh()
    session.listen((message) => this.take(message))
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    for (const replica of this.replicas.all) {
      const key = toBase64Url(replica.ref)
      const known = this.replicating.get(key)
      const isShared =
        // defence: members-share
        replica.isIn(this.device) && replica.isIn(this.own)
      if (known) known.logChanged()
      // Who was removed is told so, and nothing after it.
      // defence: removed-hear-no-more
      if (known && !isShared) {
        known.end()
        this.replicating.delete(key)
      }
      if (!known && isShared) this.begin(key, replica)
    }
    const refs = new Set(this.replicas.all.map(({ ref }) => toBase64Url(ref)))
    for (const [key, one] of this.replicating)
      if (!refs.has(key)) {
        one.end()
        this.replicating.delete(key)
      }
  }

  /** What is shared goes over another session from now on, and nothing more over this one. */
  leave(): void {
    this.end()
    this.session.leave()
  }

  appended(replica: Replica, entries: readonly Appended[], isOwn: boolean): void {
    this.replicating.get(toBase64Url(replica.ref))?.appended(entries, isOwn)
  }

  /** There is another checkpoint of it here. */
  checkpointed(replica: Replica): void {
    this.replicating.get(toBase64Url(replica.ref))?.checkpointed()
  }

  /** What is not stored; if too much waits already, it is not said either. */
  say(replica: Replica, [t, ...rest]: Ephemeral | Passed): void {
    if (!this.shares(replica) || this.session.waiting > MAX_WAITING) return
    void this.session.send([t, replica.ref, ...rest] as EphemeralOf)
  }

  /** Whether this side could do without the session. */
  tellSpare(isSpare: boolean): void {
    if (isSpare === this.hasSpared) return
    this.hasSpared = isSpare
    void this.session.send(['spare', isSpare])
  }

  isLevel(replica: Replica): boolean {
    return this.replicating.get(toBase64Url(replica.ref))?.isLevel ?? false
  }

  hasCaughtUp(replica: Replica): boolean {
    return this.replicating.get(toBase64Url(replica.ref))?.hasCaughtUp ?? false
  }

  shares(replica: Replica): boolean {
    return this.replicating.has(toBase64Url(replica.ref))
  }

  private end(): void {
    for (const one of this.replicating.values()) one.end()
    this.replicating.clear()
  }

  private begin(key: string, replica: Replica): void {
    const held = (device: DeviceId, seq: number) => this.events.held(replica, device, seq)
    this.replicating.set(key, new Replicating(this.platform, this.session, replica, { held }))
    for (const message of this.events.greeting(replica)) this.say(replica, message)
    this.events.begun(replica, this)
    // The other side may have noticed nothing, or has said what it has when the space was not here; it would not say so again.
    if (this.begun.has(key) || this.lacked.has(key)) void this.session.send(['lack', replica.ref])
    this.begun.add(key)
  }

  /** What it has said before there was anybody to take it. */
  takeAll(messages: readonly Message[]): void {
    void (async () => {
      for (const message of messages) await this.take(message)
    })().catch(() => this.session.close())
  }

  take(message: Message): Promise<void> | void {
    if (message[0] === 'present' || message[0] === 'said') {
      const [t, ref, ...rest] = message
      const replica = this.replicating.get(toBase64Url(ref))?.replica
      if (replica) this.events.heard(replica, [t, ...rest] as Ephemeral)
      return
    }
    if (message[0] === 'passed') {
      const [t, ref, ...rest] = message
      const replica = this.replicating.get(toBase64Url(ref))?.replica
      return replica && this.events.passed(replica, [t, ...rest], this)
    }
    if (isOfLinks(message)) return this.events.direct(message)
    if (message[0] === 'spare' || message[0] === 'full') return this.takeLinking(message)
    if (!isOfASpace(message)) return
    const ref = message[1]
    const key = toBase64Url(ref)
    const known = this.replicating.get(key)
    if (known) return known.take(message)
    // What is said after a log is said to whoever has it, and is not said again.
    const joining = this.joining.get(key)
    if (joining) return joining.then(() => this.take(message))
    if (message[0] === 'log') return this.join(key, ref, message[2])
    if (message[0] === 'have') return this.hearOfUnshared(key, ref, message[2])
    // It does not know this device, for it is out since before that came in, and asks as a stranger.
    if (message[0] === 'lack' && !this.farewells.has(key)) return this.sayFarewell(key, ref, [])
  }

  private takeLinking(message: Linking): void {
    if (message[0] === 'full') return this.events.full()
    this.isSpareThere = message[1]
    this.events.spared()
  }

  private join(key: string, ref: Uint8Array, entries: readonly Uint8Array[]): Promise<void> {
    const joining = this.takeLog(key, ref, entries).finally(() => this.joining.delete(key))
    this.joining.set(key, joining)
    return joining
  }

  /**
   * Of a space that is not here, or that this device did not hear that both are in: its log says so. Or the other side did not hear
   * that one of them is out.
   */
  private async hearOfUnshared(key: string, ref: Uint8Array, heads: readonly string[]): Promise<void> {
    const replica = this.replicas.get(ref)
    if (!replica && this.brought.isWaiting(key)) return this.join(key, ref, [])
    await this.sayFarewell(key, ref, heads)
    // Once: it answers with all that it has, and what that does not change, more of the same will not.
    if (this.lacked.has(key)) return
    // There is no end to names that somebody could make up.
    // defence: names-of-nothing
    if (this.lacked.size >= MAX_LACKED) return
    this.lacked.add(key)
    await this.session.send(['lack', ref])
  }

  /** By what one of the two is out, which it may not have heard. */
  private async sayFarewell(key: string, ref: Uint8Array, heads: readonly string[]): Promise<void> {
    const replica = this.replicas.get(ref)
    if (!replica) return
    this.farewells.add(key)
    for (const device of [this.device, this.own])
      for (const some of inMessages(replica.farewell(device, heads)))
        await this.session.send(['log', ref, some])
  }

  /** Of a space that is not shared so far. */
  private async takeLog(key: string, ref: Uint8Array, entries: readonly Uint8Array[]): Promise<void> {
    const replica = this.replicas.get(ref)
    try {
      if (replica) await replica.takeLog(entries)
      else await this.brought.take(key, entries)
    } catch (e) {
      // Who asks for a space in this way is told nothing by it, whether it is here or not.
      // defence: no-answer-is-no-answer
      if (isRefused(e)) return
      throw e
    }
    this.refresh()
  }
}

/** Spaces that the other side has named and that are not shared: what is beyond that is not asked for. */
const MAX_LACKED = 2048

const isRefused = (e: unknown) => e instanceof HearthError && e.code.startsWith('halo/')

const OF_LINKS: readonly string[] = ['host', 'signal', 'direct', 'anew', 'over'] satisfies Direct[0][]
export const isOfLinks = (message: Message): message is Direct => OF_LINKS.includes(message[0])

type OfASpace = Exclude<Wire, readonly ['ping' | 'pong', number] | readonly ['know', Uint8Array]>
const OF_A_SPACE: readonly string[] = [
  ...(['have', 'log', 'entries', 'want', 'held', 'lack', 'offer', 'fetch', 'piece'] satisfies OfASpace[0][]),
]
const isOfASpace = (message: Message): message is OfASpace => OF_A_SPACE.includes(message[0])

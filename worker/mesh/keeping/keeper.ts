/** One KUBE that keeps spaces of this device: a session with it while it is there, and each of the spaces in that. */
import { HearthError } from '../../protocol/errors.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../protocol/ids.js'
import { KEEP_TOPIC, type Message } from '../../protocol/wire.js'
import { call } from '../handshaking.js'
import type { Other } from '../kube.js'
import type { Appended, MeshPlatform, StaticKey } from '../platform.js'
import { Session } from '../session.js'
import { Kept } from './kept.js'
import type { KeptReplica } from './kept-replica.js'

/** A session that has ended while the KUBE is there is made anew after this time, doubled each time, in milliseconds. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

export interface KeeperEvents {
  held(space: SpaceId, device: DeviceId, seq: number): void
  changed(): void
}

export class Keeper {
  private readonly wanted = new Map<string, KeptReplica>()
  private readonly kept = new Map<string, Kept>()
  private where: Other | undefined
  private session: Session | undefined
  private calling = false
  private attempts = 0
  private cancelWait: (() => void) | undefined
  private stopped = false

  constructor(
    private readonly platform: MeshPlatform,
    /** Of this device for this KUBE and no other. */
    private readonly staticKey: () => Promise<StaticKey>,
    private readonly events: KeeperEvents,
  ) {}

  /** These are to be kept there, and no others. */
  keep(replicas: readonly KeptReplica[]): void {
    const wanted = new Map(replicas.map((replica) => [toBase64Url(replica.ref), replica]))
    for (const key of [...this.wanted.keys()].filter((one) => !wanted.has(one))) {
      this.wanted.delete(key)
      this.kept.get(key)?.end()
      this.kept.delete(key)
    }
    for (const [key, replica] of wanted) {
      this.wanted.set(key, replica)
      if (this.session && !this.kept.has(key)) this.begin(key, replica, this.session)
      else this.kept.get(key)?.logChanged()
    }
    if (this.wanted.size === 0) this.session?.close()
    else this.connect()
  }

  /** The KUBE is there, and keeps things. */
  came(where: Other): void {
    this.where = where
    this.attempts = 0
    this.cancelWait?.()
    this.connect()
  }

  stop(): void {
    this.stopped = true
    this.cancelWait?.()
    this.session?.close()
  }

  appended(space: SpaceId, entries: readonly Appended[], isOwn: boolean): void {
    this.of(space)?.appended(entries, isOwn)
  }

  /** One space there; undefined while there is no session, or nothing was wanted of it. */
  of(space: SpaceId): Kept | undefined {
    return [...this.kept.values()].find(({ replica }) => replica.space === space)
  }

  private connect(): void {
    if (this.stopped || this.session || this.calling || this.wanted.size === 0 || !this.where?.kube.isOpen)
      return
    this.calling = true
    void this.meet(this.where)
      .catch(() => this.later())
      .finally(() => (this.calling = false))
  }

  private async meet(where: Other): Promise<void> {
    const own = await this.staticKey()
    const link = where.kube.link(where)
    const session = new Session(
      this.platform,
      link,
      await call(this.platform, link, { own, topic: KEEP_TOPIC }),
    )
    // What came to an end meanwhile would never say so.
    if (!session.isOpen) throw new HearthError('mesh/closed')
    this.session = session
    session.onClosed = () => this.closed(session)
    session.listen((message) => this.take(message))
    for (const [key, replica] of this.wanted) this.begin(key, replica, session)
    this.events.changed()
  }

  private begin(key: string, replica: KeptReplica, session: Session): void {
    const { space } = replica
    const events = {
      held: (device: DeviceId, seq: number) => this.events.held(space, device, seq),
      changed: () => this.events.changed(),
    }
    this.kept.set(key, new Kept(this.platform, session, replica, events))
  }

  private take(message: Message): Promise<void> | void {
    switch (message[0]) {
      case 'kept':
      case 'unkept':
      case 'room':
      case 'have':
      case 'log':
      case 'entries':
      case 'want':
      case 'held':
      case 'lack':
        this.attempts = 0
        return this.kept.get(toBase64Url(message[1]))?.take(message)
    }
  }

  private closed(session: Session): void {
    if (this.session !== session) return
    this.session = undefined
    for (const one of this.kept.values()) one.end()
    this.kept.clear()
    this.events.changed()
    this.later()
  }

  /** Half of it is chance: not everybody comes back at once. */
  private later(): void {
    if (this.stopped || !this.where?.kube.isOpen) return
    const most = Math.min(AGAIN_MS * 2 ** this.attempts++, LONGEST_AGAIN_MS)
    const [chance] = this.platform.random(1)
    this.cancelWait?.()
    this.cancelWait = this.platform.later(() => this.connect(), most / 2 + (most / 2) * (chance! / 255))
  }
}

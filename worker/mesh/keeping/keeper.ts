/** One KUBE that keeps spaces of this device: a session with it while it is there, and each of the spaces in that. */
import { HearthError } from '../../protocol/errors.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../protocol/ids.js'
import { KEEP_TOPIC, type KeptCapsule, type Message } from '../../protocol/wire.js'
import { call } from '../handshaking.js'
import type { Other } from '../kube.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import type { Appended, MeshPlatform, StaticKey } from '../platform.js'
import { Session } from '../session.js'
import { Kept } from './kept.js'
import type { KeptReplica } from './kept-replica.js'

/** A session that has ended while the KUBE is there is made anew after this time, doubled each time, in milliseconds. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

/** Recovery words, whose personal space is sought; or a passkey, whose words are. */
export interface Words {
  /** Ed25519. */
  readonly publicKey: Uint8Array
  /** That they are here. @param said what the two agreed on in this session */
  sign(said: Uint8Array): Promise<Uint8Array>
}
interface Seek {
  readonly words: Words
  done(found: KeptCapsule | null): void
}

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
  private readonly seeks = new Set<Seek>()

  /** @param url of the KUBE, as people know it */
  constructor(
    private readonly platform: MeshPlatform,
    private readonly url: string,
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
    if (this.isNeeded) this.connect()
    else this.session?.close()
  }

  /** @returns what leads to where these do; null if it has nothing @throws HearthError `mesh/host-away` after `ms` */
  async seek(words: Words, ms: number): Promise<KeptCapsule | null> {
    let cancel = () => {}
    let seek: Seek | undefined
    try {
      return await new Promise((resolve, reject) => {
        cancel = this.platform.later(() => reject(new HearthError('mesh/host-away', { kube: this.url })), ms)
        this.seeks.add((seek = { words, done: resolve }))
        if (this.session) void this.ask(seek, this.session)
        else this.connect()
      })
    } finally {
      // The session stays: what was found is asked for next.
      cancel()
      this.seeks.delete(seek!)
    }
  }

  private async ask({ words }: Seek, session: Session): Promise<void> {
    await session.send(['seek', words.publicKey, await words.sign(session.agreed.hash)])
  }

  private get isNeeded(): boolean {
    return this.wanted.size > 0 || this.seeks.size > 0
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

  /** There is another checkpoint of it here. */
  checkpointed(space: SpaceId): void {
    this.of(space)?.checkpointed()
  }

  /** One space there; undefined while there is no session, or nothing was wanted of it. */
  of(space: SpaceId): Kept | undefined {
    return [...this.kept.values()].find(({ replica }) => replica.space === space)
  }

  private connect(): void {
    if (this.stopped || this.session || this.calling || !this.isNeeded || !this.where?.kube.isOpen) return
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
    for (const seek of this.seeks) void this.ask(seek, session)
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
      case 'found': {
        const [, key, capsule] = message
        for (const seek of this.seeks) if (sameBytes(key, seek.words.publicKey)) seek.done(capsule)
        return capsule ? this.kept.get(toBase64Url(capsule[0]))?.take(message) : undefined
      }
      case 'kept':
      case 'unkept':
      case 'room':
      case 'have':
      case 'log':
      case 'entries':
      case 'want':
      case 'held':
      case 'lack':
      case 'offer':
      case 'fetch':
      case 'piece':
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

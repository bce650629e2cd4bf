/**
 * KUBE as a place that keeps spaces: its key, the replicas that are open, and the devices that are there. A replica is in memory (its
 * log, and how far each feed has come) for as long as somebody is there who has it.
 */
import { agreementKeyFromSeed, agreementOf } from '../../worker/halo/suite/agreement.js'
import { answer } from '../../worker/mesh/handshaking.js'
import type { Link } from '../../worker/mesh/link.js'
import type { MeshPlatform, StaticKey } from '../../worker/mesh/platform.js'
import type { SuitePlatform } from '../../worker/halo/suite/platform.js'
import { Session } from '../../worker/mesh/session.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { KEEP_TOPIC, type KeptCapsule } from '../../worker/protocol/wire.js'
import { kubeError, type KubeErrorCode } from '../errors.js'
import { platform as node } from '../platform.js'
import { Watch } from '../watching/watch.js'
import { capsuleOf } from './capsules.js'
import { passkeyOf } from './passkeys.js'
import type { Rows } from './rows.js'
import { Makers } from './makers.js'
import { KeptReplica } from './replica.js'
import { countOfAll, sizeOfAll, type Limits, type Room } from './room.js'
import { defaultStock, Stock, type StockLimits } from './stock.js'
import { Visit } from './visit.js'

/** Handshakes that are answered at one time. */
const MAX_ANSWERED = 32
/** How often devices are told how much room a replica takes, at most, in milliseconds. */
const ROOM_MS = 1_000
const SEED_KEY = ['seed']

export const defaultKeeping: Limits = { replica: 4 * 1024 ** 3, total: 64 * 1024 ** 3, perKey: 1_024 }

/** A device, as it has shown itself to this KUBE. */
export interface Visitor {
  /** As base64url. */
  readonly key: string
  /** It may have something begun. */
  readonly isAllowed: boolean
}
const anybody: Visitor = { key: '', isAllowed: true }

/** What it needs of the world. It is reached, and reaches nobody. */
export type KeeperPlatform = SuitePlatform & Omit<MeshPlatform, 'socket'>

export interface KeeperOptions {
  /** What differs from how much is kept. */
  readonly limits?: Partial<Limits> | undefined
  /** What differs from how much is in memory of sessions. */
  readonly stock?: Partial<StockLimits> | undefined
  readonly watch?: Watch
  /** Node's own, without it. */
  readonly platform?: KeeperPlatform
}

/** A replica that somebody has who is there. */
export interface OpenReplica {
  readonly replica: KeptReplica
  readonly visits: Set<Visit>
  /** Those who are there are to be told of its room; calls it off. */
  telling?: () => void
}

export class Keeper {
  readonly platform: KeeperPlatform
  readonly #database: Rows
  readonly #room: Room
  readonly #open = new Map<string, Promise<OpenReplica | undefined>>()
  readonly #sessions = new Set<Session>()
  /** What is in memory of sessions. */
  readonly #stock: Stock
  readonly #key: Promise<StaticKey>
  readonly #watch: Watch
  #answering = 0

  /** @param database its own from now on: `close` closes it */
  constructor(database: Rows, { limits, stock, watch = new Watch(), platform = node }: KeeperOptions = {}) {
    this.platform = platform
    this.#watch = watch
    const { metrics } = watch
    this.#stock = new Stock({ ...defaultStock, ...stock })
    this.#database = database
    this.#room = {
      ...{ database, limits: { ...defaultKeeping, ...limits } },
      used: sizeOfAll(database),
      count: countOfAll(database),
      makers: new Makers(database),
    }
    metrics.gauge('hearth_replicas', 'Spaces that are kept.', () => this.#room.count)
    metrics.gauge('hearth_replicas_open', 'Of these, whose devices are there.', () => this.#open.size)
    metrics.gauge('hearth_kept_bytes', 'Bytes that are kept of them.', () => this.#room.used)
    this.#key = this.#readKey()
    this.#key.catch(() => undefined)
  }

  /** A device begins to speak. */
  async visit(link: Link, visitor = anybody): Promise<void> {
    // defence: keeper-handshakes
    if (this.#answering >= MAX_ANSWERED) return link.close()
    this.#answering++
    const { platform } = this
    try {
      const agreed = await answer(platform, link, { own: await this.#key, topic: KEEP_TOPIC })
      if (!link.isOpen) return
      const session = new Session(platform, link, agreed)
      this.#sessions.add(session)
      const visit = new Visit(session, this, visitor)
      session.onKept = (bytes, unfinished) => this.#stock.keep(session, bytes, unfinished)
      session.onClosed = () => {
        this.#sessions.delete(session)
        this.#stock.leave(session)
        visit.end()
      }
    } catch {
      link.close()
    } finally {
      this.#answering--
    }
  }

  /** Bytes in memory of what devices send and do not end, or ask for and do not take. */
  get inMemory(): number {
    return this.#stock.total
  }

  /** Runs when there is room in memory for more of what devices send: mostly at once. */
  whenRoom(run: () => void): void {
    this.#stock.whenRoom(run)
  }

  /**
   * @param access of whoever asks for it: a replica is made with it, if there is none
   * @param make whether to make one
   * @param visit has it from then on; without one, somebody only looks
   * @returns undefined if there is none
   * @throws KubeError `kube/keeper-full`, `kube/keeper-key-full`, `kube/keeper-not-allowed`
   */
  async open(
    ref: Uint8Array,
    access: Uint8Array,
    make: boolean,
    visitor = anybody,
    visit?: Visit,
  ): Promise<OpenReplica | undefined> {
    const name = toBase64Url(ref)
    for (;;) {
      const opening = this.#open.get(name) ?? this.#opened(ref, make ? access : undefined, visitor)
      this.#open.set(name, opening)
      const found = await opening.catch((cause: unknown) => {
        this.#forget(name, opening)
        throw cause
      })
      // What is not there, or could not be made, is looked for again.
      if (!found) this.#forget(name, opening)
      // Who had it may have left meanwhile, and two that are open would each write what the other does not know of.
      else if (this.#open.get(name) !== opening) continue
      if (visit) found?.visits.add(visit)
      return found
    }
  }

  #forget(name: string, opening: Promise<OpenReplica | undefined>): void {
    if (this.#open.get(name) === opening) this.#open.delete(name)
  }

  /** Something was refused. */
  refused(code: KubeErrorCode): void {
    this.#watch.refused(code)
  }

  /** What words lead to, or a passkey, if it is kept here. @param key their Ed25519 key, or its own */
  ledTo(key: Uint8Array): KeptCapsule | undefined {
    const capsule = capsuleOf(this.#database, key)
    return capsule ? [capsule.replica, capsule.sealed, capsule.signature] : passkeyOf(this.#database, key)
  }

  /** This one has it no more. */
  left({ replica, visits, telling }: OpenReplica, visit: Visit): void {
    visits.delete(visit)
    if (visits.size > 0) return
    telling?.()
    this.#open.delete(toBase64Url(replica.ref))
  }

  /** What is under way becomes durable; nobody is there any more. */
  async close(): Promise<void> {
    const open = [...this.#open.values()]
    for (const session of this.#sessions) session.close()
    for (const one of open) await (await one.catch(() => undefined))?.replica.settled()
    await this.#database.close()
  }

  async #opened(
    ref: Uint8Array,
    access: Uint8Array | undefined,
    { key, isAllowed }: Visitor,
  ): Promise<OpenReplica | undefined> {
    const kept = await KeptReplica.open(ref, this.#room)
    // defence: kept-for-whom-may
    if (!kept && access && !isAllowed) throw kubeError('kube/keeper-not-allowed')
    const replica = kept ?? (access && (await KeptReplica.make(ref, this.#room, access, key)))
    if (!replica) return undefined
    if (!kept) this.#watch.log.info({ replicas: this.#room.count }, 'a space is kept from now on')
    const open: OpenReplica = { replica, visits: new Set() }
    const each = (run: (visit: Visit) => void) => open.visits.forEach(run)
    replica.events = {
      appended: (entries) => {
        this.#watch.metrics.entries.inc(entries.length)
        each((visit) => visit.appended(open, entries))
        this.#tellRoom(open)
      },
      checkpointed: () => {
        each((visit) => visit.checkpointed(open))
        this.#tellRoom(open)
      },
      freed: () => this.#tellRoom(open),
      gap: () => each((visit) => visit.again(open)),
      full: () => each((visit) => visit.full(open)),
      damaged: () =>
        this.#watch.log.error('entries on the disk are not as they were written; devices bring them again'),
    }
    return open
  }

  /** Those who are there see how much room it takes, a little later. */
  #tellRoom(open: OpenReplica): void {
    open.telling ??= this.platform.later(() => {
      delete open.telling
      for (const visit of open.visits) visit.tellRoom(open)
    }, ROOM_MS)
  }

  /** The same for as long as the folder is. */
  async #readKey(): Promise<StaticKey> {
    const { platform } = this
    let seed = this.#database.get(SEED_KEY)
    if (!seed) {
      seed = platform.random(32)
      await this.#database.write([[SEED_KEY, seed]])
    }
    return agreementOf(platform, await agreementKeyFromSeed(platform, new Uint8Array(seed)))
  }
}

/**
 * A KUBE in memory: the server's own code for devices, topics and windows (`kube/signal`), on sockets that are none, and for spaces that it
 * keeps (`kube/replicas`), on a disk that is none. It can go down and come back, and what it relays can be made to suffer; a socket can break on either side, or on both.
 */
import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import type { Keeper } from '../../../kube/replicas/keeper.js'
import { decodeRecord } from '../../../kube/replicas/record.js'
import type { Limits } from '../../../kube/replicas/room.js'
import { Access } from '../../../kube/access/access.js'
import { Backlog } from '../../../kube/signal/backlog.js'
import { Device } from '../../../kube/signal/device.js'
import { Frequented } from '../../../kube/signal/frequented.js'
import { defaultLimits } from '../../../kube/signal/limits.js'
import { keyOf, Topics } from '../../../kube/signal/topics.js'
import { Turns } from '../../../kube/signal/turns.js'
import { versionFor } from '../../../kube/signal/version.js'
import { Wire } from '../../../kube/signal/wire.js'
import { Watch } from '../../../kube/watching/watch.js'
import { decodeFromDevice, decodeFromKube, encodeFromKube } from '../../../worker/mesh/signal-codec.js'
import type { Socket, SocketEvents } from '../../../worker/mesh/platform.js'
import { QUIET_MS, SIGNAL_PATH, type FromKube } from '../../../worker/protocol/signal.js'
import { randomOf } from '../replay/chance.js'
import type { Chaos } from './chaos.js'
import type { Checkpointing } from './device.js'
import type { KubeDisk } from './kube-disk.js'
import { loadedKeeper } from './loading.js'
import type { World } from './world.js'

/** Real time means nothing here: devices are given up by the world's. */
const limits = { ...defaultLimits, helloMs: 2 ** 30, quietMs: 2 ** 30, burst: 1e12, burstBytes: 1e15 }
/** Each message goes by itself. */
const network = { cork() {}, uncork() {} }
/** Frames of one line that may be sent once more. */
const KEPT = 20

/** What is sent comes in order, and never at the same time, in milliseconds. */
const A_BIT = 0.001

/** Who notices that a socket has broken: the other side finds out when nothing comes any more. */
export type Break = 'both' | 'device' | 'kube'

export class SimulatedKube {
  isUp = true
  /** It takes connections, and never says anything. */
  isDeaf = false
  readonly lines = new Set<Line>()
  /** Who is there under which peer id. */
  readonly names = new Map<string, string>()
  /** Everything that devices have sent to it, if it is kept. */
  heard: Uint8Array[] | undefined
  /** How much it keeps, from when it is next up. */
  limits: Partial<Limits> = {}
  /** It hangs up on a device, and says why. */
  onRefused: (code: string) => void = () => undefined
  private topics = new Topics<Device>()
  private readonly watch = new Watch()
  private backlog = new Backlog(limits.waiting, limits.waitingInAll)
  /** Since the first device came while it is up. */
  private keeper: Keeper | undefined
  private life = 0
  /** Messages come one at a time here: nobody has to wait for another's. */
  private readonly turns = new Turns((run) => run())

  constructor(
    readonly world: World,
    /** ws: */
    readonly url: string,
    readonly chaos: Chaos,
    /** Without one, it keeps nothing. */
    readonly disk?: KubeDisk,
    private readonly checkpoints?: Checkpointing | undefined,
  ) {
    const check = () => {
      for (const line of this.lines) if (world.time - line.heardAt > 3 * QUIET_MS) line.lost()
      world.later(check, QUIET_MS)
    }
    world.later(check, QUIET_MS)
  }

  /** As people know it. */
  get address(): string {
    return this.url.slice(0, -SIGNAL_PATH.length).replace(/^ws/, 'http')
  }

  /** @param url as the device asks for it @param events of a device that is on */
  connect(device: string, url: string, events: SocketEvents): Socket {
    const line = new Line(this, device, versionFor(url), events)
    if (this.isUp) this.lines.add(line)
    return line.begin()
  }

  /** Where a WebSocket ends that has been opened. */
  meet(socket: WebSocket, version: number): void {
    const wire = new Wire(socket, network, limits, this.backlog, this.turns, this.watch)
    const { topics } = this
    const [access, frequented] = [new Access(), new Frequented()]
    const place = {
      limits,
      topics,
      keeping: (this.keeper ??= this.keeping()),
      access,
      frequented,
      ice: undefined,
      admit: () => undefined,
      leave: () => undefined,
    }
    new Device(wire, place, version)
  }

  /** All connections end, and nothing is known any more. */
  down(how: Break = 'both'): void {
    this.isUp = false
    this.life++
    this.keeper = undefined
    this.disk?.crash()
    for (const line of this.lines) line.break(how === 'kube' ? 'kube' : 'both')
    this.lines.clear()
    this.topics = new Topics()
    this.backlog = new Backlog(limits.waiting, limits.waitingInAll)
  }

  up(): void {
    if (this.isUp) return
    this.isUp = true
  }

  restart(): void {
    this.down()
    this.up()
  }

  /** As of which heads of its log it was told whose feeds to take of a space. */
  registeredAt(name: string): string | undefined {
    const row = this.disk?.state.get(JSON.stringify(['replica', name]))
    return row && decodeRecord(row.value).asOf.join()
  }

  private keeping(): Keeper | undefined {
    const { world, life, disk, checkpoints } = this
    const platform = {
      ...(checkpoints && { checkpointFor: checkpoints.offered }),
      ...{ subtle: world.subtle, curves: 'webcrypto' as const, random: randomOf, now: () => world.time },
      later: (run: () => void, ms: number) => world.later(() => life === this.life && run(), ms),
    }
    return disk && new (loadedKeeper())(disk.open(), { platform, limits: this.limits })
  }
}

export class Line implements Socket {
  heardAt: number
  private readonly server = new EventEmitter()
  private isServed = false
  private isBroken = false
  private readonly isOver = { device: false, kube: false }
  private lastUp = 0
  private lastDown = 0
  private readonly kept: Uint8Array[] = []
  /** Called when what was sent to the device has left. */
  private readonly taken = new Set<() => void>()

  constructor(
    private readonly kube: SimulatedKube,
    readonly device: string,
    private readonly version: number,
    private readonly events: SocketEvents,
  ) {
    this.heardAt = kube.world.time
  }

  begin(): Socket {
    const { world, isUp } = this.kube
    if (!isUp) world.later(() => this.end('device'), this.delay())
    else
      this.up(() => {
        if (this.kube.isDeaf) return
        this.isServed = true
        this.kube.meet(this.asWebSocket(), this.version)
        this.down(() => this.events.opened())
      })
    return this
  }

  // What the device has

  get waiting(): number {
    return 0
  }

  send(bytes: Uint8Array): void {
    if (this.isOver.device) return
    const copy = Buffer.from(bytes)
    this.kube.world.note(`${this.device}>${this.kube.world.time}`)
    this.kube.world.note(copy)
    this.up(() => {
      const message = decodeFromDevice(copy)
      if (message[0] === 'announce') this.kube.names.set(keyOf(message[1]) + keyOf(message[2]), this.device)
      this.kube.heard?.push(copy)
      this.heardAt = this.kube.world.time
      this.server.emit('message', copy, true)
    })
  }

  close(): void {
    if (this.isOver.device) return
    this.isOver.device = true
    this.up(() => this.end('kube'))
  }

  // What happens to it

  /** The KUBE gives it up. */
  lost(): void {
    this.end('kube')
  }

  /** The device is gone, and the KUBE does not know. */
  mute(): void {
    this.isBroken = true
    this.isOver.device = true
  }

  /** Nothing passes any more; who has not noticed waits for what never comes, and gives it up in the end. */
  break(how: Break): void {
    this.isBroken = true
    if (how !== 'kube') this.kube.world.later(() => this.end('device'), this.delay())
    if (how !== 'device') this.end('kube')
  }

  // The way

  private up(run: () => void): void {
    const { world } = this.kube
    this.lastUp = Math.max(this.lastUp + A_BIT, world.time + this.delay())
    world.at(this.lastUp, () => {
      if (!this.isBroken && !this.isOver.kube) run()
    })
  }

  private down(run: () => void, extra = 0): void {
    const { world } = this.kube
    if (extra === 0) this.lastDown = Math.max(this.lastDown + A_BIT, world.time + this.delay())
    world.at(this.lastDown + extra, () => {
      if (!this.isBroken && !this.isOver.device) run()
    })
  }

  private delay(): number {
    return this.kube.world.random.between(1, this.kube.chaos.delayMs)
  }

  /** What a KUBE sends to the device, which may suffer if it is from another one. */
  private tell(bytes: Uint8Array, taken: () => void): void {
    const { world, chaos } = this.kube
    const { random } = world
    world.note(`${this.device}<${world.time}`)
    world.note(bytes)
    this.taken.add(taken)
    const left = () => {
      if (this.taken.delete(taken)) taken()
    }
    const hand = (some: Uint8Array) => this.events.message(new Uint8Array(some))
    const message = decodeFromKube(bytes)
    if (message[0] === 'refused') this.kube.onRefused(message[1])
    if (message[0] !== 'from') return this.down(() => (left(), hand(bytes)))
    const from = this.kube.names.get(keyOf(message[1]) + keyOf(message[2]))
    const isApart = chaos.walls.has(this.device) !== chaos.walls.has(from ?? '')
    if (isApart || random.next() < chaos.lost) return this.down(left)
    const frame = random.next() < chaos.spoilt ? spoil(message, random.between(0, 2 ** 30)) : bytes
    if (random.next() < chaos.late) {
      this.down(left)
      this.down(() => hand(frame), random.between(1, 1_000))
    } else this.down(() => (left(), hand(frame)))
    if (random.next() < chaos.twice) this.down(() => hand(frame), random.between(1, 200))
    if (random.next() < chaos.replayed && this.kept.length > 0) {
      const old = random.pick(this.kept)
      this.down(() => hand(old), random.between(1, 200))
    }
    this.kept.push(bytes)
    if (this.kept.length > KEPT) this.kept.shift()
  }

  private end(side: 'device' | 'kube'): void {
    if (side === 'device') {
      if (this.isOver.device) return
      this.isOver.device = true
      this.events.closed()
      return
    }
    if (this.isOver.kube) return
    this.isOver.kube = true
    this.kube.lines.delete(this)
    for (const taken of this.taken) taken()
    this.taken.clear()
    if (this.isServed) this.server.emit('close')
  }

  /** As much of one as the server uses. */
  private asWebSocket(): WebSocket {
    const hangUp = () => {
      this.down(() => this.end('device'))
      this.end('kube')
    }
    return Object.assign(this.server, {
      bufferedAmount: 0,
      send: (bytes: Uint8Array, taken: () => void) => {
        // Inside a WebSocket, bytes are the network's from here on.
        this.tell(Uint8Array.from(bytes), taken)
      },
      ...{ ping: () => undefined, pong: () => undefined, pause: () => undefined, resume: () => undefined },
      ...{ close: hangUp, terminate: hangUp },
    }) as unknown as WebSocket
  }
}

/** One bit is another, or it is cut to almost nothing. */
function spoil(message: Extract<FromKube, readonly ['from', ...unknown[]]>, luck: number): Uint8Array {
  const [name, topic, peer, frame] = message
  const spoilt = Uint8Array.from(luck % 5 === 0 ? frame.subarray(0, 1 + (luck % 2)) : frame)
  const at = luck % spoilt.length
  spoilt[at] = spoilt[at]! ^ (1 << (luck % 8))
  return encodeFromKube([name, topic, peer, spoilt])
}

/**
 * One device's WebSocket. Here is what keeps a stranger's bytes from costing more than they may: what waits to be read by the
 * device is counted, what it sends is read at the pace that it is allowed, and what goes wrong ends this wire alone.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { HearthError } from '../../worker/protocol/errors.js'
import { encodeFromKube } from '../../worker/mesh/signal-codec.js'
import { kubeError, type KubeError } from '../errors.js'
import type { Backlog, Waiting } from './backlog.js'
import type { SignalLimits } from './limits.js'
import { Pace } from './pace.js'
import type { Watch } from '../watching/watch.js'
import { Queue } from './queue.js'
import type { Read, Turns } from './turns.js'

/** What a message costs besides its bytes, until it is sent: small ones are not free. */
const MESSAGE_COST = 256
/**
 * Bytes that the socket is given at a time. It tells of all that it was given at once when the last of it is gone: of more,
 * somebody slow would seem to take nothing.
 */
const HANDED_AT_ONCE = 128 << 10
/** How many messages of one that was hung up on are read, and thrown away, while it hears why. */
const AFTERWARDS = 100

export interface WireListener {
  heard(bytes: Uint8Array): void
  closed(): void
}

export class Wire implements Waiting, Read {
  /** Its own, until it is known whose it is. */
  pace: Pace
  readonly #queue = new Queue<readonly [bytes: Uint8Array, taken: (() => void) | undefined]>()
  /** That is spoken with the device, once that is known. */
  version = 0
  #handed = 0
  #waiting = 0
  #over = false
  #afterwards = 0
  #heardAt = performance.now()
  /** When the device last took any of what waits for it. */
  #takenAt = performance.now()
  #pause: NodeJS.Timeout | undefined
  turn = -1
  readThisTurn = 0
  #isGathering = false

  /** @param network to which the WebSocket writes */
  constructor(
    readonly socket: WebSocket,
    readonly network: Pick<Duplex, 'cork' | 'uncork'>,
    readonly limits: SignalLimits,
    readonly backlog: Backlog,
    readonly turns: Turns,
    readonly watch: Watch,
  ) {
    this.pace = new Pace(limits, performance.now())
  }

  listen(listener: WireListener): void {
    const { socket } = this
    socket.on('message', (data, binary) => this.guard(() => this.#hear(listener, data as Buffer, binary)))
    // ws answers pings, and hangs up on who does not read the answers.
    socket.on('ping', () => this.guard(() => this.charge(1)))
    socket.on('pong', () => this.guard(() => this.charge(1)))
    // Too long, or no WebSocket frame: ws hangs up and says why in the code (1009, 1002, 1007).
    socket.on('error', () => this.#end())
    socket.once('close', () => {
      this.#end()
      this.guard(() => listener.closed())
    })
  }

  get over(): boolean {
    return this.#over
  }

  get waiting(): number {
    return this.#waiting
  }

  /** @param taken called when the bytes have been handed to the network, if they ever are */
  send(bytes: Uint8Array, taken?: () => void): void {
    if (this.#over) return
    if (this.#waiting === 0) this.#takenAt = performance.now()
    this.#queue.push([bytes, taken])
    this.#count(bytes.length + MESSAGE_COST)
    this.#pump()
  }

  /** Whatever is thrown in here ends this wire, and nothing else. */
  guard(what: () => void): void {
    try {
      what()
    } catch (cause) {
      // defence: errors-end-one-wire
      this.fail(cause)
    }
  }

  fail(cause: unknown): void {
    if (cause instanceof HearthError && cause.code === 'mesh/malformed')
      return this.refuse(kubeError('kube/signal-malformed', { reason: String(cause.details['reason']) }))
    this.refuse(this.watch.failed(cause))
  }

  /** Says why, and hangs up. */
  refuse({ code, message }: KubeError): void {
    if (this.#over) return
    this.watch.refused(code)
    this.socket.send(encodeFromKube(['refused', code, message.slice(0, 1024)]))
    this.#hangUp(1008, code)
  }

  /** Says why to one whom nobody listens to. */
  turnAway(error: KubeError): void {
    this.listen({ heard() {}, closed() {} })
    this.refuse(error)
  }

  /** The server ends. @param spreadMs over how long a time its devices are to come back */
  dismiss(spreadMs: number): void {
    if (this.#over) return
    if (this.version >= 3) this.socket.send(encodeFromKube(['ends', spreadMs]))
    this.#hangUp(1001, 'The server ends.')
  }

  giveUp(): void {
    this.#end()
    this.socket.terminate()
  }

  /** Reads on when what was read is paid for. */
  charge(messages: number, bytes = 0): void {
    const ms = this.pace.take(messages, bytes, performance.now())
    // defence: paced
    if (ms > 0) this.#rest(ms)
  }

  /** Called now and then: one that says nothing, or takes nothing of what waits for it, is given up. */
  check(now: number): void {
    if (this.#over) return
    const longest = 3 * this.limits.quietMs
    // defence: stuck-are-given-up
    if (this.#waiting > 0 && now - this.#takenAt > longest) return this.giveUp()
    // One that is being paced may have said something that was not read yet.
    // defence: silent-are-given-up
    if (this.#pause === undefined && now - this.#heardAt > longest) return this.giveUp()
    // For the proxies on the way, and so that the network finds out that nobody is there.
    if (this.#waiting === 0) this.socket.ping()
  }

  #hear(listener: WireListener, data: Buffer, binary: boolean): void {
    if (this.#over) {
      // defence: deaf-to-the-refused
      if (++this.#afterwards > AFTERWARDS) this.giveUp()
      return
    }
    this.#heardAt = performance.now()
    if (!binary) throw kubeError('kube/signal-malformed', { reason: 'text' })
    this.charge(0, data.length)
    // defence: others-in-their-turn
    this.turns.read(this, data.length)
    // As bytes and nothing more: parts of a Buffer do not behave as others do.
    listener.heard(new Uint8Array(data.buffer, data.byteOffset, data.length))
  }

  wait(): void {
    this.socket.pause()
  }

  goOn(): void {
    if (this.#pause === undefined) this.socket.resume()
  }

  #rest(ms: number): void {
    if (this.#over) return
    this.watch.metrics.paced.inc()
    this.socket.pause()
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#heardAt = performance.now()
      this.socket.resume()
    }, ms)
  }

  #hangUp(code: number, reason: string): void {
    this.#end()
    // Or it would not be heard that the device hangs up, too.
    this.socket.resume()
    this.socket.close(code, reason)
  }

  /** Nothing more is heard or said; what waits is for nobody. */
  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#pause)
    this.#queue.clear()
    this.#count(this.#handed - this.#waiting)
  }

  #pump(): void {
    while (this.#handed < HANDED_AT_ONCE) {
      const next = this.#queue.shift()
      if (!next) return
      const [bytes, taken] = next
      const cost = bytes.length + MESSAGE_COST
      this.#handed += cost
      this.#gather()
      this.socket.send(bytes, () => {
        this.#takenAt = performance.now()
        this.#handed -= cost
        this.#count(-cost)
        taken?.()
        this.#pump()
      })
    }
  }

  /** What is sent in one turn is written at once: to ask the system for each message takes longer than all else that is done for it. */
  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.network.cork()
    process.nextTick(() => {
      this.#isGathering = false
      this.network.uncork()
    })
  }

  #count(bytes: number): void {
    this.#waiting += bytes
    this.backlog.change(this, bytes)
  }
}

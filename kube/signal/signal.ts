/**
 * Where devices meet, and what they cannot tell each other directly is relayed: the WebSocket at `SIGNAL_PATH`. Nothing
 * is kept: when the last has gone, a KUBE knows as much as before. Spec: docs/protocol/signal.md.
 */
import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { MAX_SIGNAL_BYTES, SIGNAL_PATH } from '../../worker/protocol/signal.js'
import { kubeError, type KubeError } from '../errors.js'
import { errorJson } from '../respond.js'
import { Access } from '../access/access.js'
import { Backlog } from './backlog.js'
import { Device, type Keeping } from './device.js'
import { Frequented } from './frequented.js'
import type { IceSettings } from './ice.js'
import { defaultLimits, type SignalLimits } from './limits.js'
import { mayCome, type Origins } from './origins.js'
import type { Pace } from './pace.js'
import { keyOf, Topics } from './topics.js'
import { Turns } from './turns.js'
import { versionFor } from './version.js'
import { Wire } from './wire.js'
import { Watch } from '../watching/watch.js'

export interface SignalOptions {
  readonly origins?: Origins | undefined
  readonly limits?: Partial<SignalLimits> | undefined
  /** undefined where nothing is kept. */
  readonly keeping?: Keeping | undefined
  /** Who may use it: everybody, without it. */
  readonly access?: Access | undefined
  /** By which devices can be linked directly. */
  readonly ice?: IceSettings | undefined
  readonly watch?: Watch | undefined
}

export interface Signal {
  /** From now on, nobody comes. */
  shut(): void
  /** Tells everybody that the server ends, and hangs up. */
  close(): void
}

/** So many beyond the limit are told that they are too many. */
const TOLD_BUSY = 64
/** All are looked at once in the time that a device may say nothing, in so many parts. */
const CHECKS = 50
/** Devices come back over so long a time for each that there is, in milliseconds, so that not all come at once; and no longer. */
const SPREAD_MS = 5
const MOST_SPREAD_MS = 30_000
/** How long devices have to hang up as well when the server ends, in milliseconds. */
const ENDING_MS = 100

export function openSignal(server: Server, options: SignalOptions = {}): Signal {
  const limits = { ...defaultLimits, ...options.limits }
  const watch = options.watch ?? new Watch()
  let isShut = false
  const backlog = new Backlog(limits.waiting, limits.waitingInAll)
  const turns = new Turns()
  const topics = new Topics<Device>()
  const wires = new Set<Wire>()
  /** Oldest first. */
  const strangers = new Set<Device>()
  /** Which key a device has shown, and how many have it. */
  const keys = new Map<Device, string>()
  const perKey = new Map<string, { count: number; readonly pace: Pace }>()

  const place = {
    limits,
    topics,
    keeping: options.keeping,
    ice: options.ice,
    access: options.access ?? new Access(),
    frequented: new Frequented(),
    admit(device: Device, key: Uint8Array) {
      const k = keyOf(key)
      const known = perKey.get(k) ?? { count: 0, pace: device.wire.pace }
      // defence: connections-of-one-key
      if (known.count >= limits.perKey) throw kubeError('kube/signal-key-busy', { most: limits.perKey })
      strangers.delete(device)
      known.count++
      perKey.set(k, known)
      keys.set(device, k)
      // defence: pace-of-one-key
      device.wire.pace = known.pace
    },
    leave(device: Device) {
      strangers.delete(device)
      const k = keys.get(device)
      if (k === undefined) return
      keys.delete(device)
      const known = perKey.get(k)!
      known.count--
      if (known.count === 0) perKey.delete(k)
    },
  }

  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // What is relayed is ciphertext, which does not become smaller; and inflating is what bombs are made for.
    perMessageDeflate: false,
    // defence: bounded-messages
    maxPayload: MAX_SIGNAL_BYTES,
    // Its types do not know it yet.
    ...({ closeTimeout: limits.partingMs } as object),
  })
  sockets.on('wsClientError', (_, socket) => reject(socket, kubeError('kube/bad-upgrade')))

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    try {
      upgrade(request, socket, head)
    } catch (cause) {
      watch.failed(cause)
      socket.destroy()
    }
  })

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return serve(server, request, socket)
    const path = request.url?.split('?', 1)[0] ?? ''
    if (path !== SIGNAL_PATH) return reject(socket, kubeError('kube/no-socket', { path }))
    if (isShut) return reject(socket, kubeError('kube/draining'))
    if (wires.size >= limits.connections + TOLD_BUSY) return reject(socket, kubeError('kube/signal-busy'))
    sockets.handleUpgrade(request, socket, head, (opened) => meet(opened, socket, request))
  }

  function reject(socket: Duplex, error: KubeError): void {
    watch.refused(error.code)
    answer(socket, error)
  }

  function meet(socket: WebSocket, network: Duplex, { headers, url }: IncomingMessage): void {
    const wire = new Wire(socket, network, limits, backlog, turns, watch)
    wires.add(wire)
    watch.log.debug('a device connects')
    socket.once('close', () => {
      wires.delete(wire)
      watch.log.debug('a device has left')
    })
    const allowed = mayCome(headers.origin, headers.host, options.origins ?? [])
    // A page cannot read the answer to a refused upgrade. So that a person sees what to set, it is told here.
    // defence: origin-checked
    if (!allowed)
      return wire.turnAway(kubeError('kube/signal-origin', { origin: headers.origin!.slice(0, 300) }))
    // defence: connections-in-all
    if (wires.size > limits.connections) return wire.turnAway(kubeError('kube/signal-busy'))
    // Who is honest says hello at once, so whoever has waited longest is least likely to be.
    const [oldest] = strangers
    // defence: bounded-strangers
    if (strangers.size >= limits.strangers && oldest) turnOut(oldest)
    strangers.add(new Device(wire, place, versionFor(url)))
  }

  function turnOut(device: Device): void {
    strangers.delete(device)
    device.wire.refuse(kubeError('kube/signal-busy'))
  }

  // Some at a time: to write to ten thousand takes long.
  let round = wires.values()
  const checking = setInterval(() => {
    const now = performance.now()
    for (let left = Math.ceil(wires.size / CHECKS); left > 0; left--) {
      let next = round.next()
      if (next.done) next = (round = wires.values()).next()
      const wire = next.value
      wire?.guard(() => wire.check(now))
    }
  }, limits.quietMs / CHECKS)

  const { metrics } = watch
  metrics.gauge('hearth_connections', 'WebSockets that are open.', () => wires.size)
  metrics.gauge('hearth_devices', 'Devices that have shown who they are.', () => keys.size)
  metrics.gauge('hearth_topics', 'Topics at which anybody is.', () => topics.count)
  metrics.gauge('hearth_presences', 'Devices at topics: of each, at how many it is.', () => topics.size)
  metrics.gauge('hearth_waiting_bytes', 'Bytes that wait for devices to take them.', () => backlog.total)

  return {
    shut() {
      isShut = true
    },
    close() {
      isShut = true
      clearInterval(checking)
      const spreadMs = Math.min(MOST_SPREAD_MS, wires.size * SPREAD_MS)
      for (const wire of wires) wire.dismiss(spreadMs)
      setTimeout(() => {
        for (const wire of wires) wire.giveUp()
      }, ENDING_MS)
    },
  }
}

/** Some clients offer HTTP/2 with every request (`Upgrade: h2c`), which a server may pass over. Node does not let it. */
function serve(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.once('finish', () => socket.end(() => socket.destroy()))
  server.emit('request', request, response)
}

/** To what never became a WebSocket. */
function answer(socket: Duplex, error: KubeError): void {
  const body = errorJson(error)
  socket.end(
    `HTTP/1.1 ${error.status} ${error.code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/**
 * A KUBE that many use at once, some of them ill: idle devices, devices that read slowly or not at all while others send to them, and a flood of what
 * is no message, while two honest devices send to each other and a third one appends to a space that is kept.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, ServerProcess } from '../keeping/server.js'
import { Writer } from '../keeping/writer.js'
import { Crowd } from './crowd.js'
import { residentOf } from './memory.js'
import { BarePair, BareRelayProcess } from './bare-pair.js'
import { Pair } from './pair.js'

export interface Load {
  readonly idle: number
  readonly slow: number
  readonly garbage: number
}

export interface Borne {
  /** The server is the same process as before. */
  readonly isRunning: boolean
  /** The most that it ever had in memory, in bytes. */
  readonly peak: number
  /** Of the honest two, while all this went on, in milliseconds. */
  readonly roundTrips: readonly number[]
  /** The same of two who have a bare relay to themselves, at the same time: what this machine takes of it. */
  readonly bareTrips: readonly number[]
  /** Of each entry that the third one appended meanwhile: from when it was written until it was acknowledged, in milliseconds. */
  readonly appends: readonly number[]
  /** Of the idle, how many are still there. */
  readonly idle: number
  /** How often a slow one was hung up on, and bytes that were sent to them. */
  readonly slowGone: number
  readonly sent: number
  readonly connections: number
  /** Of these, not ended by the KUBE. */
  readonly left: number
  /** How long the flood took, in milliseconds. */
  readonly floodMs: number
}

/** Beside those of the load: of the honest, of who floods, of who sends to the slow. */
const MORE_CONNECTIONS = 300
/** As long as more than this is sent to the slow in a second, in bytes, they are not all waited for yet; for so long at most, in milliseconds. */
const FILLING = 50e6
const FILL_MS = 120_000
const EVERY_MS = 20
const APPEND_MS = 50

export async function loaded(load: Load, say: (what: string) => void = () => {}): Promise<Borne> {
  const data = await mkdtemp(join(tmpdir(), 'hearth-load-'))
  const connections = Math.ceil(load.idle + load.slow * 1.2 + MORE_CONNECTIONS)
  const server = await ServerProcess.start({
    ...{ data, port: await freePort() },
    env: { HEARTH_CONNECTIONS: String(connections), HEARTH_LOG: 'error' },
  })
  const { url } = server
  const writer = await Writer.begin()
  const relay = await BareRelayProcess.start()
  try {
    await using crowd = new Crowd(url)
    await using laggards = new Crowd(url)
    await using flood = new Crowd(url)
    const space = await writer.space(url)
    await crowd.do('idle', load.idle)
    say(`${load.idle} idle`)
    await laggards.do('slow', load.slow)
    say(`${load.slow} slow`)
    await settled(laggards)
    say('all that slow devices keep waiting is there')
    const pair = await Pair.meet(url)
    let isOver = false
    const trips = pair.roundTrips(() => isOver, EVERY_MS)
    const bare = await BarePair.meet(relay, 'honest')
    bare.answer()
    const bareTrips = bare.roundTrips(() => isOver, EVERY_MS)
    const appending = appends(writer, space, () => isOver)
    const began = performance.now()
    const poured = await flood.do('pour', load.garbage)
    const floodMs = performance.now() - began
    say(`${poured.frames} frames of garbage`)
    isOver = true
    const roundTrips = await trips
    await appending
    await writer.level([space])
    const { idle } = await crowd.do('state')
    const { slowGone, sent } = await laggards.do('state')
    pair.leave()
    bare.leave()
    return {
      ...{ isRunning: server.isRunning, peak: residentOf(server.child.pid!).peak },
      ...{ bareTrips: await bareTrips },
      ...{ roundTrips, appends: await appending, idle, slowGone, sent, floodMs },
      ...{ connections: poured.connections, left: poured.left },
    }
  } finally {
    writer.end()
    relay.end()
    await server.end('SIGKILL')
    await rm(data, { recursive: true, force: true })
  }
}

/** What networks and the KUBE keep for the slow is there: from then on they are sent what takes its place. */
async function settled(laggards: Crowd): Promise<void> {
  let before = -Infinity
  for (const end = performance.now() + FILL_MS; performance.now() < end; await pause(1_000)) {
    const { sent } = await laggards.do('state')
    if (sent - before < FILLING) return
    before = sent
  }
}

/** One entry after the other, each when the one before is acknowledged. @returns how long that took each time, in milliseconds */
async function appends(
  writer: Writer,
  space: Awaited<ReturnType<Writer['space']>>,
  isOver: () => boolean,
): Promise<number[]> {
  const times: number[] = []
  for (; !isOver(); await pause(APPEND_MS)) {
    const began = performance.now()
    await writer.write(space)
    while (writer.acknowledged(space) < writer.written(space)) await pause(1)
    times.push(performance.now() - began)
  }
  return times
}

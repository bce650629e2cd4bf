/**
 * What a KUBE relays, beside a bare relay: a process that hands on between two WebSockets, and does nothing else. Both are spoken to by this process, by
 * the same clients.
 */
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { encodeFromDevice } from '../../../worker/mesh/signal-codec.js'
import { TOPIC_BYTES } from '../../../worker/protocol/signal.js'
import { BarePair, BareRelayProcess } from '../../load/bare-pair.js'
import { Member } from '../../load/member.js'
import { FRAME_BYTES, Pair } from '../../load/pair.js'
import { withKube } from '../kube.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'

const PAIRS = 4
const FRAMES = 20_000
/** After a third as many that are not measured: of fewer, one in a hundred is one in which something is compiled. */
const TRIPS = 6_000
/** Frames of one pair that are on their way at one time: less than a window of the relay. */
const UNDERWAY = 256

export async function kubeRelay(run: Run): Promise<void> {
  const frames = run.quick ? FRAMES / 4 : FRAMES
  // One trip in a hundred of a short run says what else the machine did.
  const trips = run.quick ? 0 : TRIPS
  const through: RowSpec = {
    metric: `kube-relay ${(PAIRS * frames).toLocaleString('en')} frames`,
    unit: 'ms',
    // 70 % as many a second.
    budget: { of: 'ratio', limit: 1.43 },
  }
  const late: RowSpec = { metric: 'kube-relay p99', unit: 'ms', budget: { of: 'ratio', limit: 2 } }
  for (let rep = 0; rep < run.reps; rep++) {
    const relay = await BareRelayProcess.start()
    try {
      const flows = await Promise.all(Array.from({ length: PAIRS }, (_, n) => bareFlow(relay, `${n}`)))
      // The first round is for whoever compiles.
      await flowing(flows, frames / 10)
      run.add(through, { system: 'floor' }, await flowing(flows, frames))
      const pair = await BarePair.meet(relay, 'trips')
      pair.answer()
      const times = await someTrips(pair, trips)
      if (trips > 0) run.add(late, { system: 'floor' }, quantile(times, 0.99))
    } finally {
      relay.end()
    }
    await withKube({}, async ({ url }) => {
      const flows = await Promise.all(Array.from({ length: PAIRS }, () => kubeFlow(url)))
      await flowing(flows, frames / 10)
      run.add(through, { system: 'hearth' }, await flowing(flows, frames))
      const times = await someTrips(await Pair.meet(url), trips)
      if (trips > 0) run.add(late, { system: 'hearth' }, quantile(times, 0.99))
    })
  }
}

interface Flow {
  readonly from: WebSocket
  readonly to: WebSocket
  /** As it is sent. */
  readonly message: Uint8Array
}

async function bareFlow(relay: BareRelayProcess, name: string): Promise<Flow> {
  const { near, far } = await BarePair.meet(relay, name)
  return { from: near, to: far, message: randomBytes(FRAME_BYTES) }
}

async function kubeFlow(url: string): Promise<Flow> {
  const topic = randomBytes(TOPIC_BYTES)
  const [near, far] = [await Member.enter(url), await Member.enter(url)]
  for (const one of [near, far]) await one.announce(topic)
  // What a device makes of it is not measured here.
  for (const { socket } of [near, far]) socket.removeAllListeners('message')
  const message = encodeFromDevice(['send', topic, far.peer, randomBytes(FRAME_BYTES)])
  return { from: near.socket, to: far.socket, message }
}

/** @returns until all have come that each sends, in milliseconds */
async function flowing(flows: readonly Flow[], frames: number): Promise<number> {
  const began = performance.now()
  await Promise.all(flows.map((flow) => flown(flow, frames)))
  return performance.now() - began
}

function flown({ from, to, message }: Flow, frames: number): Promise<void> {
  return new Promise((resolve) => {
    let [sent, come] = [0, 0]
    const send = () => {
      for (; sent < frames && sent - come < UNDERWAY; sent++) from.send(message)
    }
    const hear = (data: Buffer) => {
      // The rest is the KUBE's own.
      if (data.length < FRAME_BYTES) return
      come++
      if (sent - come <= UNDERWAY / 2) send()
      if (come < frames) return
      to.off('message', hear)
      resolve()
    }
    to.on('message', hear)
    send()
  })
}

async function someTrips(pair: Pick<Pair, 'roundTrip'>, count: number): Promise<number[]> {
  for (let n = 0; n < count / 3; n++) await pair.roundTrip()
  const times: number[] = []
  for (let n = 0; n < count; n++) times.push(await pair.roundTrip())
  return times
}

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, it } from 'node:test'
import { simulatedPlatform } from './device.js'
import { Disk } from './disk.js'
import { Random } from '../e2e/random.js'
import { until } from '../e2e/wait.js'
import { HearthError } from '../../worker/protocol/errors.js'
import { newId, type ClientId, type ObjectId } from '../../worker/protocol/ids.js'
import {
  RPC_VERSION,
  type Item,
  type TabMessage,
  type Welcome,
  type WorkerFrame,
} from '../../worker/protocol/rpc.js'
import { Runtime, type Platform } from '../../worker/runtime.js'

const ports: MessagePort[] = []
afterEach(() => ports.splice(0).forEach((port) => port.close()))

describe('a worker', () => {
  it('opens a store that was being cleared when it tried first', async () => {
    let failures = 4
    const disk = new Disk()
    const worker = start(disk, async () => {
      if (failures-- > 0) throw new HearthError('store/unavailable', { reason: 'it was closed' })
      return disk.open()
    })
    const alice = call(worker)
    assert.equal((await alice.welcome()).mark, 0)
  })

  it('says at once that a store is newer than it is, and soon that one cannot be opened', async () => {
    for (const code of ['store/newer', 'store/unavailable'] as const) {
      let tries = 0
      const worker = start(new Disk(), async () => {
        tries++
        throw new HearthError(code)
      })
      const [first] = (await call(worker).next()).m
      assert.equal(first?.t === 'end' && first.error.code, code)
      assert.ok(code === 'store/newer' ? tries <= 2 : tries > 2, `${tries} tries`)
    }
  })

  it('says something to each tab every second, though there is nothing to say', async () => {
    const alice = call(start(new Disk()))
    await alice.welcome()
    await until('a frame with nothing in it', () => alice.frames.some(({ m }) => m.length === 0), 5_000)
    assert.deepEqual(
      alice.frames.map(({ f }) => f),
      alice.frames.map((_, i) => i + 1),
    )
  })

  it('tells a tab that slept through a refusal, until the tab has seen it; and so does the next worker', async () => {
    const disk = new Disk()
    const worker = start(disk)
    const alice = call(worker)
    const { spaces } = await alice.welcome()
    const space = spaces[0]!.id
    const make = (n: number): TabMessage => ({ t: 'batch', n, space, items: [thing()] })
    disk.full = true
    alice.say(make(1))
    await alice.heard('refused')
    disk.full = false
    alice.say(make(2))
    await alice.heard('durable')

    // She has seen nothing of it, and comes again.
    const awake = call(worker, alice.client)
    const told = await awake.welcome()
    assert.equal(told.mark, 2)
    assert.deepEqual(
      told.refused?.map(([n, { code }]) => [n, code]),
      [[1, 'store/quota']],
    )
    // To another worker, after a crash.
    disk.crash()
    const next = start(disk)
    const late = call(next, alice.client)
    const again = await late.welcome()
    assert.equal(again.mark, 2)
    assert.deepEqual(
      again.refused?.map(([n]) => n),
      [1],
    )
    late.say({ t: 'seen' })
    await until('the worker to know that she has heard', async () => {
      const once = call(next, alice.client)
      return (await once.welcome()).refused?.length === 0
    })
  })
})

const thing = (): Item => ({ id: newId<ObjectId>(), type: 'thing', value: {} })

/** A worker on a disk in memory. Waits are shortened, but for the beats. */
function start(disk: Disk, openStore = async () => disk.open()): Runtime {
  const echo = simulatedPlatform(disk, new Random(1))
  const platform: Platform = {
    ...echo,
    openStore,
    build: 'test',
    url: 'https://kube.example/hearth/worker.js',
    mode: 'shared',
    shared: true,
    now: () => Date.now(),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    later(run, ms) {
      const timer = setTimeout(run, ms === 1000 ? 50 : Math.min(ms, 20))
      timer.unref()
      return () => clearTimeout(timer)
    },
    filesAt: () => undefined,
    storage: async () => ({ used: 0, quota: 0, persisted: false }),
    isFree: async () => true,
    whenFree: () => new Promise(() => undefined),
    close: () => undefined,
    deployed: async () => undefined,
    hail: () => undefined,
    onHail: () => undefined,
    onNetwork: () => undefined,
    hold: async () => () => undefined,
  }
  return new Runtime(platform)
}

/** A tab's end of a line. */
function call(worker: Runtime, client = newId<ClientId>()) {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1)
  const frames: WorkerFrame[] = []
  port1.onmessage = ({ data }: MessageEvent<WorkerFrame>) => void frames.push(data)
  worker.connect(port2)
  port1.postMessage({ rpc: RPC_VERSION, build: 'test', client, app: 'test', held: false })
  const next = () => until('an answer', () => frames[0])
  return {
    client,
    frames,
    next,
    async welcome(): Promise<Welcome> {
      const [first] = (await next()).m
      if (first?.t !== 'welcome') throw new Error(`answered by ${JSON.stringify(first)}`)
      // What it had from another line of this tab has been told by now.
      return first.welcome
    },
    heard: (t: string) => until(t, () => frames.some(({ m }) => m.some((message) => message.t === t))),
    /** Having seen the first frame, and no more. */
    say: (message: TabMessage) => port1.postMessage({ seen: 1, m: [message] }),
  }
}

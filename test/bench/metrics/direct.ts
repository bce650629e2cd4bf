/** Two people in two browsers on one machine, whose tabs are linked: how soon one sees what the other does, and how fast much of it comes. */
import { areDirect, hostOf } from '../../e2e/linked.js'
import type { Person } from '../../e2e/person.js'
import { BareChannel } from '../remote/bare-channel.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { median, quantile } from '../stats.js'
import { answering, echoes, withTwo } from '../two.js'

const ECHOES = 300
/** Beside three times the floor, in milliseconds. */
const MORE_MS = 3
const BUSY_MS = 250
/** Entries of 64 KiB. */
const BATCHES = 300
const BATCH = 64 << 10

/** An edit of Olga's on Ed's screen: half of what it takes until she sees his answer. The floor is the whole way there and back. */
export async function peerLatency(run: Run): Promise<void> {
  const count = run.quick ? ECHOES / 3 : ECHOES
  const floors: number[] = []
  const medians: number[] = []
  for (let rep = 0; rep < run.reps; rep++)
    await withTwo(async (two) => {
      const { olga, ed } = two
      const channel = await BareChannel.between(two)
      floors.push(quantile(await channel.roundTrips(count), 0.5))
      await channel.close()
      const space = await answering(olga, ed)
      await areDirect([olga, ed])
      const times = await echoes(olga, space, count)
      medians.push(quantile(times, 0.5))
      run.add({ metric: 'peer-latency p99', unit: 'ms' }, { system: 'hearth' }, quantile(times, 0.99))
      await busy(run, space, olga, ed)
    })
  const row: RowSpec = {
    metric: 'peer-latency p50',
    unit: 'ms',
    budget: { of: 'most', limit: Math.round((3 * median(floors) + MORE_MS) * 100) / 100 },
  }
  run.add(row, { system: 'floor' }, ...floors)
  run.add(row, { system: 'hearth' }, ...medians)
}

/** The same from another tab of Olga's, while the one that holds the link does nothing but tasks of 100 ms. */
async function busy(run: Run, space: string, olga: Person, ed: Person): Promise<void> {
  const other = await olga.tab()
  if ((await hostOf([olga, other])) !== olga) throw new Error('The link is in another tab.')
  await olga.run(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      for (const end = performance.now() + 100; performance.now() < end;);
      port2.postMessage(null)
    }
    port2.postMessage(null)
    Object.assign(window, { stopBeingBusy: () => port1.close() })
  }, undefined)
  const times = await echoes(other, space, run.quick ? 10 : 50)
  await olga.run(() => (window as unknown as { stopBeingBusy(): void }).stopBeingBusy(), undefined)
  await areDirect([other, ed])
  if ((await hostOf([olga, other])) !== olga) throw new Error('The link has left the tab that was busy.')
  const spec: RowSpec = {
    metric: 'peer-latency, host tab busy',
    unit: 'ms',
    budget: { of: 'most', limit: BUSY_MS },
  }
  run.add(spec, { system: 'hearth' }, quantile(times, 0.95))
}

/** Entries of 64 KiB that nothing makes smaller, of a space that Ed joins while the two are linked: from then until he sees the last one. */
export async function peerBulk(run: Run): Promise<void> {
  const batches = run.quick ? BATCHES / 2 : BATCHES
  const row: RowSpec = {
    metric: `peer-bulk ${batches} batches of 64 KiB`,
    unit: 'ms',
    budget: { of: 'ratio', limit: 2 },
  }
  for (let rep = 0; rep < run.reps; rep++)
    await withTwo(async (two) => {
      const { olga, ed } = two
      const channel = await BareChannel.between(two)
      run.add(row, { system: 'floor' }, await channel.bulk(batches))
      await channel.close()
      await answering(olga, ed)
      await areDirect([olga, ed])
      const space = await olga.createSpace('Of much')
      await olga.run(
        async ({ space, batches, size }) => {
          const one = window.home.getSpace(space)!
          for (let n = 0; n < batches; n++) {
            one.add('todo', { n, data: crypto.getRandomValues(new Uint8Array(size)) })
            await one.flush()
          }
        },
        { space, batches, size: BATCH - 1024 },
      )
      const told = await olga.invite(space)
      const ms = await ed.run(
        async ({ link, code, batches }) => {
          const began = performance.now()
          const space = await window.home.join(link, { code: code! })
          return new Promise<number>((resolve) => {
            space.query('todo').count.subscribe((count) => {
              if (count >= batches) resolve(performance.now() - began)
            })
          })
        },
        { ...told, batches },
      )
      run.add(row, { system: 'hearth' }, ms)
    })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../test/e2e/wait.js'
import type { OwnerMessage } from './protocol/rpc.js'
import { Tenure } from './tenure.js'

/** An origin: its lock, and what its workers say to each other. */
class Origin {
  private holder: symbol | undefined
  private readonly queue: (() => void)[] = []
  readonly hears: { from: object; run: (message: OwnerMessage) => void }[] = []

  /** A worker of this build, at this address; `ended` is where it sent its tabs. */
  worker(time: string, url: string, lies?: string | (() => string | undefined), shared = true, haste = 20) {
    const build = (made: string) => `0.1.0+${made}`
    const worker = {
      ended: undefined as string | undefined,
      looks: 0,
      tenure: undefined as unknown as Tenure,
    }
    worker.tenure = new Tenure(
      {
        build: build(time),
        url,
        shared,
        deployed: async () => {
          worker.looks++
          const found = typeof lies === 'function' ? lies() : lies
          return found && build(found)
        },
        hail: (message) => {
          for (const { from, run } of this.hears) if (from !== worker) queueMicrotask(() => run(message))
        },
        onHail: (run) => void this.hears.push({ from: worker, run }),
        hold: (_, ms) => this.hold(ms),
        now: () => performance.now(),
        later: (run, ms) => setTimeout(run, ms / haste).unref(),
      },
      async (to) => {
        if (worker.tenure.movedTo) return
        worker.tenure.movedTo = worker.ended = to
        worker.tenure.release()
      },
    )
    return worker
  }

  private async hold(ms: number): Promise<() => void> {
    const mine = Symbol()
    if (this.holder) {
      const granted = new Promise<boolean>((resolve) => this.queue.push(() => resolve(true)))
      if (!(await Promise.race([granted, sleep(ms / 20, false)]))) throw new Error('store/busy')
    }
    this.holder = mine
    return () => {
      if (this.holder !== mine) return
      this.holder = undefined
      this.queue.shift()?.()
    }
  }
}

describe('of two workers of an origin,', () => {
  it('the newer one gets the store from the older one', async () => {
    const origin = new Origin()
    const old = origin.worker('00000001', '/a.js')
    await old.tenure.begin()
    const fresh = origin.worker('00000002', '/b.js')
    await fresh.tenure.begin()
    assert.equal(old.ended, '/b.js')
    assert.equal(fresh.ended, undefined)
  })

  for (const [what, time] of [
    ['an older one', '00000001'],
    ['an equal one that comes later', '00000002'],
  ] as const)
    it(`${what} sends its tabs to the one that is there`, async () => {
      const origin = new Origin()
      const there = origin.worker('00000002', '/a.js')
      await there.tenure.begin()
      const late = origin.worker(time, '/b.js')
      await assert.rejects(late.tenure.begin(), /still holds the store/)
      assert.equal(late.ended, '/a.js')
      assert.equal(there.ended, undefined)
    })

  for (const [what, time, stays] of [
    ['the browser has given up makes room for the one at its address', '00000002', false],
    ['the browser has given up stays if the one at its address is older', '00000001', true],
  ] as const)
    it(`the one that ${what}`, async () => {
      const origin = new Origin()
      const lost = origin.worker('00000002', '/a.js')
      await lost.tenure.begin()
      const found = origin.worker(time, '/a.js')
      if (stays) await assert.rejects(found.tenure.begin(), /store\/busy/)
      else await found.tenure.begin()
      assert.deepEqual([lost.ended, found.ended], [stays ? undefined : '/a.js', undefined])
    })

  it('a tab’s own and a shared one of the same script do not take turns', async () => {
    const origin = new Origin()
    const shared = origin.worker('00000002', '/a.js')
    await shared.tenure.begin()
    const own = origin.worker('00000002', '/a.js', undefined, false)
    await assert.rejects(own.tenure.begin(), /store\/busy/)
    assert.deepEqual([shared.ended, own.ended], [undefined, undefined])
  })

  it('the one that gave up never keeps the lock that it is granted after all', async () => {
    const origin = new Origin()
    const there = origin.worker('00000002', '/a.js')
    await there.tenure.begin()
    const late = origin.worker('00000001', '/b.js')
    await assert.rejects(late.tenure.begin())
    there.tenure.release()
    const third = origin.worker('00000003', '/c.js')
    await third.tenure.begin()
  })
})

describe('a worker that meets a tab of a newer build', () => {
  it('makes room if a newer script lies at its address', async () => {
    const worker = new Origin().worker('00000001', '/a.js', '00000002')
    await worker.tenure.begin()
    await worker.tenure.meet('0.2.0+00000002', true)
    assert.equal(worker.ended, '/a.js')
  })

  it('stays if none does, and does not look again for a while', async () => {
    const worker = new Origin().worker('00000001', '/a.js', '00000001')
    await worker.tenure.begin()
    await worker.tenure.meet('0.2.0+00000002', true)
    await worker.tenure.meet('0.2.0+00000002', false)
    assert.deepEqual([worker.ended, worker.looks], [undefined, 1])
  })

  it('looks again, for the script may not have been had, or be kept somewhere', async () => {
    for (const first of [undefined, '00000001']) {
      let lies = first
      const worker = new Origin().worker('00000001', '/a.js', () => lies)
      await worker.tenure.begin()
      await worker.tenure.meet('0.2.0+00000002', false)
      await sleep(5)
      assert.equal(worker.ended, undefined)
      lies = '00000002'
      await until('it makes room', () => worker.ended)
      assert.equal(worker.ended, '/a.js')
    }
  })

  it('does not look for ever', async () => {
    const worker = new Origin().worker('00000001', '/a.js', '00000001', true, 20_000)
    await worker.tenure.begin()
    await worker.tenure.meet('0.2.0+00000002', false)
    await sleep(100)
    assert.equal(worker.looks, 8)
  })

  it('does not look for a tab that is older, or as old', async () => {
    const worker = new Origin().worker('00000002', '/a.js', '00000003')
    await worker.tenure.begin()
    for (const build of ['0.9.0+00000001', '0.1.0+00000002', 'source']) await worker.tenure.meet(build, false)
    assert.equal(worker.looks, 0)
  })
})

/**
 * What `flush()` has acknowledged survives SIGKILL of the browser. A killed browser does not show that data reached
 * the disk (the system still has it), which tests of the store with a disk that drops unsynced writes do.
 * HEARTH_KILLS and HEARTH_BURST_KILLS say how often; HEARTH_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshSeed, Random, setting } from './random.js'
import { Stage } from './stage.js'
import { until } from './wait.js'

const kills = setting('HEARTH_KILLS', 3)
const burstKills = setting('HEARTH_BURST_KILLS', 1)
const BURST = 5_000

/** One object of the test: every field follows from the number of edits, so that half an edit shows. */
interface Written {
  readonly key: string
  readonly edits: number
  readonly again: number
  readonly marks: string
}

describe('an acknowledged write', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it(`is there, whole, after each of ${kills} kills in the middle of single writes`, async () => {
    const random = new Random(freshSeed())
    console.log(`    seed ${random.seed}`)
    const acknowledged = new Map<string, number>()
    for (let cycle = 1; cycle <= kills; cycle++) {
      const page = await stage.tab()
      // At once after an acknowledgement, when an early one would show; or a little later, in the middle of the next.
      const last = random.between(1, 40)
      const pause = random.pick([0, 0, random.between(1, 30)])
      let heard = 0
      let killed: Promise<void> | undefined
      await page.exposeFunction('acknowledge', async (key: string, edits: number) => {
        if (killed) return
        acknowledged.set(key, edits)
        if (++heard !== last) return
        if (pause > 0) await sleep(pause)
        killed = stage.browser.kill()
      })
      const broken = failureOf(page.evaluate(writeForEver, cycle))
      await until('enough acknowledged writes', () => killed !== undefined || broken(), 30_000)
      await killed

      await stage.browser.relaunch()
      const found = new Map((await readAll(stage)).map((one) => [one.key, one]))
      for (const [key, edits] of acknowledged) {
        const one = found.get(key)
        assert.ok(one, `cycle ${cycle}, seed ${random.seed}: ${key} was acknowledged and is gone`)
        assert.ok(
          one.edits >= edits,
          `cycle ${cycle}, seed ${random.seed}: ${key} lost edits: ${one.edits} of ${edits}`,
        )
      }
      for (const one of found.values())
        assert.deepEqual(
          { again: one.again, marks: one.marks },
          { again: one.edits, marks: '*'.repeat(one.edits) },
          `cycle ${cycle}, seed ${random.seed}: half an edit of ${one.key}`,
        )
      if (cycle % 10 === 0)
        console.log(`    ${cycle} kills, ${total(acknowledged)} writes acknowledged, none lost`)
    }
  })

  it(`is there after each of ${burstKills} kills right after flush() of ${BURST} objects`, async () => {
    for (let cycle = 1; cycle <= burstKills; cycle++) {
      const type = `burst-${cycle}`
      const page = await stage.tab()
      let killed: Promise<void> | undefined
      await page.exposeFunction('flushed', () => (killed = stage.browser.kill()))
      const broken = failureOf(page.evaluate(writeBurst, { type, count: BURST }))
      await until('the burst to be flushed', () => killed !== undefined || broken(), 60_000)
      await killed

      await stage.browser.relaunch()
      const reader = await stage.tab()
      const lost = await reader.evaluate(readBurst, { type, count: BURST })
      assert.deepEqual(lost, [], `cycle ${cycle}: of ${BURST} objects`)
      await reader.close()
    }
  })
})

const total = (acknowledged: ReadonlyMap<string, number>) =>
  acknowledged.size + [...acknowledged.values()].reduce((sum, edits) => sum + edits, 0)

/** Throws what has gone wrong so far. Once the browser is killed, that is the kill. */
function failureOf(work: Promise<unknown>): () => undefined {
  let failure: Error | undefined
  work.catch((cause: Error) => (failure = cause))
  return () => {
    if (failure) throw failure
    return undefined
  }
}

async function readAll(stage: Stage): Promise<Written[]> {
  const page = await stage.tab()
  const all = await page.evaluate(async () => {
    const query = window.home.space.query('written')
    await query.ready
    return query.value.map((object) => hearth.plain(object))
  })
  await page.close()
  return all as unknown as Written[]
}

// Below: run in a page.

async function writeForEver(cycle: number): Promise<void> {
  const { acknowledge } = window as unknown as { acknowledge(key: string, edits: number): unknown }
  const { space } = window.home
  for (let n = 0; ; n++) {
    const key = `${cycle}/${n}`
    const object = space.add('written', { key, edits: 0, again: 0, marks: hearth.text('') })
    await space.flush()
    void acknowledge(key, 0)
    for (let edits = 1; edits <= 3; edits++) {
      space.batch(() => {
        object['edits'] = edits
        object['again'] = edits
        hearth.splice(object, 'marks', 0, 0, '*')
      })
      await space.flush()
      void acknowledge(key, edits)
    }
  }
}

async function writeBurst({ type, count }: { type: string; count: number }): Promise<void> {
  const { space } = window.home
  for (let n = 0; n < count; n++) space.add(type, { n, title: `object ${n} of the burst`, done: n % 2 === 0 })
  await space.flush()
  ;(window as unknown as { flushed(): void }).flushed()
}

/** Numbers of objects that are not there as they were written. */
async function readBurst({ type, count }: { type: string; count: number }): Promise<number[]> {
  const query = window.home.space.query(type)
  await query.ready
  const whole = new Set<number>()
  for (const object of query.value) {
    const { n, title, done } = hearth.plain(object) as Record<string, unknown> as {
      n: number
      title: string
      done: boolean
    }
    if (title === `object ${n} of the burst` && done === (n % 2 === 0)) whole.add(n)
  }
  return Array.from({ length: count }, (_, n) => n).filter((n) => !whole.has(n))
}

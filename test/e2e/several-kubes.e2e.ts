/** Two KUBEs that the same people use: one of them may be gone at any time, and nobody is held up by it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { allSee } from './linked.js'
import { leave } from './pair.js'
import { Person, type Told } from './person.js'
import { PlainSite } from './plain-site.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'
import { Way } from './way.js'

/** They go on through the other one at the latest so long after one has gone, in milliseconds. */
const ON_MS = 1_500
/** What waits for a KUBE that was gone for a moment, in milliseconds. */
const BACK_MS = 15_000

/** From now on this is whom their page says to use when something is shared. */
const use = (person: Person, kube: string) =>
  person.run(async (kube) => {
    await window.home.close()
    window.home = await hearth.open({ app: 'Elsewhere', kube })
  }, kube)

/** Notes how the KUBEs stand for them, from now on. */
const watch = (person: Person) =>
  person.run(() => {
    const stood = new Set<string>()
    Object.assign(window, { stood })
    window.home.status.subscribe(({ kube }) => stood.add(kube))
  }, undefined)
const stood = (person: Person) =>
  person.run(() => [...(window as unknown as { stood: Set<string> }).stood], undefined)

describe('Olga and Ed, who use two KUBEs, from a page that neither hosts', () => {
  let servers: RunningServer[]
  let site: PlainSite
  let first: Way
  let second: Way
  let olga: Person
  let ed: Person
  let space: string
  let told: Told
  let count = 0

  const urlOf = ({ port }: Way) => `http://localhost:${port}`
  before(async () => {
    const start = () => startServer({ dist, origins: '*' })
    servers = await Promise.all([start(), start(), start()])
    // One has the script and nothing else to do, so that what goes to the others is signalling.
    site = await PlainSite.open(folder('pages/elsewhere'), servers[0]!.url)
    ;[first, second] = [await Way.to(servers[1]!.url), await Way.to(servers[2]!.url)]
    const person = (name: string) => Person.with('chromium', name, `${site.url}/`)
    ;[olga, ed] = await Promise.all([person('Olga'), person('Ed')])
  })
  after(async () => {
    await leave([olga, ed], site, first, second, ...servers)
  })

  const bothAt = (...ways: Way[]) =>
    until('both to be at these KUBEs', () => ways.every((way) => way.connections >= 2), BACK_MS)

  /** Each writes, and both see it. @returns after how many milliseconds */
  async function converge(ms: number): Promise<number> {
    const since = Date.now()
    const titles = [`Olga’s ${++count}`, `Ed’s ${count}`]
    await Promise.all([olga.add(space, titles[0]!, ''), ed.add(space, titles[1]!, '')])
    await allSee([olga, ed], space, titles, ms)
    return Date.now() - since
  }

  it('Olga is told of one and then of the other; a link that she makes names both, and Ed is at both by it', async () => {
    await use(olga, urlOf(first))
    space = await olga.createSpace('Kitchen')
    await olga.invite(space)
    await use(olga, urlOf(second))
    told = await olga.invite(space)
    assert.equal(await ed.join(told), space)
    await bothAt(first, second)
    await converge(BACK_MS)
  })

  for (const [name, gone, other] of [
    ['the first', () => first, () => second],
    ['the second', () => second, () => first],
  ] as const)
    it(`${name} goes down, and they go on through the other, as if nothing were`, async () => {
      await bothAt(first, second)
      await Promise.all([watch(olga), watch(ed)])
      gone().cut()
      const ms = await converge(ON_MS)
      console.log(`    both had everything ${ms} ms after it had gone`)
      for (const one of [olga, ed]) {
        assert.deepEqual(await stood(one), ['connected'])
        assert.deepEqual(await one.run(() => window.home.status.value.refusal ?? null, undefined), null)
      }
      assert.ok(other().connections >= 2)
      gone().open()
      await bothAt(first, second)
      await converge(BACK_MS)
    })

  it('while the first is down, Olga lets Carol in by a link that names it first', async () => {
    first.cut()
    await use(olga, urlOf(first))
    const invitation = await olga.invite(space)
    const carol = await Person.with('chromium', 'Carol', `${site.url}/`)
    try {
      const since = Date.now()
      assert.equal(await carol.join(invitation), space)
      console.log(`    Carol was in after ${Date.now() - since} ms`)
      await carol.sees(space, 'what they have', ({ todos }) => `Ed’s ${count}` in todos)
      assert.deepEqual(carol.failures, [])
    } finally {
      await carol.leave()
    }
    first.open()
    await bothAt(first, second)
  })

  it('the one by which they are connected swallows everything, and they go on through the other', async () => {
    await Promise.all([watch(olga), watch(ed)])
    const [a, b] = [first.bytes, second.bytes]
    await converge(BACK_MS)
    const used = first.bytes - a > second.bytes - b ? first : second
    used.swallow()
    const ms = await converge(30_000)
    console.log(`    both had everything ${ms} ms later`)
    for (const one of [olga, ed]) assert.deepEqual(await stood(one), ['connected'])
    used.open()
    await bothAt(first, second)
  })
})

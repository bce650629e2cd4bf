/** What becomes of the network, as devices have it: none, none that says so, a sleep, a server that is gone; and how soon they go on. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer, type RunningServer } from '../../kube/server.js'
import { allSee } from './linked.js'
import { leave, RELAYED } from './pair.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'
import { Way } from './way.js'

/** Where the KUBE is for both: each browser has a way of its own there. */
const KUBE = 'http://kube.localhost'
/** Both have everything at the latest so long after the network is back, in milliseconds: the next try would be later than that. */
const BACK_MS = 4_000
/** And after a network was swallowing everything, and there is another one: what hangs is asked for 5 s. */
const ANOTHER_MS = 10_000

/** A person’s action has them connected so soon, once the KUBE is back, in milliseconds. */
const ACTION_MS = 2_500

/** After one of this length, the next one is 4 s at least; in milliseconds. */
const LONG_MS = 2_000
/** The KUBE gives up a device sooner than usual, in milliseconds: after three times this, and still not between two of its pings. */
const QUIET_MS = 4_500

const status = (person: Person) =>
  person.run(() => {
    const { online, kube, peers } = window.home.status.value
    return { online, kube, peers }
  }, undefined)

describe('Olga and Ed, who share a space', () => {
  let server: RunningServer
  let olga: Person
  let ed: Person
  let olgasWay: Way
  let edsWay: Way
  let space: string

  const serve = (port = 0) =>
    startServer({ dist, apps: [folder('pages/alpha')], port, signal: { quietMs: QUIET_MS } })
  const by = ({ port }: Way) => ({
    // What is looked at is the way through the KUBE.
    ...RELAYED,
    flags: [`--host-resolver-rules=MAP ${new URL(KUBE).host}:80 127.0.0.1:${port}`],
  })
  before(async () => {
    server = await serve()
    ;[olgasWay, edsWay] = [await Way.to(server.url), await Way.to(server.url)]
    const page = `${KUBE}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.withHiddenTabs('Olga', page, by(olgasWay)),
      Person.with('chromium', 'Ed', page, by(edsWay)),
    ])
    space = await olga.createSpace('Kitchen')
    await ed.join(await olga.invite(space))
    await together()
  })
  after(async () => {
    await leave([olga, ed], olgasWay, edsWay, server)
  })

  async function together(ms = 20_000): Promise<void> {
    for (const one of [olga, ed])
      await until(
        `${one.name} to be connected`,
        async () => {
          const { kube, peers } = await status(one)
          return kube === 'connected' && peers === 1
        },
        ms,
      )
  }

  const bothSee = (titles: readonly string[], ms: number) => allSee([olga, ed], space, titles, ms)

  it('in airplane mode Olga is told at once, and writes on; afterwards both have everything at once', async () => {
    const land = await olga.goOffline()
    const since = Date.now()
    await until(
      'Olga to be told',
      async () => {
        const { online, kube, peers } = await status(olga)
        return !online && kube === 'away' && peers === 0
      },
      3_000,
    )
    console.log(`    told after ${Date.now() - since} ms`)
    await until('Ed to be alone', async () => (await status(ed)).peers === 0, 5_000)
    await olga.add(space, 'From the air', '')
    await ed.add(space, 'From the ground', '')
    // By now she waits for long between two tries.
    await pause(12_000)
    await land()
    const ms = await bothSee(['From the air', 'From the ground'], BACK_MS)
    await together(BACK_MS)
    console.log(`    both had everything ${ms} ms after the network was back`)
    assert.equal((await status(olga)).online, true)
  })

  it('Olga’s machine sleeps for longer than the KUBE waits for it; Ed writes on, and she has it when she wakes', async () => {
    await olga.add(space, 'Before the sleep', '')
    await bothSee(['Before the sleep'], 5_000)
    const wake = olga.sleep()
    await ed.add(space, 'In the night', '')
    await pause(4 * QUIET_MS)
    assert.equal((await status(ed)).peers, 0)
    wake()
    const ms = await bothSee(['In the night'], BACK_MS)
    console.log(`    she had it ${ms} ms after she woke`)
    await together(BACK_MS)
  })

  it('Olga’s machine sleeps for a moment, and wakes in another network', async () => {
    const wake = olga.sleep()
    olgasWay.swallow()
    await ed.add(space, 'While she nods', '')
    await pause(10_000)
    olgasWay.open()
    wake()
    const ms = await bothSee(['While she nods'], ANOTHER_MS)
    console.log(`    she had it ${ms} ms after she woke`)
    await together(BACK_MS)
  })

  it('Olga’s network swallows everything; when she has another one, both have each other within seconds', async () => {
    olgasWay.swallow()
    await olga.add(space, 'Into the void', '')
    await ed.add(space, 'Out of reach', '')
    await pause(2_000)
    olgasWay.open()
    await olga.changeNetwork()
    const ms = await bothSee(['Into the void', 'Out of reach'], ANOTHER_MS)
    console.log(`    both had everything ${ms} ms after she had another network`)
    await together(BACK_MS)
  })

  it('Olga’s network swallows everything for longer than Ed believes that she is there', async () => {
    olgasWay.swallow()
    await olga.add(space, 'Deep into the void', '')
    await pause(13_000)
    assert.equal((await status(ed)).peers, 0)
    olgasWay.open()
    await olga.changeNetwork()
    const ms = await bothSee(['Deep into the void'], ANOTHER_MS)
    console.log(`    both had everything ${ms} ms after she had another network`)
    await together(BACK_MS)
  })

  it('and when nothing says that she has another one, but she opens a tab', async () => {
    olgasWay.swallow()
    await olga.add(space, 'Unheard', '')
    await pause(2_000)
    olgasWay.open()
    const tab = await olga.tab()
    const ms = await bothSee(['Unheard'], ANOTHER_MS)
    console.log(`    both had everything ${ms} ms after she had opened a tab`)
    await tab.closeTab()
    await together(BACK_MS)
  })

  it('and when she does nothing at all, as soon as the KUBE has been silent for too long', async () => {
    olgasWay.swallow()
    await olga.add(space, 'Patience', '')
    olgasWay.open()
    const ms = await bothSee(['Patience'], 30_000)
    console.log(`    both had everything after ${ms} ms`)
    await together(BACK_MS)
  })

  describe('while the KUBE is gone', () => {
    /** Between tries, in milliseconds: at most twice as long each time, and 30 s; half of it is chance. */
    const waits = ({ tries }: Way, since: number) => {
      const all = tries.filter((at) => at >= since)
      return all.slice(1).map((at, i) => at - all[i]!)
    }

    it('try again after a wait that grows, and that is each one’s own', async () => {
      const port = Number(new URL(server.url).port)
      const since = Date.now()
      await server.close()
      await until('Olga to know', async () => (await status(olga)).kube === 'away', 3_000)
      await until(
        'four waits',
        () => [olgasWay, edsWay].every((way) => waits(way, since).length >= 4),
        35_000,
      )
      const [olgas, eds] = [olgasWay, edsWay].map((way) => waits(way, since).slice(0, 4)) as [
        number[],
        number[],
      ]
      console.log(`    Olga waited ${olgas.join(', ')} ms, Ed ${eds.join(', ')} ms`)
      for (const all of [olgas, eds])
        for (const [i, ms] of all.entries()) {
          const most = 1_000 * 2 ** i
          assert.ok(ms >= 0.45 * most && ms <= most + 1_500, `wait ${i + 1} of ${all.join()}`)
        }
      assert.ok(
        olgas.some((ms, i) => Math.abs(ms - eds[i]!) > 50),
        'they come back all at once',
      )
      server = await serve(port)
      await together(35_000)
    })

    const actions: Readonly<Record<string, () => Promise<unknown>>> = {
      'opens a tab': async () => (await olga.tab()).closeTab(),
      'looks at a tab again': () => olga.lookAtTab(),
      'invites somebody': () => olga.invite(space),
    }
    for (const [name, act] of Object.entries(actions))
      it(`Olga ${name} once it is back, and is connected at once`, async () => {
        const port = Number(new URL(server.url).port)
        const other = await olga.visit('about:blank')
        await server.close()
        const since = Date.now()
        await until('a long wait', () => (waits(olgasWay, since).at(-1) ?? 0) >= LONG_MS, 20_000)
        server = await serve(port)
        await pause(500)
        assert.equal((await status(olga)).kube, 'away')
        // A page may take its time to be opened.
        await act()
        const acted = Date.now()
        await until('Olga to be connected', async () => (await status(olga)).kube === 'connected', ACTION_MS)
        console.log(`    connected after ${Date.now() - acted} ms`)
        await other.close()
        await together(35_000)
      })

    it('Olga follows an invitation once it is back, and is connected at once', async () => {
      const told = await ed.invite(await ed.createSpace('Garden'))
      const port = Number(new URL(server.url).port)
      await server.close()
      const since = Date.now()
      await until('a long wait', () => (waits(olgasWay, since).at(-1) ?? 0) >= LONG_MS, 20_000)
      server = await serve(port)
      const acted = Date.now()
      const joining = olga.join(told)
      await until('Olga to be connected', async () => (await status(olga)).kube === 'connected', ACTION_MS)
      console.log(`    connected after ${Date.now() - acted} ms`)
      await joining
      await together(35_000)
    })
  })
})

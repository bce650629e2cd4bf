/** Two people whose devices are directly linked: what becomes of it when the tab that holds the link goes, or the server does. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EngineName } from '../engines/engine.js'
import { Exchange, hostOf, kindsOf, linksOf } from './linked.js'
import { Pair } from './pair.js'
import type { Person } from './person.js'
import { sharingSteps } from './sharing-steps.js'
import { until } from './wait.js'

const pairs: readonly (readonly [EngineName, EngineName])[] = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
]

/** A hidden tab has its links taken by one that is shown at the latest so long after that was opened, in milliseconds. */
const MOVED_MS = 15_000

for (const browsers of pairs) {
  const pair = new Pair(browsers, 'direct')
  describe(pair.name, () => {
    before(() => pair.begin())
    after(() => pair.end())
    sharingSteps(pair)
    failoverSteps(pair)
  })
}

function failoverSteps(pair: Pair): void {
  let exchange: Exchange
  const isAll = () => exchange.isAllWith(pair.both)

  it('are linked directly within 5 s, and are told in which tab, and how far away the other is', async () => {
    const { olga, ed } = pair
    exchange = new Exchange(await olga.createSpace('Garden'))
    await ed.join(await olga.invite(exchange.space))
    await pair.areLinked(5_000)
    await exchange.arrives(olga, ed)
    await exchange.arrives(ed, olga)
    for (const person of pair.both) {
      const know = async () => (await linksOf(person))[0]?.rttMs !== undefined
      await until(`${person.name} to know the time there and back`, know, 3_000)
      const [link] = await linksOf(person)
      assert.equal(link?.host, await person.tabId())
      assert.ok(link.rttMs! < 1_000, `${link.rttMs} ms`)
    }
  })

  /** The tab that holds somebody's link goes, and they go on in another one. */
  const goesOn = async (who: 'olga' | 'ed', how: string, go: (host: Person) => Promise<unknown>) => {
    const other = await pair[who].tab()
    await pair.areLinked()
    const host = await hostOf([pair[who], other])
    const rest = host === other ? pair[who] : other
    await go(host)
    const since = Date.now()
    pair[who] = rest
    const { olga, ed } = pair
    const out = await exchange.arrives(olga, ed)
    const back = await exchange.arrives(ed, olga)
    console.log(`    ${how}: the next edit arrived after ${out} ms, the next one back after ${back} ms`)
    await pair.areLinked()
    console.log(`    ${how}: a new direct link was there after ${Date.now() - since} ms`)
    await exchange.arrives(olga, ed)
    await isAll()
    return host
  }

  it('go on at once when the tab that holds the link of either is closed', async () => {
    await goesOn('olga', 'closed', (host) => host.closeTab())
    await goesOn('ed', 'closed', (host) => host.closeTab())
  })

  it('go on at once when it crashes', async () => {
    await goesOn('olga', 'crashed', (host) => host.crashTab())
  })

  it('go on at once when it stands still', async () => {
    let thaw: () => Promise<void>
    const host = await goesOn('olga', 'frozen', async (host) => (thaw = await host.freezeTab()))
    await thaw!()
    await host.closeTab()
  })

  if (pair.browsers[1] === 'chromium') {
    it('go on within 3 s when it is busy with something else and says nothing', async () => {
      const host = await goesOn('olga', 'busy', async (host) => {
        await host.run(() => {
          setTimeout(() => {
            for (const end = Date.now() + 6_000; Date.now() < end;);
          }, 50)
        }, undefined)
        await new Promise((resolve) => setTimeout(resolve, 100))
      })
      await host.closeTab()
    })

    it('are linked by the tab that Olga looks at some seconds after she has turned to it, and nothing stops meanwhile', async () => {
      await pair.areLinked()
      const host = await hostOf([pair.olga])
      const other = await pair.olga.tab()
      const since = Date.now()
      await until(
        'the link to move',
        async () => {
          await exchange.arrives(other, pair.ed, 2_000)
          await exchange.arrives(pair.ed, other, 2_000)
          assert.deepEqual(await Promise.all([other, pair.ed].map(kindsOf)), ['direct', 'direct'])
          return (await hostOf([host, other])) === other
        },
        MOVED_MS,
      )
      console.log(`    moved ${Date.now() - since} ms after the other tab was opened`)
      await host.closeTab()
      pair.olga = other
      await exchange.arrives(other, pair.ed, 2_000)
      assert.equal(await kindsOf(other), 'direct')
      await isAll()
    })
  }

  it('go on both ways when the server is gone, and meet there again when it is back', async () => {
    await pair.areLinked()
    const { olga, ed } = pair
    await pair.server.close()
    const isAt = (kube: string) =>
      until(
        `the server to be ${kube}`,
        async () => {
          const seen = pair.both.map((person) => person.run(() => window.home.status.value.kube, undefined))
          return (await Promise.all(seen)).every((one) => one === kube)
        },
        40_000,
      )
    const writeBoth = async () => [await exchange.arrives(olga, ed), await exchange.arrives(ed, olga)]
    const areStill = async () =>
      assert.deepEqual(await Promise.all(pair.both.map(kindsOf)), ['direct', 'direct'])
    await isAt('away')
    console.log(`    no server: edits arrived after ${(await writeBoth()).join(' and ')} ms`)
    // Longer than a session through a relay lasts that nothing comes through; of one pair, for it is nothing of browsers.
    if (pair.browsers[1] === 'chromium') await new Promise((resolve) => setTimeout(resolve, 12_000))
    await writeBoth()
    await areStill()
    await pair.serve()
    await isAt('connected')
    await areStill()
    await writeBoth()
    await isAll()
    // There is a way beside it again.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await goesOn('olga', 'closed after that', (host) => host.closeTab())
  })
}

describe('Olga and Ed, whose server names others that never answer', () => {
  // Addresses of nobody, and a name that there is not.
  const urls = [
    'turn:192.0.2.1:3478',
    'turn:192.0.2.2:3478?transport=tcp',
    'turn:nowhere.invalid:3478',
    'stun:192.0.2.3',
  ]
  const pair = new Pair(['chromium', 'chromium'], 'direct', { urls, secret: 'unheard', seconds: 3600 })
  before(() => pair.begin())
  after(() => pair.end())

  it('are linked directly within 5 s all the same, for they are in one network', async () => {
    const { olga, ed } = pair
    const exchange = new Exchange(await olga.createSpace('Kitchen'))
    await ed.join(await olga.invite(exchange.space))
    const joined = Date.now()
    await pair.areLinked(5_000)
    console.log(`    a direct link was there ${Date.now() - joined} ms after joining`)
    await exchange.arrives(olga, ed)
  })
})

/** Two people whose devices are directly linked: what becomes of it when the tab that holds the link goes, or the server does. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** How somebody is linked with others now. */
const links = (person: Person) =>
  person.run(() => window.home.status.value.links.map(({ kind }) => kind).join(), undefined)

const areDirect = (people: readonly Person[], ms = 5_000) =>
  until(
    'a direct link',
    async () => (await Promise.all(people.map(links))).every((kind) => kind === 'direct'),
    ms,
  )

describe('Olga with a tab or two, and Ed', () => {
  let server: RunningServer
  let olga: Person
  let ed: Person
  let space: string
  let count = 0

  const serve = (port = 0) => startServer({ dist, apps: [folder('pages/alpha')], port })
  /** @returns how long it took, in milliseconds */
  const arrives = async (from: Person, to: Person, ms = 5_000): Promise<number> => {
    const title = `Edit ${++count}`
    const since = Date.now()
    await from.add(space, title, '')
    await to.sees(space, title, ({ todos }) => title in todos, ms)
    return Date.now() - since
  }
  const hasAll = (person: Person) =>
    person.sees(space, 'all', ({ todos }) => Object.keys(todos).length === count)

  before(async () => {
    server = await serve()
    const page = `${server.url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.withHiddenTabs('Olga', page),
      Person.with('chromium', 'Ed', page),
    ])
    space = await olga.createSpace('Kitchen')
    await ed.join(await olga.invite(space))
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
    assert.deepEqual([...olga.failures, ...ed.failures], [])
  })

  it('are linked directly within 5 s, and an edit arrives', async () => {
    const since = Date.now()
    await areDirect([olga, ed])
    console.log(`    a direct link was there ${Date.now() - since} ms after joining`)
    console.log(
      `    an edit arrived after ${await arrives(olga, ed)} ms, and back after ${await arrives(ed, olga)} ms`,
    )
  })

  /** The tab that holds the link goes, and Olga goes on in another one. */
  const goesOn = async (how: string, go: (host: Person) => Promise<unknown>, other: Person) => {
    const host = olga
    await areDirect([olga, ed])
    await go(host)
    const since = Date.now()
    olga = other
    const out = await arrives(olga, ed)
    const back = await arrives(ed, olga)
    console.log(`    ${how}: the next edit arrived after ${out} ms, the next one back after ${back} ms`)
    await areDirect([olga, ed], 10_000)
    console.log(`    ${how}: a new direct link was there after ${Date.now() - since} ms`)
    await arrives(olga, ed)
    for (const person of [olga, ed]) await hasAll(person)
  }

  it('go on at once when the tab that holds the link is closed', async () => {
    await goesOn('closed', (host) => host.closeTab(), await olga.tab())
  })

  it('go on at once when it crashes', async () => {
    await goesOn('crashed', (host) => host.crashTab(), await olga.tab())
  })

  it('go on at once when it stands still', async () => {
    const other = await olga.tab()
    let thaw: () => Promise<void>
    await goesOn('frozen', async (host) => (thaw = await host.freezeTab()), other)
    await thaw!()
  })

  it('go on within 3 s when it is busy with something else and says nothing', async () => {
    const other = await olga.tab()
    await goesOn(
      'busy',
      async (host) => {
        await host.run(() => {
          setTimeout(() => {
            for (const end = Date.now() + 6_000; Date.now() < end;);
          }, 50)
        }, undefined)
        await new Promise((resolve) => setTimeout(resolve, 100))
      },
      other,
    )
  })

  it('go on both ways when the server is gone, and meet there again when it is back', async () => {
    await areDirect([olga, ed], 15_000)
    const port = Number(new URL(server.url).port)
    await server.close()
    const isAt = (kube: string) =>
      until(
        `the server to be ${kube}`,
        async () => {
          const seen = [olga, ed].map((person) => person.run(() => window.home.status.value.kube, undefined))
          return (await Promise.all(seen)).every((one) => one === kube)
        },
        40_000,
      )
    await isAt('away')
    const out = await arrives(olga, ed)
    console.log(
      `    no server: an edit arrived after ${out} ms, and back after ${await arrives(ed, olga)} ms`,
    )
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    await arrives(olga, ed)
    await arrives(ed, olga)
    assert.deepEqual(await Promise.all([olga, ed].map(links)), ['direct', 'direct'])
    server = await serve(port)
    await isAt('connected')
    assert.deepEqual(await Promise.all([olga, ed].map(links)), ['direct', 'direct'])
    await arrives(olga, ed)
    for (const person of [olga, ed]) await hasAll(person)
    // There is a way beside it again.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const other = await olga.tab()
    await goesOn('closed after that', (host) => host.closeTab(), other)
  })
})

describe('Olga in Chromium and Ed in Firefox', () => {
  let server: RunningServer
  let olga: Person
  let ed: Person
  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    const page = `${server.url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page),
      Person.with('firefox', 'Ed', page),
    ])
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
    assert.deepEqual([...olga.failures, ...ed.failures], [])
  })

  it('are linked directly, and go on when the tab of the one in Firefox is closed', async () => {
    const space = await olga.createSpace('Kitchen')
    await ed.join(await olga.invite(space))
    const joined = Date.now()
    await areDirect([olga, ed], 10_000)
    console.log(`    a direct link was there ${Date.now() - joined} ms after joining`)
    const next = await ed.tab()
    await ed.closeTab()
    ed = next
    const since = Date.now()
    await olga.add(space, 'Milk', '')
    await ed.sees(space, 'the milk', ({ todos }) => 'Milk' in todos)
    console.log(`    closed: the next edit arrived after ${Date.now() - since} ms`)
    await areDirect([olga, ed], 10_000)
    console.log(`    closed: a new direct link was there after ${Date.now() - since} ms`)
    await ed.add(space, 'Bread', '')
    await olga.sees(space, 'the bread', ({ todos }) => 'Bread' in todos)
  })
})

describe('Olga and Ed, whose server names others that never answer', () => {
  let server: RunningServer
  let people: Person[] = []
  before(async () => {
    // Addresses of nobody, and a name that there is not.
    const urls = [
      'turn:192.0.2.1:3478',
      'turn:192.0.2.2:3478?transport=tcp',
      'turn:nowhere.invalid:3478',
      'stun:192.0.2.3',
    ]
    const ice = { urls, secret: 'unheard', seconds: 3600 }
    server = await startServer({ dist, apps: [folder('pages/alpha')], ice })
    const page = `${server.url}/apps/alpha/`
    people = await Promise.all(['Olga', 'Ed'].map((name) => Person.with('chromium', name, page)))
  })
  after(async () => {
    await Promise.allSettled(people.map((person) => person.leave()))
    await server.close()
    assert.deepEqual(
      people.flatMap(({ failures }) => failures),
      [],
    )
  })

  it('are linked directly within 5 s all the same, for they are in one network', async () => {
    const [olga, ed] = people as [Person, Person]
    const space = await olga.createSpace('Kitchen')
    await ed.join(await olga.invite(space))
    const joined = Date.now()
    await areDirect(people)
    console.log(`    a direct link was there ${Date.now() - joined} ms after joining`)
    await olga.add(space, 'Milk', '')
    await ed.sees(space, 'the milk', ({ todos }) => 'Milk' in todos)
  })
})

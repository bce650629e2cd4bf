/** A KUBE keeps a space that it cannot read: who was away when it was written in has it from there, when everybody else is gone. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** What takes a browser off the network leaves its direct links alone. */
const indirect = { scripts: ['delete globalThis.RTCPeerConnection'] }

const hostsOf = (person: Person, space: string) =>
  person.run(
    (id) =>
      window.home
        .getSpace(id)!
        .hosts.value.map(({ state }) => state)
        .join(),
    space,
  )

describe('Olga and Ed, and a KUBE that keeps their space', () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-hosts-'))
  let server: RunningServer
  let olga: Person
  let ed: Person
  let space: string

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')], data })
    const page = `${server.url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page, indirect),
      Person.with('chromium', 'Ed', page, indirect),
    ])
    space = await olga.createSpace('Kitchen')
    await olga.add(space, 'Eggs', 'a dozen')
    await ed.join(await olga.invite(space))
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
    rmSync(data, { recursive: true, force: true })
  })

  it('who may not, is told so; who may, asks it to keep the space, and sees when it has all', async () => {
    const asked = await ed.run(
      (id) =>
        window.home
          .getSpace(id)!
          .addHost()
          .then(
            () => 'done',
            (e) => e.code as string,
          ),
      space,
    )
    assert.equal(asked, 'halo/not-allowed')
    const since = Date.now()
    await olga.run((id) => window.home.getSpace(id)!.addHost(), space)
    console.log(`    the KUBE agreed after ${Date.now() - since} ms`)
    await until('all of it to be kept', async () => (await hostsOf(olga, space)) === 'kept', 5_000)
    console.log(`    and had all of it after ${Date.now() - since} ms`)
    await until('Ed to know', async () => (await hostsOf(ed, space)) === 'kept', 5_000)
  })

  it('the KUBE loses all that it has: devices that have it give it again', async () => {
    const port = Number(new URL(server.url).port)
    const are = async (state: string) =>
      (await hostsOf(olga, space)) === state && (await hostsOf(ed, space)) === state
    await server.close()
    await until('both to know that it is gone', () => are('away'), 5_000)
    rmSync(data, { recursive: true, force: true })
    server = await startServer({ dist, apps: [folder('pages/alpha')], data, port })
    const since = Date.now()
    await until('all of it to be kept once more', () => are('kept'), 15_000)
    console.log(`    it had all of it again ${Date.now() - since} ms after it was back`)
  })

  it('Ed is away; Olga writes, and leaves for good; Ed comes back, and reads it', async () => {
    const back = await ed.goOffline()
    await olga.add(space, 'Milk', 'while Ed was away')
    await olga.run((id) => window.home.getSpace(id)!.synced({ timeoutMs: 5_000 }), space)
    await olga.leave()
    assert.deepEqual(Object.keys((await ed.see(space))!.todos), ['Eggs'], 'what Ed has while away')
    const since = Date.now()
    await back()
    await ed.sees(space, 'what Olga wrote', ({ todos }) => todos['Milk'] === 'while Ed was away')
    console.log(`    Ed had it ${Date.now() - since} ms after coming back`)
  })
})

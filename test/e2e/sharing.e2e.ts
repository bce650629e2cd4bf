/** Two people, two machines, one space: through a KUBE that can be gone, in browsers of different makes. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import type { EngineName } from '../engines/engine.js'
import { noWebKit } from '../runner/browsers.js'
import { Person, type Told } from './person.js'
import { dist, folder } from './site.js'

const pairs: readonly (readonly [EngineName, EngineName])[] = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['webkit', 'chromium'],
]

for (const [first, second] of pairs)
  describe(
    `Olga in ${first} and Ed in ${second}`,
    {
      skip: [first, second].includes('webkit') ? (noWebKit() ?? false) : false,
    },
    () => {
      let server: RunningServer
      let olga: Person
      let ed: Person
      let space: string
      let told: Told

      const serve = (port = 0) => startServer({ dist, apps: [folder('pages/alpha')], port })
      before(async () => {
        server = await serve()
        const page = `${server.url}/apps/alpha/`
        ;[olga, ed] = await Promise.all([Person.with(first, 'Olga', page), Person.with(second, 'Ed', page)])
      })
      after(async () => {
        await Promise.allSettled([olga.leave(), ed.leave()])
        await server.close()
        assert.deepEqual([...olga.failures, ...ed.failures], [])
      })

      it('Olga invites; with a wrong code Ed is told so, with the right one he is in and sees what she has', async () => {
        space = await olga.createSpace('Kitchen')
        await olga.add(space, 'Milk', '2 litres')
        told = await olga.invite(space)
        assert.match(told.code!, /^\d{6}$/)
        const wrong = told.code === '123456' ? '654321' : '123456'
        assert.equal(await ed.join({ link: told.link, code: wrong }), 'halo/code-wrong')
        assert.equal(await ed.join({ link: told.link, code: null }), 'halo/code-needed')
        assert.equal(await ed.join(told), space)
        const sight = await ed.see(space)
        assert.deepEqual(sight?.todos, { Milk: '2 litres' })
        assert.equal(sight?.role, 'editor')
        for (const person of [olga, ed])
          await person.sees(space, 'who is in', ({ members }) => members.join() === 'Ed: editor,Olga: owner')
      })

      it('nobody else comes in by the same invitation', async () => {
        assert.equal(await olga.join(told), 'halo/invite-own')
        const carol = await Person.with('chromium', 'Carol', `${server.url}/apps/alpha/`)
        try {
          assert.equal(await carol.join(told), 'halo/invite-used')
        } finally {
          await carol.leave()
        }
      })

      it('both write in one text at once, and each sees all of it', async () => {
        await Promise.all([olga.type(space, 'Milk', 0, 'At least '), ed.type(space, 'Milk', 8, ', organic')])
        const whole = 'At least 2 litres, organic'
        for (const person of [olga, ed])
          await person.sees(space, whole, ({ todos }) => todos['Milk'] === whole)
      })

      it('Olga is told of each change who made it, and on which device', async () => {
        const tab = await olga.tab()
        await olga.listen(space, 'Milk')
        await olga.assign(space, 'Milk', 'here')
        await tab.assign(space, 'Milk', 'beside')
        await ed.assign(space, 'Milk', 'away')
        const [hers, his] = await Promise.all([olga.device(), ed.device()])
        assert.deepEqual(await olga.heard('here'), ['here', hers])
        assert.deepEqual(await olga.heard('beside'), ['tab', hers])
        assert.deepEqual(await olga.heard('away'), ['member', his])
        await tab.closeTab()
      })

      it('both write while the server is gone and one page is opened again, and both see all of it when it is back', async () => {
        const port = Number(new URL(server.url).port)
        await server.close()
        await olga.add(space, 'Bread', 'rye')
        await ed.add(space, 'Salt', '')
        await olga.type(space, 'Milk', 0, 'Fresh: ')
        server = await serve(port)
        await ed.again()
        const all = (todos: Readonly<Record<string, string>>) =>
          Object.keys(todos).sort().join() === 'Bread,Milk,Salt' &&
          todos['Milk'] === 'Fresh: At least 2 litres, organic'
        for (const person of [olga, ed])
          await person.sees(space, 'all three', ({ todos }) => all(todos), 40_000)
      })

      it('as a reader Ed sees what Olga writes, and what he writes is refused by name', async () => {
        await olga.run(async (id) => {
          const space = window.home.getSpace(id)!
          await space.members.ready
          const ed = space.members.value.find(({ displayName }) => displayName === 'Ed')!
          await space.setRole(ed.id, 'reader')
        }, space)
        await ed.sees(space, 'that he is a reader', ({ role }) => role === 'reader')
        assert.equal(await ed.type(space, 'Milk', 0, 'No: '), 'echo/not-a-writer')
        await olga.add(space, 'Pepper', 'black')
        await ed.sees(space, 'the pepper', ({ todos }) => todos['Pepper'] === 'black')
        assert.equal((await olga.see(space))?.todos['Milk'], 'Fresh: At least 2 litres, organic')
      })

      it('once Olga has removed him, Ed knows, and sees nothing of what she writes then', async () => {
        await olga.run(async (id) => {
          const space = window.home.getSpace(id)!
          const ed = space.members.value.find(({ displayName }) => displayName === 'Ed')!
          await space.removeMember(ed.id)
        }, space)
        await olga.add(space, 'Secret', 'of hers')
        await ed.sees(space, 'that he is out', ({ members }) => !members.some((one) => one.startsWith('Ed')))
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        assert.equal((await ed.see(space))?.todos['Secret'], undefined)
      })
    },
  )

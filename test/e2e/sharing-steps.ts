/** What two people find who share a space, step by step, in whatever browsers they are and whatever way there is between them. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Pair } from './pair.js'
import { Person, type Told } from './person.js'

/** Steps of a suite, each of which goes on where the one before has ended. */
export function sharingSteps(pair: Pair): void {
  let space: string
  let told: Told

  it('Olga invites; with a wrong code Ed is told so, with the right one he is in and sees what she has', async () => {
    const { olga, ed } = pair
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
    for (const person of pair.both)
      await person.sees(space, 'who is in', ({ members }) => members.join() === 'Ed: editor,Olga: owner')
    await pair.areLinked()
  })

  it('nobody else comes in by the same invitation', async () => {
    assert.equal(await pair.olga.join(told), 'halo/invite-own')
    const carol = await Person.with('chromium', 'Carol', `${pair.server.url}/apps/alpha/`)
    try {
      assert.equal(await carol.join(told), 'halo/invite-used')
    } finally {
      await carol.leave()
    }
  })

  it('both write in one text at once, and each sees all of it', async () => {
    const { olga, ed } = pair
    await Promise.all([olga.type(space, 'Milk', 0, 'At least '), ed.type(space, 'Milk', 8, ', organic')])
    const whole = 'At least 2 litres, organic'
    for (const person of pair.both) await person.sees(space, whole, ({ todos }) => todos['Milk'] === whole)
  })

  it('Olga is told of each change who made it, and on which device', async () => {
    const { olga, ed } = pair
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

  it('both write while there is no way between them, one page is opened again, and both see all of it when there is one', async () => {
    const { olga } = pair
    // A link that they have lives on without a KUBE: the tab that holds it goes, and it has no way to come back.
    const other = await pair.ed.tab()
    await pair.server.close()
    await pair.ed.closeTab()
    pair.ed = other
    await pair.areApart()
    await olga.add(space, 'Bread', 'rye')
    await pair.ed.add(space, 'Salt', '')
    await Promise.all([olga.type(space, 'Milk', 0, 'Fresh: '), pair.ed.type(space, 'Milk', 26, ', cold')])
    await pair.serve()
    await pair.ed.again()
    const all = (todos: Readonly<Record<string, string>>) =>
      Object.keys(todos).sort().join() === 'Bread,Milk,Salt' &&
      todos['Milk'] === 'Fresh: At least 2 litres, organic, cold'
    for (const person of pair.both) await person.sees(space, 'all three', ({ todos }) => all(todos), 40_000)
    await pair.areLinked()
  })

  it('as a reader Ed sees what Olga writes, and what he writes is refused by name', async () => {
    const { olga, ed } = pair
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
    assert.equal((await olga.see(space))?.todos['Milk'], 'Fresh: At least 2 litres, organic, cold')
    await pair.areLinked()
  })

  it('once Olga has removed him, Ed knows, and sees nothing of what she writes then', async () => {
    const { olga, ed } = pair
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
}

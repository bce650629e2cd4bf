/** Who has a link without a code comes in while whoever made it is gone, if some admin is there. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person, type Told } from './person.js'
import { dist, folder } from './site.js'

describe('a link without a code, of Olga, who is gone', () => {
  let server: RunningServer
  let olga: Person
  let ada: Person
  let ed: Person
  let space: string
  let told: Told

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    const page = `${server.url}/apps/alpha/`
    ;[olga, ada, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page),
      Person.with('chromium', 'Ada', page),
      Person.with('firefox', 'Ed', page),
    ])
    space = await olga.createSpace('Kitchen')
    await olga.add(space, 'Eggs', 'a dozen')
    assert.equal(await ada.join(await olga.invite(space, { role: 'admin' })), space)
    told = await olga.invite(space, { code: false })
    assert.equal(told.code, null)
    await olga.run((id) => window.home.getSpace(id)!.synced(), space)
    await olga.leave()
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ada.leave(), ed.leave()])
    await server.close()
  })

  it('lets Ed in by Ada, an admin, and he has what Olga wrote', async () => {
    assert.equal(await ed.join(told), space)
    await ed.sees(space, 'what Olga wrote', ({ todos }) => todos['Eggs'] === 'a dozen')
    await ed.sees(space, 'who is in', ({ members }) => members.length === 3)
  })

  it('lets nobody else in: it was for one', async () => {
    const eve = await Person.with('chromium', 'Eve', `${server.url}/apps/alpha/`)
    assert.equal(await eve.join(told), 'halo/invite-used')
    await eve.leave()
  })
})

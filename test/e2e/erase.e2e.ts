import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { opened, Stage } from './stage.js'
import { rows } from './store.js'

describe('home.erase()', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('removes everything from the browser, tells every tab, and the next visit begins anew', async () => {
    const [alice, bob] = [await stage.tab(), await stage.tab('/apps/beta/')]
    await alice.evaluate(async () => {
      window.home.space.add('secret', { text: 'gone soon' })
      await window.home.space.flush()
      await window.home.erase()
    })
    for (const page of [alice, bob]) {
      const code = await page.evaluate(async () => {
        try {
          window.home.space.add('secret', { text: 'after' })
          await window.home.space.flush()
          return 'written'
        } catch (error) {
          return (error as { code: string }).code
        }
      })
      assert.equal(code, 'store/erased')
    }
    const blank = await stage.blankTab()
    await alice.close()
    await bob.close()
    const databases = await blank.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    for (const name of databases) assert.notEqual(name, 'hearth')

    await blank.goto(`${stage.server.url}/apps/alpha/`)
    await opened(blank)
    const found = await blank.evaluate(async () => {
      const query = window.home.space.query()
      await query.ready
      return query.value.length
    })
    assert.equal(found, 0)
    await blank.evaluate(async () => {
      window.home.space.add('fresh', { n: 1 })
      await window.home.space.flush()
    })
    assert.equal((await rows(blank, 'entries')).length > 0, true)
  })
})

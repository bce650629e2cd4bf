/**
 * A kill can leave half a record at the end of the log that Chromium's IndexedDB lies on. Chromium goes on behind it,
 * finds it in the middle at the opening after that, and empties the database: docs/decisions/0005.
 */
import assert from 'node:assert/strict'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Stage } from './stage.js'

/** A LevelDB record that says it is 300 bytes long, and is 10: checksum, length, type, and what was written of it. */
const half = Buffer.from([1, 2, 3, 4, 44, 1, 1, ...Array<number>(10).fill(7)])

describe('a log that was torn by a kill', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  const write = async (title: string) => {
    const page = await stage.tab()
    await page.evaluate(async (text) => {
      window.home.space.add('kept', { title: text })
      await window.home.space.flush()
    }, title)
  }

  it('costs nothing that was acknowledged, however often the browser is killed after it', async () => {
    await write('before')
    await stage.browser.kill()
    tear(stage.browser.profile)
    for (const title of ['after', 'and again']) {
      await stage.browser.relaunch()
      await write(title)
      await stage.browser.kill()
    }
    await stage.browser.relaunch()
    const page = await stage.tab()
    const found = await page.evaluate(async () => {
      const query = window.home.space.query('kept')
      await query.ready
      return {
        titles: query.value.map((one) => one['title'] as string),
        damage: window.home.status.value.damage,
      }
    })
    assert.deepEqual(found, { titles: ['before', 'after', 'and again'], damage: [] })
  })
})

/** Appends half a record to the newest log of the profile's only database. */
function tear(profile: string): void {
  const root = join(profile, 'Default', 'IndexedDB')
  const folder = readdirSync(root).find((name) => name.endsWith('.indexeddb.leveldb'))
  assert.ok(
    folder,
    'Chromium keeps IndexedDB somewhere else now: is this test, and the rotation, still needed?',
  )
  const logs = readdirSync(join(root, folder)).filter((name) => /^\d+\.log$/.test(name))
  appendFileSync(join(root, folder, logs.sort().at(-1)!), half)
}

/** Rows of a store that are not as they were written, stores that are none, and a clock that jumps. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, mock } from 'node:test'
import { open } from 'lmdb'
import { Database } from './database.js'

const folder = mkdtempSync(join(tmpdir(), 'hearth-damage-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const text = 'what nobody else writes'
const row = [['entry', 'a', 'b', 1], Buffer.from(text)] as const

describe('a store of replicas', () => {
  it('gives nothing out that is not as it was written, and all else', async () => {
    const path = join(folder, 'changed')
    const before = new Database(path)
    await before.write([
      [[...row[0]], row[1]],
      [['entry', 'a', 'b', 2], Buffer.from('the next')],
    ])
    await before.close()
    const file = join(path, 'data.mdb')
    const bytes = readFileSync(file)
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) bytes[at]! ^= 1
    writeFileSync(file, bytes)
    const database = new Database(path)
    assert.equal(database.aside, join(path, 'damaged-1.mdb'))
    assert.equal(database.get([...row[0]]), undefined)
    assert.deepEqual(
      database.rows(['entry', 'a', 'b']).map(({ key }) => key[3]),
      [2],
    )
    await database.close()
  })

  it('that is none is set aside, and another one begun', async () => {
    const path = join(folder, 'none')
    await new Database(path).close()
    writeFileSync(join(path, 'data.mdb'), crypto.getRandomValues(new Uint8Array(60_000)))
    const database = new Database(path)
    assert.equal(database.aside, join(path, 'damaged-1.mdb'))
    await database.write([[[...row[0]], row[1]]])
    await database.close()
    assert.ok(readdirSync(path).includes('damaged-1.mdb'))
    const again = new Database(path)
    assert.equal(again.aside, undefined)
    assert.deepEqual(again.get([...row[0]]), new Uint8Array(row[1]))
    await again.close()
  })

  it('of the first layout, without sums, is set aside', async () => {
    const path = join(folder, 'first')
    mkdirSync(path)
    const first = open({ path, encoding: 'binary' })
    first.putSync(['v'], Uint8Array.of(1))
    first.putSync([...row[0]], row[1])
    await first.close()
    const database = new Database(path)
    assert.equal(database.aside, join(path, 'damaged-1.mdb'))
    assert.equal(database.get([...row[0]]), undefined)
    await database.close()
  })

  it('is the same when the clock jumps by ten years, to and fro', async () => {
    const path = join(folder, 'clock')
    const year = 365 * 24 * 3_600_000
    const now = Date.now()
    for (const [n, years] of [0, 10, -10, 0].entries()) {
      mock.timers.enable({ apis: ['Date'], now: Math.max(0, now + years * year) })
      const database = new Database(path)
      assert.equal(database.aside, undefined)
      await database.write([[['entry', 'a', 'b', n + 1], Buffer.from(text)]])
      assert.equal(database.rows(['entry', 'a', 'b']).length, n + 1)
      await database.close()
      mock.timers.reset()
    }
  })
})

/** A replica is open once, whoever comes and goes. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Database } from './database.js'
import { Keeper } from './keeper.js'
import type { Visit } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'hearth-keeper-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const [ref, access] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const olga = { key: 'olga', isAllowed: true }

describe('a KUBE of which two devices want the same space at once', () => {
  it('has it open once, though the first leaves as soon as it is there', async () => {
    const keeper = new Keeper(new Database(folder))
    const [one, two, three] = [{}, {}, {}] as [Visit, Visit, Visit]
    const first = keeper.open(ref, access, true, olga, one)
    const second = keeper.open(ref, access, false, olga, two)
    keeper.left((await first)!, one)
    const open = (await second)!
    assert.deepEqual([...open.visits], [two])
    assert.equal(await keeper.open(ref, access, false, olga, three), open)
    keeper.left(open, two)
    keeper.left(open, three)
    assert.notEqual(await keeper.open(ref, access, false, olga, one), open)
    await keeper.close()
  })

  it('has it open once, though who has it leaves while another one asks', async () => {
    const keeper = new Keeper(new Database(folder))
    const [one, two, three] = [{}, {}, {}] as [Visit, Visit, Visit]
    const open = (await keeper.open(ref, access, true, olga, one))!
    const second = keeper.open(ref, access, false, olga, two)
    keeper.left(open, one)
    const again = (await second)!
    assert.deepEqual([...again.visits], [two])
    assert.equal(await keeper.open(ref, access, false, olga, three), again)
    await keeper.close()
  })
})

/** A text is typed for long: who comes in need not go through all of it, and a space that keeps no history need not have it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** More than a checkpoint is made after. */
const EDITS = 1_200
/** Entries that were written since one was made, and those of the membership of a space. */
const FEW = 40
/** It is made when it is quiet. */
const MADE_MS = 30_000

describe('Olga, who types a text of 1,200 edits into a space that a KUBE keeps', () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-checkpoints-'))
  let server: RunningServer
  let page: string
  let olga: Person
  let ed: Person
  let space: string

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')], data })
    page = `${server.url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page),
      Person.with('chromium', 'Ed', page),
    ])
    space = await olga.createSpace('Diary')
    await olga.add(space, 'Monday', '')
    await olga.run((id) => window.home.getSpace(id)!.addHost(), space)
    await olga.run(
      async ({ space, edits }) => {
        const one = window.home.getSpace(space)!
        const todos = one.query('todo')
        await todos.ready
        for (let n = 0; n < edits; n++) {
          hearth.splice(todos.value[0]!, 'notes', n, 0, 'abcdefgh '[n % 9]!)
          await one.flush()
        }
      },
      { space, edits: EDITS },
    )
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
    rmSync(data, { recursive: true, force: true })
  })

  const keysOf = (person: Person, table: string) =>
    person.run(
      (table) =>
        new Promise<unknown[][]>((resolve, reject) => {
          const opening = indexedDB.open('hearth')
          opening.onerror = () => reject(opening.error)
          opening.onsuccess = () => {
            const asked = opening.result.transaction(table).objectStore(table).getAllKeys()
            asked.onsuccess = () => {
              opening.result.close()
              resolve(asked.result as unknown[][])
            }
          }
        }),
      table,
    )
  const entriesOf = async (person: Person) =>
    (await keysOf(person, 'entries')).filter(([of]) => of === space).length
  const usedAtTheKube = () =>
    olga.run((id) => window.home.getSpace(id)!.hosts.value[0]?.usedBytes ?? 0, space)
  const hasAll = (person: Person) =>
    person.sees(space, 'all of the text', ({ todos }) => todos['Monday']?.length === EDITS)

  it('Ed comes in, and has all of the text without its entries', async () => {
    await until(
      'a checkpoint to be made',
      async () => (await keysOf(olga, 'checkpoints')).some(([of]) => of === space),
      MADE_MS,
    )
    await ed.join(await olga.invite(space))
    await hasAll(ed)
    assert.ok((await entriesOf(ed)) < FEW, `${await entriesOf(ed)} entries`)
    assert.equal(await ed.type(space, 'Monday', 0, 'Dear diary, '), 'done')
    await olga.sees(space, 'what Ed wrote', ({ todos }) => todos['Monday']!.startsWith('Dear diary, abc'))
  })

  it('only an admin has the history dropped; then it goes from her device, and from the KUBE', async () => {
    const keep = (person: Person, keep?: boolean) =>
      person.run(
        ({ space, keep }) =>
          window.home
            .getSpace(space)!
            .keepHistory(keep)
            .catch((e: { code: string }) => e.code),
        { space, keep },
      )
    assert.equal(await keep(ed, false), 'halo/not-allowed')
    assert.equal(await keep(olga), true)
    const before = await until('the KUBE to say how much it has', usedAtTheKube)
    assert.equal(await keep(olga, false), false)
    await until('entries to go', async () => (await entriesOf(olga)) < FEW, MADE_MS)
    await until('the KUBE to have less', async () => (await usedAtTheKube()) < before / 4, MADE_MS)
    console.log(`    the KUBE keeps ${await usedAtTheKube()} bytes instead of ${before}`)
    await until('Ed to know', async () => (await keep(ed)) === false)
  })

  it('who has lost every device has all of it back with the words', async () => {
    const shell = await olga.visit(server.url)
    const words = await shell.evaluate(async () => (await hearth.open()).recoveryPhrase(), undefined)
    await shell.close()
    const state = () => olga.run(() => window.home.space.hosts.value[0]?.recovers ?? false, undefined)
    await until('the words to lead there', state, MADE_MS)
    await Promise.all([olga.leave(), ed.leave()])
    olga = await Person.with('chromium', 'Olga', page)
    await olga.run(async (words) => void (await window.home.recover(words)), words)
    await olga.sees(
      space,
      'all of the text',
      ({ todos }) => todos['Monday']?.startsWith('Dear diary, abc') ?? false,
    )
    assert.ok((await entriesOf(olga)) < FEW, `${await entriesOf(olga)} entries`)
    assert.equal(await olga.type(space, 'Monday', 0, 'Back: '), 'done')
  })
})

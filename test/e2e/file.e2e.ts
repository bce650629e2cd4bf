/** A space goes to a file in one browser, and comes from it in another one. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import type { Page } from 'playwright-core'
import type { EngineName } from '../engines/engine.js'
import { Browser } from './browser.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { Stage } from './stage.js'

/** More than goes into one part. */
const TODOS = 3_000

/** As a person would carry it from one machine to another. */
const exported = (person: Person, space: string): Promise<string> =>
  person.run(async (id) => {
    const file = await window.home.getSpace(id)!.export()
    const reader = new FileReader()
    const read = new Promise((resolve) => (reader.onload = resolve))
    reader.readAsDataURL(file)
    await read
    return reader.result as string
  }, space)

/** @returns the space's id, or the code of why not */
const imported = (person: Person, url: string, copy = false): Promise<string> =>
  person.run(
    async ({ url, copy }) => {
      const [, text] = url.split(',') as [string, string]
      const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0))
      try {
        return (await window.home.import(new Blob([bytes]), { copy })).id as string
      } catch (e) {
        return (e as { code?: string }).code ?? String(e)
      }
    },
    { url, copy },
  )

const sightOf = (person: Person, space: string) =>
  person.run(async (id) => {
    const one = window.home.getSpace(id)!
    const todos = one.query('todo')
    await todos.ready
    const [first] = todos.value
    const linked = first && (first['next'] as { title?: string } | null)
    return { name: one.name, role: one.role, count: todos.value.length, next: linked?.title }
  }, space)

const pairs: readonly (readonly [EngineName, EngineName])[] = [
  ['chromium', 'chromium'],
  ['firefox', 'webkit'],
]
for (const [from, to] of pairs)
  describe(`a space that Olga exports in ${from}, and Eve imports in ${to}`, () => {
    let server: RunningServer
    let olga: Person
    let eve: Person
    let space: string
    let file: string

    before(async () => {
      server = await startServer({ dist, apps: [folder('pages/alpha')] })
      const page = `${server.url}/apps/alpha/`
      ;[olga, eve] = await Promise.all([Person.with(from, 'Olga', page), Person.with(to, 'Eve', page)])
      space = await olga.createSpace('Kitchen')
      await olga.run(
        ({ id, most }) => {
          const one = window.home.getSpace(id)!
          const eggs = one.add<Record<string, unknown>>('todo', { title: 'Eggs' })
          one.batch(() => {
            for (let n = 1; n < most; n++) one.add('todo', { title: `Todo ${n}`, notes: hearth.text('…') })
          })
          eggs['next'] = one.add('todo', { title: 'Milk' })
        },
        { id: space, most: TODOS },
      )
    })
    after(async () => {
      await Promise.allSettled([olga.leave(), eve.leave()])
      await server.close()
    })

    it('holds what was just written, without waiting for it to be saved', async () => {
      file = await exported(olga, space)
      assert.match(file, /^data:application\/x-hearth-space;/)
    })

    it('is a space of hers, with all of it, which she can write in', async () => {
      const copy = await imported(eve, file)
      const expected = { name: 'Kitchen', role: 'owner', count: TODOS + 1, next: 'Milk' }
      assert.deepEqual(await sightOf(eve, copy), expected)
      await eve.add(copy, 'Bread', '')
      await eve.again()
      assert.deepEqual(await sightOf(eve, copy), { ...expected, count: TODOS + 2 })
    })

    it('is the same space to Olga, and another one if she wants a copy', async () => {
      assert.equal(await imported(olga, file), space)
      const copy = await imported(olga, file, true)
      assert.notEqual(copy, space)
      assert.equal((await sightOf(olga, copy)).count, TODOS + 1)
    })

    it('is refused when it is damaged, or none, and she is told so', async () => {
      assert.equal(await imported(eve, `${file.slice(0, file.indexOf(',') + 4_001)}`), 'echo/import-damaged')
      assert.equal(await imported(eve, `data:;base64,${btoa('a letter')}`), 'echo/import-unknown')
      assert.deepEqual(eve.failures, [])
    })
  })

describe('on Hearth’s own page', () => {
  let stage: Stage
  let eves: Browser
  before(async () => {
    stage = await Stage.set()
    eves = await Browser.launch()
  })
  after(async () => {
    await eves.close()
    await stage.end()
  })

  it('Olga saves a space to a file, and Eve opens it, and is told what is wrong with another one', async () => {
    const olga = await stage.browser.newTab(`${stage.server.url}/`)
    await olga.getByRole('button', { name: 'New shared space' }).click()
    await olga.getByLabel('Name of the space').fill('Kitchen: 1/2')
    await olga.keyboard.press('Enter')
    // It asks whom to invite; nobody, so far.
    await olga.getByRole('dialog').getByRole('button', { name: 'Make invitation' }).waitFor()
    await olga.keyboard.press('Escape')
    const saving = olga.waitForEvent('download')
    await olga.getByRole('button', { name: 'Save Kitchen: 1/2 to a file' }).click()
    const download = await saving
    assert.equal(download.suggestedFilename(), 'Kitchen 1 2.hearth')
    await olga.getByText('Whoever has that file can read it').waitFor()
    const path = await download.path()
    const eve = await eves.newTab(`${stage.server.url}/`)
    await eve.getByLabel('Open a file…').setInputFiles(path)
    await eve.getByText('“Kitchen: 1/2” is here, as a space of your own.').waitFor()
    await eve.getByLabel('Open a file…').setInputFiles({
      ...{ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('a letter') },
    })
    await eve.getByRole('alert').getByText('This is not a file that Hearth wrote').waitFor()
    assert.deepEqual(eves.errors, [])
  })

  it('Olga, who has lost every device, has that very space back with the file and her words', async () => {
    const olga = await stage.browser.newTab(`${stage.server.url}/`)
    const wordsOf = (page: Page) => page.evaluate(async () => (await hearth.open()).recoveryPhrase())
    const spacesOf = (page: Page) =>
      page.evaluate(async () => (await hearth.open()).spaces.value.map(({ id }) => id as string))
    const saving = olga.waitForEvent('download')
    await olga.getByRole('button', { name: 'Save Kitchen: 1/2 to a file' }).click()
    const path = await (await saving).path()
    const [words, ids] = [await wordsOf(olga), await spacesOf(olga)]
    const others = await Browser.launch()
    try {
      const back = await others.newTab(`${stage.server.url}/`)
      const own = await wordsOf(back)
      await back.getByRole('button', { name: 'Get everything back…' }).click()
      const dialog = back.getByRole('dialog')
      await dialog.getByLabel('Your 24 recovery words').fill(own)
      await dialog.getByRole('radio', { name: 'A file' }).check()
      await dialog.getByLabel('File that you saved of a space').setInputFiles(path)
      await dialog.getByRole('button', { name: 'Recover' }).click()
      await dialog.getByText('This file leads nowhere by these words').waitFor()
      await dialog.getByLabel('Your 24 recovery words').fill(words)
      await dialog.getByRole('button', { name: /^(Recover|Try again)$/ }).click()
      await dialog.getByText('Welcome back').waitFor()
      await dialog.getByText('Kitchen: 1/2').waitFor()
      await dialog.getByRole('button', { name: 'Done' }).click()
      for (const id of ids) assert.ok((await spacesOf(back)).includes(id))
      assert.equal(await wordsOf(back), words)
    } finally {
      await others.close()
    }
    assert.deepEqual(others.errors, [])
  })
})

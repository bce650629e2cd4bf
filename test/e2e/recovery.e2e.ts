/** Ann loses every device, and has everything back from a KUBE with her 24 words; also on a device that has something already. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import type { EnginePage } from '../engines/engine.js'
import { leave } from './pair.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

const hostsOf = (person: Person, space: string | undefined) =>
  person.run((id) => {
    const { home } = window
    return (id === undefined ? home.space : home.getSpace(id)!).hosts.value
  }, space)

const wordsOf = async (person: Person, shell: string): Promise<string> => {
  const page = await person.visit(shell)
  const words = await page.evaluate(async () => (await hearth.open()).recoveryPhrase(), undefined)
  await page.close()
  return words
}

/** @returns how it ended: `done`, or the code of why not */
const recover = (person: Person, words: string, kube?: string | string[]): Promise<string> =>
  person.run(
    async ({ words, kube }) => {
      const states: string[] = []
      try {
        const { id } = await window.home.recover(words, {
          ...(kube !== undefined && { kube }),
          onState: ({ at }) => void states.push(at),
        })
        return id === window.home.space.id ? (states.at(-1) ?? 'silence') : 'another space'
      } catch (e) {
        return (e as { code?: string }).code ?? String(e)
      }
    },
    { words, kube },
  )

const whoIs = (person: Person) =>
  person.run(
    () => ({ id: window.home.identity.value.id as string, name: window.home.identity.value.displayName }),
    undefined,
  )

describe('Ann, who shares with Ben and loses every device', () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-recovery-'))
  let server: RunningServer
  let page: string
  let ann: Person
  let ben: Person
  let own: string
  let shared: string
  let words: string
  let identity: string

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')], data })
    page = `${server.url}/apps/alpha/`
    ;[ann, ben] = await Promise.all([
      Person.with('chromium', 'Ann', page),
      Person.with('chromium', 'Ben', page),
    ])
  })
  after(async () => {
    await leave([ann, ben], server)
    rmSync(data, { recursive: true, force: true })
  })

  it('has a server keep her two spaces, and with them what the words lead to', async () => {
    words = await wordsOf(ann, `${server.url}/`)
    identity = (await whoIs(ann)).id
    own = await ann.createSpace('Diary')
    shared = await ann.createSpace('Kitchen')
    await ann.add(own, 'Monday', 'rain')
    await ann.add(shared, 'Milk', '2 litres')
    for (const space of [own, shared]) await ann.run((id) => window.home.getSpace(id)!.addHost(), space)
    await ben.join(await ann.invite(shared))
    await ben.add(shared, 'Bread', 'rye')
    await ann.sees(shared, 'the bread', ({ todos }) => 'Bread' in todos)
    const isKept = async (space?: string) =>
      (await hostsOf(ann, space)).map(({ state }) => state).join() === 'kept'
    await until(
      'all to be kept',
      async () => (await isKept(own)) && (await isKept(shared)) && isKept(),
      10_000,
    )
    await until(
      'the words to lead there',
      async () => (await hostsOf(ann, undefined))[0]?.recovers === true,
      5_000,
    )
  })

  it('has both back on a new device, writes there, and Ben sees it', async () => {
    await ann.leave()
    ann = await Person.with('chromium', 'Somebody new', page)
    const since = Date.now()
    assert.equal(await recover(ann, words), 'done')
    console.log(`    everything was back after ${Date.now() - since} ms`)
    assert.deepEqual(await whoIs(ann), { id: identity, name: 'Ann' })
    assert.deepEqual((await ann.see(own))?.todos, { Monday: 'rain' })
    const kitchen = await ann.see(shared)
    assert.deepEqual(kitchen?.todos, { Milk: '2 litres', Bread: 'rye' })
    assert.deepEqual([kitchen?.role, kitchen?.members], ['owner', ['Ann: owner', 'Ben: editor']])
    await ann.add(own, 'Tuesday', 'sun')
    await ann.add(shared, 'Salt', '')
    await ben.sees(shared, 'what she writes', ({ todos }) => 'Salt' in todos)
    assert.equal(await wordsOf(ann, `${server.url}/`), words)
  })

  it('has them also on a device that has something, which stays, and is theirs from then on', async () => {
    const other = await Person.with('chromium', 'Somebody', page)
    try {
      const garden = await other.createSpace('Garden')
      await other.add(garden, 'Rose', 'red')
      const former = await other.run(() => window.home.space.id as string, undefined)
      await other.add(former, 'Note', 'of before')
      assert.equal(await recover(other, words, [server.url]), 'done')
      assert.deepEqual(await whoIs(other), { id: identity, name: 'Ann' })
      assert.deepEqual((await other.see(garden))?.todos, { Rose: 'red' })
      assert.deepEqual((await other.see(garden))?.members, ['Ann: owner'])
      assert.deepEqual((await other.see(former))?.todos, { Note: 'of before' })
      await other.sees(own, 'the diary', ({ todos }) => 'Tuesday' in todos)
      await ann.sees(garden, 'the garden', ({ todos }) => 'Rose' in todos)
    } finally {
      await other.leave()
    }
  })

  it('is told what is wrong: with a word, with an address, or that nothing is kept for them', async () => {
    const other = await Person.with('chromium', 'Somebody', page)
    try {
      const { id } = await whoIs(other)
      const nobodys = await wordsOf(other, `${server.url}/`)
      assert.equal(await recover(other, words.replace(/^\w+/, 'sentinel')), 'halo/recovery-word')
      assert.equal(await recover(other, words, 'nowhere'), 'echo/invalid')
      assert.equal(await recover(other, nobodys), 'halo/nothing-to-recover')
      assert.equal((await whoIs(other)).id, id)
    } finally {
      await other.leave()
    }
  })
})

describe('Ann, whose phone is lost and whose laptop is on, where the server keeps nothing', () => {
  let server: RunningServer
  let page: string
  let laptop: Person
  let phone: Person | undefined
  let diary: string
  let kitchen: string

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    page = `${server.url}/apps/alpha/`
    laptop = await Person.with('chromium', 'Ann', page)
  })
  after(() => leave([laptop, ...(phone ? [phone] : [])], server))

  it('has both spaces on a new phone by her words, and writes there; the laptop sees it', async () => {
    diary = await laptop.createSpace('Diary')
    kitchen = await laptop.createSpace('Kitchen')
    await laptop.add(diary, 'Monday', 'rain')
    await laptop.add(kitchen, 'Milk', '2 litres')
    const words = await wordsOf(laptop, `${server.url}/`)
    // Before that, it is connected with nobody.
    await laptop.invite(kitchen)
    phone = await Person.with('chromium', 'Somebody new', page)
    const since = Date.now()
    assert.equal(await recover(phone, words), 'done')
    console.log(`    everything was back after ${Date.now() - since} ms`)
    assert.deepEqual(await whoIs(phone), { id: (await whoIs(laptop)).id, name: 'Ann' })
    assert.deepEqual((await phone.see(diary))?.todos, { Monday: 'rain' })
    assert.deepEqual((await phone.see(kitchen))?.todos, { Milk: '2 litres' })
    assert.equal((await phone.see(kitchen))?.role, 'owner')
    await phone.add(diary, 'Tuesday', 'sun')
    await phone.add(kitchen, 'Salt', '')
    await laptop.sees(diary, 'Tuesday', ({ todos }) => todos['Tuesday'] === 'sun')
    await laptop.sees(kitchen, 'the salt', ({ todos }) => 'Salt' in todos)
    await laptop.add(kitchen, 'Bread', 'rye')
    await phone.sees(kitchen, 'the bread', ({ todos }) => todos['Bread'] === 'rye')
    assert.equal(await wordsOf(phone, `${server.url}/`), words)
  })

  it('is told to open Hearth on another device, while none is on', async () => {
    const words = await wordsOf(laptop, `${server.url}/`)
    await laptop.leave()
    await phone!.leave()
    ;[laptop, phone] = [await Person.with('chromium', 'Somebody', page), undefined]
    assert.equal(await recover(laptop, words), 'halo/nothing-to-recover')
  })
})

describe('somebody on Hearth’s own page', () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-recovery-page-'))
  let server: RunningServer
  let first: Person
  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')], data })
    first = await Person.with('chromium', 'Ann', `${server.url}/apps/alpha/`)
  })
  after(async () => {
    await leave([first], server)
    rmSync(data, { recursive: true, force: true })
  })

  /** Clicks what has this text, or name. */
  const click = (page: EnginePage, selector: string) =>
    page.evaluate((selector) => document.querySelector<HTMLElement>(selector)!.click(), selector)
  const sees = (page: EnginePage, what: string, selector: string, pattern: string) =>
    until(
      what,
      () =>
        page.evaluate(
          ({ selector, pattern }) => {
            const { textContent = '' } = document.querySelector(selector) ?? {}
            return new RegExp(pattern).test(textContent!.replace(/\s+/g, ' '))
          },
          { selector, pattern },
        ),
      15_000,
    )

  it('switches on that everything is kept, and gets it back on another device with the words', async () => {
    const space = await first.createSpace('Diary')
    await first.add(space, 'Monday', 'rain')
    const words = await wordsOf(first, `${server.url}/`)
    const shell = await first.visit(`${server.url}/`)
    await sees(shell, 'that nothing is kept', '#safety [role=status]', 'Nothing leaves this device')
    await click(shell, '#safety [role=switch][aria-label="Keep my data safe"]')
    await sees(shell, 'that all is', '#safety .rows', 'Personal Kept safe.*Diary Kept safe')
    await sees(shell, 'that the words lead there', '#safety [role=status]', 'Everything of yours is kept')
    await first.leave()

    first = await Person.with('chromium', 'Nobody', `${server.url}/apps/alpha/`)
    const page = await first.visit(`${server.url}/`)
    await sees(page, 'the way back', '#safety', 'Get everything back')
    await click(page, '#safety .section-head button')
    const enter = (words: string) =>
      page.evaluate((words) => {
        const field = document.querySelector<HTMLTextAreaElement>('#recover [name=words]')!
        field.value = words
        field.dispatchEvent(new Event('input', { bubbles: true }))
        field.form!.requestSubmit()
      }, words)
    await enter(words.replace(/^\w+/, 'sentinel'))
    await sees(page, 'what is wrong', '#recover [role=alert]', 'Word 1 is not a recovery word')
    await enter(words)
    await sees(page, 'what is back', '#recover', 'Welcome back, Ann.*Diary')
    await first.sees(space, 'Monday', ({ todos }) => todos['Monday'] === 'rain')
  })
})

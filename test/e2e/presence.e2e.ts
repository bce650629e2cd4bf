/** Who is where, and what is said and not stored: among tabs of one device, and with another one. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** Who sees whom at a place, by what each of them has said. */
function others(person: Person, space: string): Promise<string[]> {
  return person.run(async (id) => {
    const presence = window.home.getSpace(id)!.presence<string>('list')
    await presence.others.ready
    return presence.others.value.map(({ displayName, value }) => `${displayName} at ${value}`).sort()
  }, space)
}

/** Ed sees that somebody is there no more, and it is said how soon. */
async function isGone(what: string, is: () => Promise<boolean>, ms: number): Promise<void> {
  const since = Date.now()
  await until(`${what} to be gone for Ed`, is, ms)
  console.log(`    ${what} was gone for Ed after ${Date.now() - since} ms`)
}

const isAt = (person: Person, space: string, value: string | null) =>
  person.run(({ space, value }) => window.home.getSpace(space)!.presence('list').set(value), { space, value })

describe('Olga with two tabs, and Ed', () => {
  let server: RunningServer
  let olga: Person
  let ed: Person
  let space: string
  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    const page = `${server.url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.withHiddenTabs('Olga', page),
      Person.with('chromium', 'Ed', page),
    ])
    space = await olga.createSpace('Kitchen')
    await ed.join(await olga.invite(space))
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
  })

  it('see where the others are, and not themselves', async () => {
    await isAt(olga, space, 'the top')
    await isAt(ed, space, 'the end')
    await until('Ed to see Olga', async () => (await others(ed, space)).join() === 'Olga at the top')
    await until('Olga to see Ed', async () => (await others(olga, space)).join() === 'Ed at the end')
    const tab = await olga.tab()
    await isAt(tab, space, 'the middle')
    const both = 'Olga at the middle,Olga at the top'
    await until('Ed to see both', async () => (await others(ed, space)).join() === both)
    await until(
      'each tab to see the other',
      async () => (await others(tab, space)).join() === 'Ed at the end,Olga at the top',
    )
    await tab.closeTab()
    await isGone('a closed tab', async () => (await others(ed, space)).length === 1, 2_000)
  })

  it('of a tab that crashes the others know within 2 s', async () => {
    const tab = await olga.tab()
    await isAt(tab, space, 'the brink')
    await until('Ed to see it', async () => (await others(ed, space)).includes('Olga at the brink'))
    await tab.crashTab()
    await isGone('a crashed tab', async () => !(await others(ed, space)).includes('Olga at the brink'), 2_000)
  })

  it('of a tab that stands still the others know within 10 s, and see it again when it goes on', async () => {
    const tab = await olga.tab()
    await isAt(tab, space, 'rest')
    const isThere = async () => (await others(ed, space)).includes('Olga at rest')
    await until('Ed to see it', isThere)
    const thaw = await tab.freezeTab()
    await isGone('a frozen tab', async () => !(await isThere()), 10_500)
    await thaw()
    await until('Ed to see it again', isThere)
    await tab.closeTab()
  })

  it('of a browser that is killed the others know at once', async () => {
    const carol = await Person.with('chromium', 'Carol', `${server.url}/apps/alpha/`)
    await carol.join(await olga.invite(space))
    await isAt(carol, space, 'home')
    await until('Ed to see her', async () => (await others(ed, space)).includes('Carol at home'))
    await carol.leave()
    await isGone('a killed browser', async () => !(await others(ed, space)).includes('Carol at home'), 2_000)
  })

  it('hear what is said on a channel, in order, and nobody else does', async () => {
    const listen = (person: Person, name: string) =>
      person.run(
        ({ space, name }) => {
          const heard: string[] = []
          Object.assign(window, { heard })
          window.home
            .getSpace(space)!
            .channel<number>(name)
            .subscribe(({ displayName, value }) => heard.push(`${displayName}: ${value}`))
        },
        { space, name },
      )
    const heard = (person: Person) =>
      person.run(() => (window as { heard?: string[] }).heard ?? [], undefined)
    await listen(ed, 'chat')
    const tab = await olga.tab()
    await listen(tab, 'other')
    // That somebody listens is known to the worker with the next answer.
    await ed.run(() => window.home.getSpace, undefined)
    await olga.run(async (id) => {
      const chat = window.home.getSpace(id)!.channel<number>('chat')
      for (let n = 0; n < 20; n++) await chat.send(n)
    }, space)
    const all = Array.from({ length: 20 }, (_, n) => `Olga: ${n}`)
    await until('Ed to hear all', async () => (await heard(ed)).length >= 20)
    assert.deepEqual(await heard(ed), all)
    assert.deepEqual(await heard(tab), [])
    await tab.closeTab()
  })

  it('are told by name what is too large, or no value', async () => {
    const refusal = (value: unknown) =>
      olga.run(
        async ({ space, value }) => {
          try {
            await window.home.getSpace(space)!.channel('chat').send(value)
            return 'sent'
          } catch (e) {
            return (e as { code?: string }).code
          }
        },
        { space, value },
      )
    assert.equal(await refusal('x'.repeat(20_000)), 'mesh/too-large')
    assert.equal(await refusal(undefined), 'echo/invalid')
    assert.equal(await refusal('short'), 'sent')
  })
})

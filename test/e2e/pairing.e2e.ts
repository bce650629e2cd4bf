/** A person with two devices: the second one comes into the identity of the first, with all that it has. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

const identityOf = (person: Person) => person.run(() => window.home.identity.value.id as string, undefined)
const spacesOf = (person: Person) =>
  person.run(() => window.home.spaces.value.map(({ id, name }) => ({ id: id as string, name })), undefined)
const titles = (person: Person) =>
  person.run(async () => {
    const todos = window.home.query('todo')
    await todos.ready
    return todos.value.map((todo) => todo['title'] as string).sort()
  }, undefined)

describe('Olga, with a computer and a phone that both have data', () => {
  let server: RunningServer
  let computer: Person
  let phone: Person
  let kitchen: string
  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    const page = `${server.url}/apps/alpha/`
    ;[computer, phone] = await Promise.all([
      Person.with('chromium', 'Olga', page),
      Person.with('chromium', 'Olga’s phone', page),
    ])
    kitchen = await computer.createSpace('Kitchen')
    await computer.add(kitchen, 'Milk', '2 litres')
    const personal = (await spacesOf(computer))[0]!.id
    await computer.add(personal, 'Diary', 'of the computer')
  })
  after(async () => {
    await Promise.allSettled([computer.leave(), phone.leave()])
    await server.close()
    assert.deepEqual([...computer.failures, ...phone.failures], [])
  })

  it('the phone joins her identity by a link and a code, and has what the computer has', async () => {
    const garden = await phone.createSpace('Garden')
    await phone.add(garden, 'Rake', '')
    await phone.add((await spacesOf(phone))[0]!.id, 'Note', 'of the phone')
    const told = await computer.invite()
    const personal = await phone.join(told)
    assert.equal(personal, (await spacesOf(computer))[0]!.id)
    assert.equal(await identityOf(phone), await identityOf(computer))
    const all = 'Diary,Milk,Note,Rake'
    await until('the phone to show all', async () => (await titles(phone)).join() === all, 20_000)
  })

  it('what the phone had before is still there, and what it shared is on the computer, too', async () => {
    await until(
      'the garden to be on the computer',
      async () => (await titles(computer)).includes('Rake'),
      20_000,
    )
    const names = (await spacesOf(phone)).map(({ name }) => name)
    assert.ok(names.includes('Garden') && names.includes('Kitchen'), names.join())
    const devices = await computer.run(async () => {
      await window.home.devices.ready
      const there = window.home.devices.value.filter(({ revoked }) => !revoked)
      return there.map(({ current, lastSeen }) => ({ current, ago: Date.now() - (lastSeen ?? 0) }))
    }, undefined)
    assert.deepEqual(devices.map(({ current }) => current).sort(), [false, true])
    for (const { ago } of devices) assert.ok(ago < 60_000, `last seen ${ago} ms ago`)
  })

  it('what is written on one is on the other, also in a space that is made afterwards', async () => {
    await phone.add(kitchen, 'Bread', '')
    const attic = await computer.createSpace('Attic')
    await computer.add(attic, 'Box', '')
    await until('the phone to have the attic', async () => (await titles(phone)).includes('Box'), 20_000)
    await phone.add(attic, 'Trunk', '')
    for (const device of [computer, phone])
      await until(
        device === computer ? 'the computer to have both' : 'the phone to have both',
        async () => {
          const all = await titles(device)
          return all.includes('Bread') && all.includes('Trunk')
        },
        20_000,
      )
  })

  it('a change on one is told on the other as that of her other device', async () => {
    for (const device of [computer, phone]) await device.listen(kitchen, 'Milk')
    await phone.assign(kitchen, 'Milk', 'bought')
    assert.deepEqual(await computer.heard('bought'), ['device', await phone.device()])
    assert.deepEqual(await phone.heard('bought'), ['here', await phone.device()])
  })

  it('a phone that is revoked gets nothing any more', async () => {
    const device = await phone.device()
    await computer.run((id) => window.home.revokeDevice(id), device)
    await computer.add(kitchen, 'Secret', '')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    assert.ok(!(await titles(phone)).includes('Secret'))
  })
})

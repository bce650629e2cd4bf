/** Invitations without a code: who has the link comes in while whoever invited is away, if some admin is there. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { turns, until } from '../test/attacks/mallory/clock.js'
import { World, type Person } from '../test/attacks/mallory/world.js'
import type { SpaceId } from './protocol/ids.js'
import type { Role } from './protocol/facts.js'
import type { InvitationInfo } from './protocol/session-api.js'

/** Alice has a space, and others are in it with these roles; all are online and have met. */
async function kitchen(...roles: Role[]) {
  const world = new World()
  const { people, space } = await world.sharing(roles)
  for (const one of people) await one.online()
  await level(space, people[0]!, ...people.slice(1))
  const [alice, ...others] = people as [Person, ...Person[]]
  const invite = (more: object = {}) =>
    alice.invitations.make({
      ...({ space, role: 'editor', uses: 1, expiresMs: 3600_000, code: false, kube: null } as const),
      ...more,
    })
  return { world, alice, others, space, invite, [Symbol.dispose]: () => world[Symbol.dispose]() }
}

const headsOf = ({ halo }: Person, space: SpaceId) => halo.get(space)!.heads.join()
const level = (space: SpaceId, first: Person, ...others: Person[]) =>
  until('told who is in', () => others.every((one) => headsOf(one, space) === headsOf(first, space)))

let joins = 0
/** @returns a code, or `in` */
async function follow(world: World, guest: Person, { link }: InvitationInfo): Promise<string> {
  const id = `join ${++joins}`
  let result = ''
  if (!guest.opened) await guest.online()
  guest.invitations.join(id, link, undefined)
  guest.joins.joined(id).then(
    () => (result = 'in'),
    (e: { code: string }) => (result = e.code),
  )
  for (let n = 0; n < 400 && result === ''; n++) {
    await turns(5)
    if (n > 60) await world.clock.pass(1_000)
  }
  return result
}

const goes = ({ planes }: Person) => planes.network.stop()
const nameOf = ({ identity }: Person) => identity

describe('an invitation without a code', () => {
  it('is answered by another admin when whoever made it is away, and what is in the space is there', async () => {
    using all = await kitchen('admin')
    const { world, alice, others, space, invite } = all
    const [ada] = others as [Person]
    const note = await alice.write(space, 'Eggs')
    const invitation = await invite()
    await level(space, alice, ada)
    await until('replicated', () => ada.has(note))
    goes(alice)
    const bob = await world.person()
    assert.equal(await follow(world, bob, invitation), 'in')
    await until('read', () => bob.has(note))
    const back = await alice.again()
    await until('told', () => back.halo.get(space)!.members.length === 3)
    assert.equal(back.invitations.stateOf(invitation.id)!.at, 'done')
    assert.equal(await follow(world, await world.person(), invitation), 'halo/invite-used')
  })

  it('is answered by an admin who was away when it was made, and was started again since', async () => {
    using all = await kitchen('admin', 'reader')
    const { world, alice, others, space, invite } = all
    const [ada, rob] = others as [Person, Person]
    goes(ada)
    const invitation = await invite()
    await level(space, alice, rob)
    goes(alice)
    // Whoever only reads has told it.
    const back = await ada.again()
    await until('told', () => headsOf(back, space) === headsOf(rob, space))
    assert.equal(await follow(world, await world.person(), invitation), 'in')
  })

  it('is answered by nobody who may not let others in', async () => {
    using all = await kitchen('editor')
    const { world, alice, others, space, invite } = all
    const invitation = await invite()
    await level(space, alice, others[0]!)
    goes(alice)
    assert.equal(await follow(world, await world.person(), invitation), 'halo/host-away')
  })

  it('of an owner for an owner is not answered by an admin', async () => {
    using all = await kitchen('admin')
    const { world, alice, others, space, invite } = all
    const invitation = await invite({ role: 'owner' })
    await level(space, alice, others[0]!)
    goes(alice)
    assert.equal(await follow(world, await world.person(), invitation), 'halo/host-away')
  })

  it('that was called back is called back for all', async () => {
    using all = await kitchen('admin')
    const { world, alice, others, space, invite } = all
    const invitation = await invite()
    await alice.invitations.cancel(invitation.id)
    await level(space, alice, others[0]!)
    goes(alice)
    assert.equal(await follow(world, await world.person(), invitation), 'halo/host-away')
  })

  it('with a code is answered by its maker only: nobody else knows the code', async () => {
    using all = await kitchen('admin')
    const { world, alice, others, space, invite } = all
    const before = headsOf(alice, space)
    const { link, code } = await invite({ code: true })
    assert.equal(headsOf(alice, space), before)
    assert.equal(others.length, 1)
    goes(alice)
    const bob = await world.person()
    await bob.online()
    bob.invitations.join('with a code', link, code!)
    const joined = bob.joins.joined('with a code').then(
      () => 'in',
      (e: { code: string }) => e.code,
    )
    for (let n = 0; n < 30; n++) await world.clock.pass(1_000)
    assert.equal(await joined, 'halo/host-away')
  })

  it('that two admins answered at the same time, apart, stands for the first; the other one is out, and all agree', async () => {
    using all = await kitchen('admin')
    const { world, alice, others, space, invite } = all
    const [ada] = others as [Person]
    const invitation = await invite()
    await level(space, alice, ada)
    goes(ada)
    const [bob, eve] = [await world.person(), await world.person()]
    assert.equal(await follow(world, bob, invitation), 'in')
    // Ada is back, and Alice is gone before they meet.
    goes(alice)
    goes(bob)
    const adaAgain = await ada.again()
    assert.equal(adaAgain.halo.get(space)!.members.length, 2)
    assert.equal(await follow(world, eve, invitation), 'in')
    const aliceAgain = await alice.again()
    const membersOf = (one: Person) => one.halo.get(space)!.members.map(({ id }) => id)
    await until('agreed', () =>
      [aliceAgain, adaAgain].every((one) => {
        const members = membersOf(one)
        return members.length === 3 && members.includes(nameOf(bob)) !== members.includes(nameOf(eve))
      }),
    )
    await until('the same log', () => headsOf(aliceAgain, space) === headsOf(adaAgain, space))
    assert.deepEqual(membersOf(aliceAgain), membersOf(adaAgain))
    assert.equal(aliceAgain.halo.get(space)!.owesEpoch, false, 'who is out does not have the key')
  })
})

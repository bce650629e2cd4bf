/** What guests, hosts and those between them try with invitations. Hosts and guests are real devices; Mallory is either, and the KUBE. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answer, call } from '../../worker/mesh/handshaking.js'
import { makeHint } from '../../worker/mesh/hint.js'
import { ANSWER_MS, Conversation } from '../../worker/mesh/invitations/conversation.js'
import { guestCode, MAX_GUESTS, MAX_WRONG } from '../../worker/mesh/invitations/host.js'
import { fingerprintOf, makeLink, meetingOf, readLink } from '../../worker/mesh/invitations/link.js'
import { Session } from '../../worker/mesh/session.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import type { Role } from '../../worker/protocol/facts.js'
import type { InvitationInfo } from '../../worker/protocol/session-api.js'
import type { Message } from '../../worker/protocol/wire.js'
import { Disk } from '../simulation/disk.js'
import { still, turns, until } from './mallory/clock.js'
import { two } from './mallory/line.js'
import { KUBE, Talk, World, type Person } from './mallory/world.js'

const TEN_YEARS = 10 * 365 * 24 * 3600_000
const wrongCode = (right: string | null) => (right === '000000' ? '111111' : '000000')
let joins = 0

interface Wanted {
  readonly space?: SpaceId
  readonly role?: Role
  readonly uses?: number
  readonly expiresMs?: number
  readonly code?: boolean
}

/** Alice invites into a space of hers, or into her identity. */
async function inviting(wanted: Wanted = {}, world = new World(), skew = 0) {
  const alice = await world.person(skew)
  await alice.online()
  const { id: space } = await alice.halo.createSpace('Kitchen')
  const invite = (more: Wanted = {}, to: SpaceId | null = space) =>
    alice.invitations.make({
      ...{ space: to, role: 'editor', uses: 1, expiresMs: 3600_000, code: true, kube: null },
      ...({ ...wanted, ...more } as object),
    })
  return { world, alice, space, invite, [Symbol.dispose]: () => world[Symbol.dispose]() }
}

/** What a person's join comes to: a code, or `in`. */
async function join(
  person: Person,
  { link, code }: Pick<InvitationInfo, 'link' | 'code'>,
  world: World,
): Promise<string> {
  if (!person.opened) await person.online()
  const id = `join ${++joins}`
  let result = ''
  try {
    person.invitations.join(id, link, code ?? undefined)
  } catch (e) {
    return (e as { code: string }).code
  }
  person.joins.joined(id).then(
    () => (result = 'in'),
    (e: { code: string }) => (result = e.code),
  )
  for (let n = 0; n < 400 && result === ''; n++) {
    await turns(5)
    // What waits for somebody who never says anything need not be waited for.
    if (n > 60) await world.clock.pass(1_000)
  }
  return result
}

/** Mallory comes with the link, as this person. */
async function come(world: World, person: Person, link: string): Promise<Talk> {
  const { topic, psk } = meetingOf(readLink(link))
  // Mallory may be at the topic from before, and the host not yet there again.
  await until('awaited', () => !!hostAt(world, topic))
  const end = world.relay.enter(topic).link(hostAt(world, topic))
  const { agreement: own } = await person.halo.keys()
  return new Talk(new Session(person.platform, end, await call(person.platform, end, { own, topic, psk })))
}

/** Who is there with a hint. */
const hostAt = (world: World, topic: Uint8Array): Uint8Array =>
  world.relay.wires.flatMap(({ places }) => {
    const place = places.get(toBase64Url(topic))
    return place && place.hint.length > 0 ? [place.peer] : []
  })[0]!

const next = async <T extends Message[0]>(talk: Talk, name: T) => {
  await until(
    `told ${name}`,
    () => !talk.session.isOpen || talk.of(name).length > 0 || talk.of('denied').length > 0,
  )
  const index = talk.heard.findIndex(([t]) => t === name)
  return index < 0
    ? undefined
    : (talk.heard.splice(index, 1)[0] as Extract<Message, readonly [T, ...unknown[]]>)
}
const denial = async (talk: Talk) => (await next(talk, 'denied'))?.[1]

/** One try at the code, to its end. */
async function guess(talk: Talk, person: Person, code: string): Promise<string | undefined> {
  const own = guestCode(person.platform.random, code, talk.session)
  talk.say(['knock', own.share], 'bulk')
  const share = await next(talk, 'share')
  if (!share) return denial(talk)
  talk.say(['confirm', own.finish(share[1]).confirmation], 'bulk')
  return (await next(talk, 'terms')) ? 'right' : denial(talk)
}

async function introduce(talk: Talk, person: Person, space: SpaceId, role: Role): Promise<void> {
  const { proof, consent } = await person.halo.admissions.introduce(space, role)
  talk.say(['introduce', proof, ...consent], 'bulk')
}

describe('whoever guesses a code', () => {
  it('has three tries, over however many connections', async () => {
    using all = await inviting()
    const { world, alice, invite } = all
    const { id, link, code } = await invite()
    const eve = await world.person()
    for (let n = 1; n <= MAX_WRONG; n++) {
      const talk = await come(world, eve, link)
      assert.equal(
        await guess(talk, eve, wrongCode(code)),
        n === MAX_WRONG ? 'halo/invite-dead' : 'halo/code-wrong',
      )
      talk.session.close()
    }
    assert.equal(await guess(await come(world, eve, link), eve, code!), 'halo/invite-dead')
    assert.equal(alice.invitations.stateOf(id)!.at, 'dead')
    assert.equal(await join(await world.person(), { link, code }, world), 'halo/invite-dead')
  })

  it('has used one by hanging up as soon as it has the answer, whatever becomes of the host', async () => {
    using all = await inviting()
    const { world, invite } = all
    let { alice } = all
    const { id, link, code } = await invite()
    const eve = await world.person()
    for (let n = 1; n <= MAX_WRONG; n++) {
      const talk = await come(world, eve, link)
      talk.say(['knock', guestCode(eve.platform.random, code!, talk.session).share], 'bulk')
      assert.ok(await next(talk, 'share'))
      // The power goes.
      alice = await alice.again()
      assert.equal(alice.invitations.stateOf(id)!.wrong, n)
    }
    assert.equal(alice.invitations.stateOf(id)!.at, 'dead')
  })

  it('has no more by coming many times at once', async () => {
    using all = await inviting()
    const { world, alice, invite } = all
    const { id, link, code } = await invite()
    const eve = await world.person()
    const talks = await Promise.all(Array.from({ length: 8 }, () => come(world, eve, link)))
    const results = await Promise.all(talks.map((talk) => guess(talk, eve, wrongCode(code))))
    const tries = results.filter((one) => one === 'halo/code-wrong').length
    assert.ok(tries < MAX_WRONG, `${tries} more tries`)
    assert.equal(alice.invitations.stateOf(id)!.at, 'dead')
    assert.equal(alice.invitations.stateOf(id)!.wrong, MAX_WRONG)
  })

  it('does not end it for somebody who has the right one at the same time', async () => {
    using all = await inviting()
    const { world, alice, invite } = all
    const { id, link, code } = await invite()
    const [eve, bob] = [await world.person(), await world.person()]
    const talks = await Promise.all([come(world, eve, link), come(world, eve, link)])
    for (const talk of talks)
      talk.say(['knock', guestCode(eve.platform.random, '1', talk.session).share], 'bulk')
    await Promise.all(talks.map((talk) => next(talk, 'share')))
    assert.equal(await join(bob, { link, code }, world), 'in')
    assert.equal(alice.invitations.stateOf(id)!.at, 'done')
  })

  it('from the middle, with the link, learns nothing and is not let in', async () => {
    using all = await inviting()
    const { world, alice, space, invite } = all
    const { link, code } = await invite()
    const [mallory, bob] = [await world.person(), await world.person()]
    const toHost = await come(world, mallory, link)
    const trap = await host(world, mallory, link, async (talk) => {
      const knock = await next(talk, 'knock')
      toHost.say(knock!, 'bulk')
      talk.say((await next(toHost, 'share'))!, 'bulk')
      toHost.say((await next(talk, 'confirm'))!, 'bulk')
      const terms = await next(toHost, 'terms')
      if (terms) await introduce(toHost, mallory, space, 'editor')
      await turns(100)
      talk.session.close()
    })
    // Bob is told of Mallory before he is told of Alice.
    world.relay.wires.sort((one) => (one === trap.stranger.wire ? -1 : 0))
    assert.notEqual(await join(bob, { link, code }, world), 'in')
    await trap.done
    assert.equal(alice.halo.get(space)!.members.length, 1)
  })

  it('with the code and without the link does not get to say it', async () => {
    using all = await inviting()
    const { world, alice, invite } = all
    const { id, link } = await invite()
    const eve = await world.person()
    const { topic, psk } = meetingOf(readLink(link))
    const { agreement: own } = await eve.halo.keys()
    for (const secret of [{}, { psk: psk.map((byte) => byte ^ 1) }]) {
      const end = world.relay.enter(topic).link(hostAt(world, topic))
      const talk = call(eve.platform, end, { own, topic, ...secret }).then((agreed) => {
        const session = new Session(eve.platform, end, agreed)
        const said = new Talk(session)
        said.say(['knock', guestCode(eve.platform.random, '1', session).share], 'bulk')
        return said
      })
      const heard = await talk.then(
        async (one) => {
          await turns(60)
          return one.names()
        },
        () => [],
      )
      assert.deepEqual(heard, [])
    }
    assert.deepEqual(alice.invitations.stateOf(id)!.wrong, 0)
  })
})

/** Mallory is where a guest looks for a host, and does this with whoever calls. */
async function host(world: World, person: Person, link: string, run: (talk: Talk) => Promise<void>) {
  const { topic, secret, psk } = meetingOf(readLink(link))
  const stranger = world.relay.enter(topic)
  let over = () => {}
  const done = new Promise<void>((resolve) => (over = resolve))
  stranger.onCalled = (end) =>
    void (async () => {
      const { agreement: own } = await person.halo.keys()
      const agreed = await answer(person.platform, end, { own, topic, psk })
      await run(new Talk(new Session(person.platform, end, agreed)))
    })()
      .catch(() => undefined)
      .finally(over)
  stranger.say(await makeHint(person.platform, secret, stranger.peer, person.halo.device))
  return { done, stranger }
}

describe('a host', () => {
  const logOf = (person: Person, id: SpaceId) => person.halo.admissions.entriesOf(id)
  const home = (person: Person) => person.identity as string as SpaceId

  /** A link that Mallory has made, or somebody else. */
  function linkOf(of: Person, to: 'space' | 'device', hasCode = false, space?: SpaceId): string {
    const [id, secret] = [of.platform.random(16), of.platform.random(32)]
    return makeLink({
      to,
      id,
      secret,
      hasCode,
      fingerprint: fingerprintOf(space ?? of.identity),
      kubes: [KUBE],
    })
  }
  type Terms = Extract<Message, readonly ['terms', ...unknown[]]>
  /** What comes of a join at a host that says these terms, and then lets the guest into these logs. */
  async function hosted(
    world: World,
    mallory: Person,
    link: string,
    terms: (mallory: Person) => Terms,
    logs: (guest: Message) => Promise<readonly (readonly Uint8Array[])[]> = async () => [],
  ) {
    const bob = await world.person()
    const before = bob.identity
    const heard: Message[] = []
    const trap = await host(world, mallory, link, async (talk) => {
      const knock = await next(talk, 'knock')
      if (knock?.[1]) {
        const own = guestCode(mallory.platform.random, '000000', talk.session)
        talk.say(['share', own.share], 'bulk')
        await next(talk, 'confirm')
      }
      talk.say(terms(mallory), 'bulk')
      await until('answered', () => !talk.session.isOpen || talk.heard.length > 0)
      heard.push(...talk.heard)
      if (!talk.heard[0]) return
      const all = await logs(talk.heard[0])
      for (const [n, log] of all.entries()) talk.say(['admitted', log, all.length - 1 - n], 'bulk')
    })
    const code = readLink(link).hasCode ? '123456' : null
    const result = await join(bob, { link, code }, world)
    trap.stranger.leave()
    assert.equal(bob.identity, before)
    return { result, heard: heard.map(([name]) => name), spaces: bob.halo.spaces.length, bob }
  }
  const forged = { result: 'halo/invite-forged', heard: [] as string[], spaces: 1 }
  const told = ({ result, heard, spaces }: Awaited<ReturnType<typeof hosted>>) => ({ result, heard, spaces })

  it('is not somebody else who has the link', async () => {
    using world = new World()
    const [alice, mallory] = [await world.person(), await world.person()]
    const link = linkOf(alice, 'device')
    const proofs = { own: logOf(mallory, home(mallory)), hers: logOf(alice, home(alice)) }
    for (const proof of [proofs.own, proofs.hers])
      assert.deepEqual(
        told(await hosted(world, mallory, link, () => ['terms', home(mallory), null, 'Trap', proof, null])),
        forged,
      )
  })
  it('is anybody who has the link, where any admin may answer, but leads into no other space', async () => {
    using world = new World()
    const [alice, mallory] = [await world.person(), await world.person()]
    const { id: kitchen } = await alice.halo.createSpace('Kitchen')
    const { id: trap } = await mallory.halo.createSpace('Trap')
    const proof = logOf(mallory, home(mallory))
    const link = linkOf(alice, 'space', false, kitchen)
    assert.deepEqual(
      told(await hosted(world, mallory, link, () => ['terms', trap, 'editor', 'Kitchen', proof, null])),
      forged,
    )
    const hers = await hosted(
      world,
      mallory,
      link,
      () => ['terms', kitchen, 'editor', 'Kitchen', proof, null],
      async () => [logOf(alice, kitchen)],
    )
    assert.deepEqual(told(hers), { result: 'halo/refused', heard: ['introduce'], spaces: 1 })
  })
  it('does not do without the code', async () => {
    using world = new World()
    const mallory = await world.person()
    const { id: space } = await mallory.halo.createSpace('Trap')
    const link = linkOf(mallory, 'space', true)
    const proof = logOf(mallory, home(mallory))
    for (const mac of [null, new Uint8Array(64)])
      assert.deepEqual(
        told(await hosted(world, mallory, link, () => ['terms', space, 'editor', 'Trap', proof, mac])),
        forged,
      )
  })
  it('does not make a device of its own of somebody who comes into a space', async () => {
    using world = new World()
    const mallory = await world.person()
    const link = linkOf(mallory, 'space')
    const proof = logOf(mallory, home(mallory))
    const logs = async (guest: Message) => {
      if (guest[0] === 'candidate') {
        const [, device, agreement, possession] = guest
        await mallory.halo.admissions.admitDevice({ device: device as DeviceId, agreement, possession })
      }
      return [logOf(mallory, home(mallory))]
    }
    for (const role of [null, '', 'emperor'])
      assert.deepEqual(
        told(
          await hosted(world, mallory, link, () => ['terms', home(mallory), role, 'Home', proof, null], logs),
        ),
        forged,
      )
  })
  it('does not answer for an identity with a space, or with another identity', async () => {
    using world = new World()
    const [mallory, alice] = [await world.person(), await world.person()]
    const { id: space } = await mallory.halo.createSpace('Trap')
    const link = linkOf(mallory, 'device')
    const proof = logOf(mallory, home(mallory))
    for (const terms of [
      ['terms', space, 'reader', 'x', proof, null] as const,
      ['terms', home(alice), null, 'x', proof, null] as const,
    ])
      assert.deepEqual(told(await hosted(world, mallory, link, () => terms)), forged)
  })
  it('does not let into another space or identity than it has said', async () => {
    using world = new World()
    const [mallory, alice] = [await world.person(), await world.person()]
    const { id: space } = await mallory.halo.createSpace('Kitchen')
    const { id: trap } = await mallory.halo.createSpace('Trap')
    const proof = logOf(mallory, home(mallory))
    const link = linkOf(mallory, 'space', false, space)
    const other = await hosted(
      world,
      mallory,
      link,
      () => ['terms', space, 'reader', 'x', proof, null],
      async (guest) => {
        const [, own, device, signature] = guest as Extract<Message, readonly ['introduce', ...unknown[]]>
        // He has agreed to this one at another time.
        const consent = await guestOf(device).halo.admissions.introduce(trap, 'reader')
        await mallory.halo.admissions.admitMember(trap, { ...consent, proof: own }, 'reader')
        assert.ok(signature)
        return [logOf(mallory, trap)]
      },
    )
    assert.deepEqual(told(other), { result: 'halo/refused', heard: ['introduce'], spaces: 1 })
    const toDevice = linkOf(mallory, 'device')
    const identity = await hosted(
      world,
      mallory,
      toDevice,
      () => ['terms', home(mallory), null, 'x', proof, null],
      async (guest) => {
        const [, device] = guest as Extract<Message, readonly ['candidate', ...unknown[]]>
        await alice.halo.admissions.admitDevice(await guestOf(device).halo.admissions.offer(alice.identity))
        return [logOf(alice, home(alice))]
      },
    )
    assert.deepEqual(told(identity), { result: 'halo/refused', heard: ['candidate'], spaces: 1 })

    function guestOf(device: string): Person {
      return (world as unknown as { people: Person[] }).people.find(({ halo }) => halo.device === device)!
    }
  })
  it('says why not in words of its own only where they are about the invitation', async () => {
    using world = new World()
    const mallory = await world.person()
    for (const [said, result] of [
      ['halo/invite-used', 'halo/invite-used'],
      ['store/newer', 'halo/refused'],
      ['<b>Your bank</b>', 'halo/refused'],
      ['constructor', 'halo/refused'],
    ] as const) {
      const link = linkOf(mallory, 'space')
      await host(world, mallory, link, async (talk) => {
        await next(talk, 'knock')
        talk.say(['denied', said, 0], 'bulk')
      })
      assert.equal(await join(await world.person(), { link, code: null }, world), result)
    }
  })
  it('that never says anything is given up, in each state', async () => {
    using world = new World()
    const mallory = await world.person()
    const proof = logOf(mallory, home(mallory))
    const { id: space } = await mallory.halo.createSpace('Slow')
    const stages: readonly ((talk: Talk) => Promise<void>)[] = [
      async () => undefined,
      async (talk) => {
        await next(talk, 'knock')
        talk.say(['terms', space, 'reader', 'x', proof, null], 'bulk')
      },
    ]
    for (const stage of stages) {
      const link = linkOf(mallory, 'space', false, space)
      const start = world.clock.now()
      await host(world, mallory, link, stage)
      assert.equal(await join(await world.person(), { link, code: null }, world), 'mesh/timeout')
      assert.ok(world.clock.now() - start < 4 * ANSWER_MS)
    }
    const silent = linkOf(mallory, 'space')
    assert.equal(await join(await world.person(), { link: silent, code: null }, world), 'halo/host-away')
    // Somebody is there who does not even answer a handshake.
    const { topic, secret } = meetingOf(readLink(silent))
    const deaf = world.relay.enter(topic)
    deaf.say(await makeHint(mallory.platform, secret, deaf.peer, mallory.halo.device))
    assert.equal(await join(await world.person(), { link: silent, code: null }, world), 'mesh/timeout')
  })
})

describe('a guest', () => {
  for (const calls of ['the host', 'the guest'])
    it(`that is slow is in, is heard at once, and hears what comes, where ${calls} calls the other`, async () => {
      using all = await inviting()
      const { world, alice, space, invite } = all
      const goesFirst = (device: string) => device < alice.halo.device === (calls === 'the guest')
      let isSlow = false
      // It is not ready yet when the host goes on.
      const slow = () => world.person(0, new Disk({ wait: async () => void (isSlow && (await turns(40))) }))
      let bob = await slow()
      while (!goesFirst(bob.halo.device)) bob = await slow()
      await bob.online()
      const invitation = await invite()
      isSlow = true
      const start = world.clock.now()
      assert.equal(await join(bob, invitation, world), 'in')
      isSlow = false
      assert.ok(world.clock.now() - start < 5_000)
      const [one, other] = [await bob.write(space, 'here I am'), await alice.write(space, 'welcome')]
      await until('told', () => alice.has(one) && bob.has(other))
    })
  it('is not somebody else, of whom it has the proof and the agreement', async () => {
    using all = await inviting({ code: false })
    const { world, alice, space, invite } = all
    const [bob, mallory] = [await world.person(), await world.person()]
    const { id, link } = await invite()
    // Bob has agreed, and Mallory has heard it.
    const talk = await come(world, mallory, link)
    talk.say(['knock', null], 'bulk')
    await next(talk, 'terms')
    await introduce(talk, bob, space, 'editor')
    assert.equal(await denial(talk), 'halo/refused')
    assert.equal(alice.halo.get(space)!.members.length, 1)
    assert.equal(alice.invitations.stateOf(id)!.used, 0)
    // Bob is in by now: what he sees is not for Mallory.
    assert.equal(await join(bob, { link, code: null }, world), 'in')
    const again = await come(world, mallory, (await invite()).link)
    again.say(['knock', null], 'bulk')
    await next(again, 'terms')
    await introduce(again, bob, space, 'editor')
    assert.equal(await denial(again), 'halo/refused')
    assert.deepEqual(again.of('admitted'), [])
  })
  it('does not have a log of its own kept that never ends', async () => {
    using all = await inviting({ code: false })
    const { world, invite } = all
    const mallory = await world.person()
    const { link } = await invite()
    const talk = await come(world, mallory, link)
    talk.say(['knock', null], 'bulk')
    await next(talk, 'terms')
    for (let n = 0; n < 40; n++) talk.say(['part', [new Uint8Array(256 << 10)]], 'bulk')
    assert.equal(await denial(talk), 'halo/log-too-large')
    const many = await come(world, mallory, link)
    many.say(['knock', null], 'bulk')
    await next(many, 'terms')
    const tiny = Array.from({ length: 1024 }, () => new Uint8Array(1))
    for (let n = 0; n < 100; n++) many.say(['part', tiny], 'bulk')
    assert.equal(await denial(many), 'halo/log-too-large')
  })
  it('is no device of the host’s by naming one', async () => {
    using all = await inviting({ code: false })
    const { world, alice, invite } = all
    const mallory = await world.person()
    const { link } = await invite({}, null)
    const { agreement } = await mallory.halo.keys()
    const hers = await alice.halo.admissions.offer(alice.identity)
    const other = await mallory.halo.admissions.offer(mallory.identity)
    for (const candidate of [
      [hers.device, agreement.publicKey, hers.possession],
      [hers.device, hers.agreement, hers.possession],
      [other.device, agreement.publicKey, other.possession],
    ] as const) {
      const talk = await come(world, mallory, link)
      talk.say(['knock', null], 'bulk')
      await next(talk, 'terms')
      talk.say(['candidate', ...candidate], 'bulk')
      assert.equal(await denial(talk), 'halo/refused')
      assert.deepEqual(talk.of('admitted'), [])
    }
    assert.equal(alice.halo.devices.length, 1)
  })
  it('has the role of the terms, and no other, and does not use it up by asking for another', async () => {
    using all = await inviting({ code: false, role: 'reader' })
    const { world, alice, space, invite } = all
    const mallory = await world.person()
    const { id, link } = await invite()
    for (const [into, role] of [
      [space, 'owner'],
      [alice.identity as string as SpaceId, 'reader'],
    ] as const) {
      const talk = await come(world, mallory, link)
      talk.say(['knock', null], 'bulk')
      await next(talk, 'terms')
      await introduce(talk, mallory, into, role)
      assert.equal(await denial(talk), 'halo/refused')
    }
    assert.equal(alice.invitations.stateOf(id)!.used, 0)
    assert.equal(alice.halo.get(space)!.members.length, 1)
    assert.equal(await join(mallory, { link, code: null }, world), 'in')
    assert.equal(mallory.halo.get(space)!.role, 'reader')
  })
  it('comes in by a use once, and again if it has lost the answer; another one does not', async () => {
    using all = await inviting({ code: false })
    const { world, alice, space, invite } = all
    const [bob, eve] = [await world.person(), await world.person()]
    const { link } = await invite()
    const talk = await come(world, bob, link)
    talk.say(['knock', null], 'bulk')
    await next(talk, 'terms')
    await introduce(talk, bob, space, 'editor')
    assert.ok(await next(talk, 'admitted'))
    // He never got it.
    talk.session.close()
    assert.equal(await join(eve, { link, code: null }, world), 'halo/invite-used')
    assert.equal(await join(bob, { link, code: null }, world), 'in')
    assert.equal(alice.halo.get(space)!.members.length, 2)
  })
  it('and another one do not both come in by one use', async () => {
    using all = await inviting({ code: false })
    const { world, alice, space, invite } = all
    const guests = [await world.person(), await world.person(), await world.person()]
    const { link } = await invite()
    const talks = await Promise.all(guests.map((one) => come(world, one, link)))
    for (const talk of talks) {
      talk.say(['knock', null], 'bulk')
      await next(talk, 'terms')
    }
    await Promise.all(talks.map((talk, n) => introduce(talk, guests[n]!, space, 'editor')))
    await until('answered', () => talks.every((talk) => talk.heard.length > 0))
    assert.deepEqual(talks.map((talk) => talk.names()[0]).filter((name) => name === 'admitted').length, 1)
    assert.equal(alice.halo.get(space)!.members.length, 2)
  })
  it('that says nothing more is given up, in each state', async () => {
    using all = await inviting()
    const { world, alice, invite } = all
    const bob = await world.person()
    const { id, link, code } = await invite()
    const open = await invite({ code: false })
    const stages: readonly [string, string, number, (talk: Talk) => Promise<unknown>][] = [
      [id, link, 300_000, async () => undefined],
      [
        id,
        link,
        ANSWER_MS,
        async (talk) =>
          talk.say(['knock', guestCode(bob.platform.random, code!, talk.session).share], 'bulk'),
      ],
      [open.id, open.link, ANSWER_MS, async (talk) => talk.say(['knock', null], 'bulk')],
    ]
    for (const [at, to, ms, stage] of stages) {
      const talk = await come(world, bob, to)
      await stage(talk)
      await until('greeted', () => alice.invitations.stateOf(at)!.at === 'greeting')
      await world.clock.pass(ms + 3_000, 1_500)
      await until('given up', () => !talk.session.isOpen && alice.invitations.stateOf(at)!.at === 'waiting')
    }
  })
  it('does not come so often at once that a host has to keep them all', async () => {
    using all = await inviting()
    const { world, invite } = all
    const eve = await world.person()
    const { link } = await invite()
    const talks = []
    for (let n = 0; n < MAX_GUESTS + 6; n++) talks.push(await come(world, eve, link))
    await turns(60)
    assert.equal(talks.filter(({ session }) => session.isOpen).length, MAX_GUESTS)
  })
  it('out of turn has no more kept than a window', async () => {
    using both = await two()
    const talk = new Conversation(both.clock, both.bob)
    const long: Message = [
      'introduce',
      [new Uint8Array(200_000)],
      toBase64Url(new Uint8Array(32)),
      new Uint8Array(64),
    ]
    const beside: Message = ['log', new Uint8Array(32), [new Uint8Array(200_000)]]
    both.ends[0].room = 1 << 30
    for (let n = 0; n < 80; n++) void both.alice.send(n % 2 ? long : beside, 'bulk')
    const { sent } = both.ends[0]
    await until('begun', () => sent.length > 200)
    await still(() => sent.length)
    const bytes = both.ends[0].sent.reduce((sum, { length }) => sum + length, 0)
    assert.ok(bytes > 1 << 20 && bytes < 13 << 20, `${bytes} bytes`)
    assert.ok(talk.end().length > 0)
  })
  it('finds its host among others who know no more than where', async () => {
    using all = await inviting()
    const { world, invite } = all
    const invitation = await invite()
    const { topic } = meetingOf(readLink(invitation.link))
    const bob = await world.person()
    // Those who are there are told in the order in which they came.
    await until('awaited', () => !!hostAt(world, topic))
    const mallory = world.relay.enter(topic, new Uint8Array(60).fill(1))
    world.relay.wires.unshift(world.relay.wires.pop()!)
    assert.equal(await join(bob, invitation, world), 'in')
    assert.ok(mallory.wire.isOpen)
  })
  it('is not called by anybody', async () => {
    using world = new World()
    const [alice, bob, mallory] = [await world.person(), await world.person(), await world.person()]
    await bob.online()
    const fingerprint = fingerprintOf(alice.identity)
    const [id, secret] = [bob.platform.random(16), bob.platform.random(32)]
    const link = makeLink({ to: 'space', id, secret, hasCode: false, fingerprint, kubes: [KUBE] })
    bob.invitations.join('seeking', link, undefined)
    const { topic, psk } = meetingOf(readLink(link))
    await until('there', () => world.relay.wires.some(({ places }) => places.has(toBase64Url(topic))))
    const end = world.relay.enter(topic).link()
    const { agreement: own } = await mallory.halo.keys()
    await assert.rejects(call(mallory.platform, end, { own, topic, psk }), { code: 'mesh/closed' })
    bob.joins.cancel('seeking')
  })
})

describe('an invitation', () => {
  it('is over when the host says so, by its own clock, and whatever the guest’s says', async () => {
    for (const skew of [-TEN_YEARS, TEN_YEARS]) {
      using all = await inviting()
      const { world, alice, invite } = all
      const { id, link, code } = await invite({ uses: 3, expiresMs: 60_000 })
      assert.equal(await join(await world.person(skew), { link, code }, world), 'in')
      const late = await come(world, await world.person(), link)
      const eve = await world.person()
      assert.equal(await guess(late, eve, code!), 'right')
      await world.clock.pass(61_000)
      assert.equal(alice.invitations.stateOf(id)!.at, 'expired')
      // Who was let in by the code may be too late all the same.
      await introduce(late, eve, all.space, 'editor')
      assert.notEqual(await next(late, 'admitted'), 'admitted')
      assert.equal(await join(await world.person(skew), { link, code }, world), 'halo/invite-expired')
      assert.equal(alice.halo.get(all.space)!.members.length, 2)
    }
  })
  it('of a month is good for a month', async () => {
    using all = await inviting()
    const { world, invite } = all
    const invitation = await invite({ expiresMs: 30 * 24 * 3600_000 })
    await world.clock.pass(40_000)
    assert.equal(await join(await world.person(), invitation, world), 'in')
  })
  it('that was called back lets nobody in, not even who is at the door', async () => {
    using all = await inviting({ code: false })
    const { world, alice, space, invite } = all
    const [bob, eve] = [await world.person(), await world.person()]
    const { id, link } = await invite()
    const talk = await come(world, bob, link)
    talk.say(['knock', null], 'bulk')
    await next(talk, 'terms')
    await alice.invitations.cancel(id)
    await introduce(talk, bob, space, 'editor')
    assert.equal(await denial(talk), 'halo/invite-cancelled')
    assert.equal(await join(eve, { link, code: null }, world), 'halo/invite-cancelled')
    assert.equal(alice.halo.get(space)!.members.length, 1)
  })
  it('that a former admin has left for the others to answer lets nobody in', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['admin'])
    const [alice, ada] = people as [Person, Person]
    for (const one of people) await one.online()
    const options = { space, role: 'editor', uses: 5, expiresMs: 3600_000, code: false, kube: null } as const
    const { link } = await ada.invitations.make(options)
    const heads = ({ halo }: Person) => halo.get(space)!.heads.join()
    await until('told', () => heads(alice) === heads(ada))
    ada.planes.network.stop()
    await alice.halo.removeMember(space, ada.identity)
    assert.equal(await join(await world.person(), { link, code: null }, world), 'halo/host-away')
    assert.equal(alice.halo.get(space)!.members.length, 1)
  })
  it('by somebody who has lost the right meanwhile lets nobody in, and is not used by trying', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['admin'])
    const [olga, alice] = people as [Person, Person]
    await alice.online()
    const bob = await world.person()
    const { id, link } = await alice.invitations.make({
      ...({ space, role: 'editor', uses: 1, expiresMs: 60_000, code: false, kube: null } as const),
    })
    await olga.halo.setRole(space, alice.identity, 'editor')
    await alice.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    assert.equal(await join(bob, { link, code: null }, world), 'halo/not-allowed')
    assert.equal(alice.invitations.stateOf(id)!.used, 0)
    assert.equal(alice.halo.get(space)!.members.length, 2)
  })
})

/** What a relay, strangers, former members and members try while people share a space. Devices are real; the KUBE is Mallory's. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { call } from '../../worker/mesh/handshaking.js'
import { Brought } from '../../worker/mesh/brought.js'
import { makeHint } from '../../worker/mesh/hint.js'
import { Session } from '../../worker/mesh/session.js'
import { topicProof } from '../../worker/mesh/topic-proof.js'
import { HearthError } from '../../worker/protocol/errors.js'
import { fromBase64Url, toBase64Url, type DeviceId, type ObjectId } from '../../worker/protocol/ids.js'
import { MAX_PEERS } from '../../worker/protocol/signal.js'
import { MAX_LOG_BYTES, MESSAGE_BYTES, WIRE_VERSION, type Message } from '../../worker/protocol/wire.js'
import { still, turns, until } from './mallory/clock.js'
import { staticKey } from './mallory/line.js'
import type { Meeting, StaticKey } from '../../worker/mesh/platform.js'
import type { Frame, Stranger, Wire } from './mallory/relay.js'
import { meet, Talk, World, type Person } from './mallory/world.js'

const anyId = toBase64Url(new Uint8Array(32).fill(5))
/** What MESH keeps inside. */
const sessionOf = (one: Person, other: Person) =>
  (one.mesh as unknown as { peers: Map<DeviceId, { session: Session }> }).peers.get(other.halo.device)
    ?.session
const othersOf = (one: Person) =>
  [...(one.mesh as unknown as { kubes: Map<string, { others: unknown[] }> }).kubes.values()][0]!.others.length
/** Of two, who calls. */
const callerFirst = (people: readonly Person[]) =>
  [...people].sort((a, b) => (a.halo.device < b.halo.device ? -1 : 1)) as [Person, Person]
const same = (a: Uint8Array, b: Uint8Array) => toBase64Url(a) === toBase64Url(b)

/** Kept out: whoever has this key, or knows a topic. */
async function callAsNobody(stranger: Stranger, person: Person): Promise<Talk> {
  return (await callWith(staticKey(), stranger, person)).talk
}

async function callWith(own: StaticKey, stranger: Stranger, person: Person) {
  const link = stranger.link()
  const agreed = await call(person.platform, link, { own, topic: stranger.topic })
  const session = new Session(person.platform, link, agreed)
  session.ping()
  return { talk: new Talk(session), hash: agreed.hash }
}

/** How many messages of the log somebody is given who has a key of which nobody has heard, and says so often that it knows the secret of the topic. */
async function logGivenTo(
  world: World,
  person: Person,
  { topic, secret }: Meeting,
  proofOf: (hash: Uint8Array, own: Uint8Array, talk: Talk) => Uint8Array = (hash, own) =>
    topicProof(secret, hash, own),
  times = 1,
): Promise<number> {
  const own = staticKey()
  const mallory = world.relay.enter(topic)
  const { talk, hash } = await callWith(own, mallory, person)
  await until('asked', () => talk.of('know').length > 0)
  for (let n = 0; n < times; n++) talk.say(['know', proofOf(hash, own.publicKey, talk)])
  await turns(150)
  talk.session.close()
  mallory.leave()
  return talk.of('log').length
}

describe('a relay', () => {
  it('that drops, changes, repeats or reorders frames ends sessions, and what is written comes through all the same', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    await meet(alice, bob)
    const notes: ObjectId[] = []
    let kept: Uint8Array | undefined
    const mischief: readonly ((frame: Frame) => readonly Uint8Array[])[] = [
      () => [],
      ({ bytes }) => [bytes.map((byte, n) => (n === bytes.length >> 1 ? byte ^ 1 : byte))],
      ({ bytes }) => [bytes, bytes],
      ({ bytes }) => {
        const before = kept
        kept = bytes
        return before ? [bytes, before] : []
      },
      ({ bytes }) => [bytes.subarray(0, -1)],
    ]
    for (const hand of mischief) {
      kept = undefined
      let times = 3
      world.relay.hand = (frame) => (frame.bytes.length > 1 && times-- > 0 ? hand(frame) : [frame.bytes])
      notes.push(await alice.write(space, 'from Alice'), await bob.write(space, 'from Bob'))
      const all = () => notes.every((note) => alice.has(note) && bob.has(note))
      for (let n = 0; n < 40 && !all(); n++) await world.clock.pass(2_000, 250)
      assert.ok(all())
    }
    assert.deepEqual([alice.echo.damage, bob.echo.damage], [[], []])
  })

  it('that sends the first message of an old session again does not end the session of now', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    await meet(...people)
    const [caller, called] = callerFirst(people)
    const first = world.relay.frames.find(({ bytes }) => bytes[0] === WIRE_VERSION && bytes[1] === 1)!
    const before = sessionOf(called, caller)
    // Once as if somebody new had come, and once more.
    for (let n = 0; n < 2; n++) {
      const mallory = world.relay.enter(called.meeting(space).topic)
      const peer = first.to.places.get(toBase64Url(first.topic))!.peer
      world.relay.send(mallory.wire, first.topic, peer, first.bytes)
      // It is answered: the key is good, and the message was.
      await until('answered', () => world.relay.frames.some(({ to }) => to === mallory.wire))
      await turns(50)
    }
    assert.equal(sessionOf(called, caller), before)
    assert.ok(before!.isOpen && caller.knows(called))
    await world.clock.pass(12_000)
    assert.equal(sessionOf(called, caller), before)
  })

  it('that has ended one session does not have it take the place of another', async () => {
    using world = new World()
    const { people } = await world.sharing(['editor'])
    await meet(...people)
    const [caller, called] = callerFirst(people)
    const before = sessionOf(called, caller)
    // As that of an invitation, which is cut while the guest takes over what it is let into.
    const ended = { isOpen: false, agreed: { theirs: (await caller.halo.keys()).agreement.publicKey } }
    called.mesh.adopt(ended as unknown as Session)
    assert.equal(sessionOf(called, caller), before)
    assert.ok(before!.isOpen)
  })

  it('that wires two who talk to each other to others gets no session between any of them', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor', 'editor'])
    const [alice, bob, carol] = [...people].sort((a, b) => (a.halo.device < b.halo.device ? -1 : 1)) as [
      ...[Person, Person, Person],
    ]
    for (const one of [bob, carol, alice]) await one.online()
    const { relay } = world
    await until('connected', () => alice.knows(bob) && alice.knows(carol) && bob.knows(carol))
    const topic = toBase64Url(alice.meeting(space).topic)
    const wireOf = (n: number) => relay.wires[n]!
    const [b, c, a] = [wireOf(0), wireOf(1), wireOf(2)] as const
    const at = (wire: Wire) => wire.places.get(topic)!.peer
    // From now on, Alice's frames for Bob are Carol's.
    relay.hand = ({ from, to, topic: t, bytes }) => {
      if (from === a && to === b) relay.tell(c, ['from', t, at(a), bytes])
      else if (from === c && to === a) relay.tell(a, ['from', t, at(b), bytes])
      else return [bytes]
      return []
    }
    for (const one of [alice, bob, carol])
      for (const other of [alice, bob, carol]) if (one !== other) sessionOf(one, other)?.close()
    await world.clock.pass(15_000, 500)
    assert.equal(alice.knows(bob) || alice.knows(carol), false)
    relay.hand = ({ bytes }) => [bytes]
    await world.clock.pass(60_000, 500)
    await until('healed', () => alice.knows(bob) && alice.knows(carol))
  })

  it('that gives a device its own frames back does not have it talk with itself', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = callerFirst(people)
    await alice.online()
    const { topic, secret } = alice.meeting(space)
    const [one, two] = [world.relay.enter(topic), world.relay.enter(topic)]
    const [wire] = world.relay.wires
    const begun: DeviceId[] = []
    const inside = alice.mesh as unknown as { begin(device: DeviceId): void }
    inside.begin = (device) => void begun.push(device)
    // What Alice says to the one, she hears from the other, and the other way round.
    world.relay.hand = ({ to, bytes }) => {
      const other = to === one.wire ? two : to === two.wire ? one : undefined
      if (other) world.relay.tell(wire!, ['from', topic, other.peer, bytes])
      return []
    }
    // A device of which Alice does not know the key: she asks who it is.
    const unknown = `zz${anyId.slice(2)}` as DeviceId
    one.say(await makeHint(alice.platform, secret, one.peer, unknown))
    await until('called', () => world.relay.frames.filter(({ from }) => from === wire).length >= 3)
    await turns(80)
    assert.deepEqual(begun, [])
  })

  it('finds no id and no name in anything that goes through it', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'], 'Sentinel kitchen of Olga')
    const [alice, bob] = people as [Person, Person]
    await meet(alice, bob)
    const note = await alice.write(space, 'sentinel: buy 7 salamanders')
    await until('told', () => bob.has(note))
    const invitation = await alice.invitations.make({
      ...({ space, role: 'reader', uses: 1, expiresMs: 60_000, code: true, kube: null } as const),
    })
    const carol = await world.person()
    await carol.online()
    carol.invitations.join('join', invitation.link, invitation.code!)
    await carol.joins.joined('join')
    const secrets: string[] = [space, note, 'sentinel', 'Sentinel', 'salamander', invitation.code!]
    for (const one of [alice, bob, carol]) secrets.push(one.identity, one.halo.device)
    const raw = [
      space,
      note,
      alice.identity,
      bob.identity,
      alice.halo.device,
      bob.halo.device,
      carol.halo.device,
    ]
    const keys = await Promise.all(
      [alice, bob, carol].map(async ({ halo }) => (await halo.keys()).agreement.publicKey),
    )
    const { heard } = world.relay
    assert.ok(heard.length > 20)
    const all = Buffer.concat(heard)
    for (const one of secrets) assert.equal(all.includes(one), false, one)
    for (const one of [...raw.map((id) => fromBase64Url(id)), ...keys, alice.ref(space)])
      assert.equal(all.includes(one), false)
    // They would be found.
    assert.ok(all.includes(alice.meeting(space).topic))
  })

  it('that says that thousands have come has none of them kept beyond what a topic has', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = people as [Person]
    await alice.online()
    const [wire] = world.relay.wires
    const { topic } = alice.meeting(space)
    for (let n = 0; n < 1_000; n++)
      world.relay.tell(wire!, ['came', topic, crypto.getRandomValues(new Uint8Array(16)), new Uint8Array()])
    assert.ok(othersOf(alice) <= MAX_PEERS, `${othersOf(alice)} kept`)
  })

  it('that takes nothing is left before this device keeps all that it says', async () => {
    using world = new World()
    const { people } = await world.sharing([])
    const [alice] = people as [Person]
    await alice.online()
    world.relay.waiting = 65 << 20
    await world.clock.pass(9_000)
    assert.equal(alice.mesh.isOnline, false)
  })

  it('that asks for handshakes without end is answered now and then', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = people as [Person]
    await alice.online()
    const [wire] = world.relay.wires
    const { topic } = alice.meeting(space)
    const [mallory] = [world.relay.enter(topic)]
    const garbage = Uint8Array.of(WIRE_VERSION, 0, ...new Uint8Array(32).fill(9))
    const answers = () =>
      world.relay.frames.filter(({ to, bytes }) => to === mallory.wire && bytes.length > 32).length
    let asked = 0
    for (; asked < 60; asked++) {
      world.relay.tell(wire!, ['from', topic, mallory.peer, garbage])
      await turns(2)
      world.relay.tell(wire!, ['from', topic, mallory.peer, garbage])
      await turns(2)
    }
    assert.ok(answers() < 10, `${answers()} of ${asked} answered`)
    // Many who come at once, of whom each is new.
    const before = world.relay.frames.length
    const many = Array.from({ length: 200 }, () => world.relay.enter(topic))
    for (const { peer } of many) world.relay.tell(wire!, ['from', topic, peer, garbage])
    await until('answered, or not', () => world.relay.frames.length >= before + 200)
    const later = world.relay.frames.slice(before).filter(({ bytes }) => bytes.length > 32).length
    assert.ok(later <= 33, `${later} of 200 answered at once`)
  })
})

describe('somebody who knows a topic', () => {
  it('and has a key that is in no log is told nothing, and left', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = people as [Person]
    await alice.online()
    await alice.write(space, 'secret')
    const mallory = world.relay.enter(alice.meeting(space).topic)
    const talk = await callAsNobody(mallory, alice)
    const ref = alice.ref(space)
    talk.say(['have', ref, [], [], null, 'gaps'])
    talk.say(['want', ref, [anyId]])
    talk.say(['lack', ref])
    talk.say(['entries', ref, [new Uint8Array(9)]], 'bulk')
    await until('heard', () => talk.heard.length > 0)
    await turns(50)
    assert.deepEqual(talk.names(), ['lack', 'know'])
    assert.deepEqual(alice.mesh.connected, [])
    await world.clock.pass(11_000)
    await turns(20)
    assert.equal(talk.session.isOpen, false)
  })

  it('cannot have more kept than a window by saying what it has', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = people as [Person]
    await alice.online()
    const mallory = world.relay.enter(alice.meeting(space).topic)
    const talk = await callAsNobody(mallory, alice)
    const long: Message = [
      'have',
      alice.ref(space),
      Array.from({ length: 1024 }, () => anyId),
      [],
      null,
      'gaps',
    ]
    await until('asked', () => talk.names().includes('lack'))
    const start = world.relay.frames.length
    for (let n = 0; n < 600; n++) talk.say(long, 'bulk')
    const { frames } = world.relay
    const sizes = () => frames.slice(start).map((one) => (one.from === mallory.wire ? one.bytes.length : 0))
    const sum = () => sizes().reduce((all, size) => all + size, 0)
    // More than that would have been kept; or nothing comes any more.
    await until('as much as there is room for', () => sum() > 11 << 20, 9_000)
    for (let n = 0; n < 25 && sum() < 15 << 20; n++) await turns(50)
    const bytes = sum()
    assert.ok(bytes > 1 << 20 && bytes < 15 << 20, `${bytes} bytes`)
  })

  it('and says that it is either of two keeps them from each other for some seconds', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    const { topic, secret } = alice.meeting(space)
    const mallory = await Promise.all(
      [alice, bob].map(async ({ platform, halo }) => {
        const one = world.relay.enter(topic)
        one.say(await makeHint(platform, secret, one.peer, halo.device))
        return one.wire
      }),
    )
    await alice.online()
    await bob.online()
    const { clock, relay } = world
    // Time stands still while somebody speaks.
    for (const end = clock.now() + 14_000; clock.now() < end && !alice.knows(bob); await clock.pass(500, 500))
      await still(() => relay.frames.length, 5)
    assert.ok(alice.knows(bob))
    assert.ok(relay.frames.some(({ to }) => mallory.includes(to)))
  })

  it('because others have let it in just now is heard, with all that it has said', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    // Bob has not heard of Carol.
    const carol = await world.person()
    await alice.admit(space, carol, 'editor')
    const note = await carol.write(space, 'I am new')
    await bob.online()
    const mallory = world.relay.enter(bob.meeting(space).topic)
    const talk = await carol.callFrom(mallory, bob)
    talk.say(['have', bob.ref(space), [...carol.halo.get(space)!.heads], [], null, 'gaps'])
    await until('asked', () => talk.names().includes('lack'))
    talk.say(['log', bob.ref(space), carol.halo.admissions.entriesOf(space)])
    await until('known', () => bob.knows(carol))
    await until('told', () => talk.names().includes('have'))
    // What it has said before counts: what Bob writes comes.
    await bob.write(space, 'welcome')
    await until('told more', () => talk.of('entries').length > 0)
    talk.say(
      ['entries', bob.ref(space), await carol.echo.exchange.entriesOf(space, carol.halo.device)],
      'bulk',
    )
    await until('heard', () => bob.has(note))
  })
})

describe('the log of a space', () => {
  it('is given once to a device that knows the secret of the topic, and to none that does not', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice] = people as [Person]
    await alice.online()
    const place = alice.meeting(space)
    assert.equal(await logGivenTo(world, alice, place), 1)
    assert.equal(await logGivenTo(world, alice, place, undefined, 20), 1)
    const guesses: Parameters<typeof logGivenTo>[3][] = [
      // As the KUBE, which sees topics.
      (hash, own) => topicProof(place.topic, hash, own),
      () => new Uint8Array(32),
      // What she has shown herself.
      (_, __, talk) => talk.of('know')[0]![1],
      // What somebody else has shown in another session.
      () => topicProof(place.secret, new Uint8Array(32).fill(1), staticKey().publicKey),
    ]
    for (const proofOf of guesses) assert.equal(await logGivenTo(world, alice, place, proofOf), 0)
  })

  it('is not given to who was removed, at a topic of former epochs', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    const { halo } = alice
    // Bob is out and in again: the first key is one of nobody but those who are in, and of all who came later.
    await halo.removeMember(space, bob.identity)
    await alice.admit(space, bob, 'editor')
    const eve = await world.person()
    await alice.admit(space, eve, 'editor')
    const former = eve.halo.get(space)!.meetings()
    assert.equal(former.length, 2)
    await halo.removeMember(space, eve.identity)
    await alice.online()
    for (const place of former) assert.equal(await logGivenTo(world, alice, place), 0)
    assert.equal(await logGivenTo(world, alice, alice.meeting(space)), 1)
  })

  it('is not given to who has left, and knows the latest key', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor', 'editor'])
    const [alice, bob, carol] = people as [Person, Person, Person]
    const place = carol.meeting(space)
    await bob.halo.admissions.receive(space, alice.halo.admissions.entriesOf(space))
    await carol.halo.leaveSpace(space)
    const left = carol.halo.departed.find(({ id }) => id === space)!
    await bob.halo.admissions.receive(
      space,
      [...left.log.entries].map(({ bytes }) => bytes),
    )
    // He may change no keys.
    await bob.online()
    assert.equal(await logGivenTo(world, bob, place), 0)
  })

  it('is not given to who was removed by one admin, and knows a key of another one’s, who did not know of it', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['admin', 'editor', 'editor'])
    const [alice, bob, carol, dave] = people as [Person, Person, Person, Person]
    const entriesOf = ({ halo }: Person) => halo.admissions.entriesOf(space)
    for (const one of [bob, carol, dave]) await one.halo.admissions.receive(space, entriesOf(alice))
    await alice.halo.removeMember(space, carol.identity)
    await bob.halo.removeMember(space, dave.identity)
    await dave.halo.admissions.receive(space, entriesOf(alice))
    const place = dave.meeting(space)
    await alice.halo.admissions.receive(space, entriesOf(bob))
    assert.ok(
      alice.halo
        .get(space)!
        .meetings()
        .slice(0, 2)
        .some(({ topic }) => same(topic, place.topic)),
    )
    await alice.online()
    assert.equal(await logGivenTo(world, alice, place), 0)
  })
})

describe('a member of one space', () => {
  async function neighbours() {
    const world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    const { id: other } = await alice.halo.createSpace('Garden')
    await alice.online()
    await alice.write(other, 'of nobody’s business')
    const talk = await bob.callFrom(world.relay.enter(alice.meeting(space).topic), alice)
    await until('there', () => talk.names().includes('have'))
    return { world, alice, bob, space, other, talk, [Symbol.dispose]: () => world[Symbol.dispose]() }
  }

  it('is told nothing of another one, not even whether it is there', async () => {
    using all = await neighbours()
    const { alice, bob, space, other, talk } = all
    const bobs = (await bob.halo.createSpace('Cellar')).id
    const logOf = (id: typeof bobs) => bob.halo.admissions.entriesOf(id)
    for (const ref of [alice.ref(other), new Uint8Array(32).fill(3)]) {
      talk.heard.length = 0
      talk.say(['have', ref, [], [], null, 'gaps'])
      talk.say(['lack', ref])
      talk.say(['want', ref, [anyId]])
      talk.say(['held', ref, [[alice.halo.device, 1]]])
      talk.say(['log', ref, logOf(bobs)])
      talk.say(['entries', ref, await bob.echo.exchange.entriesOf(space, bob.halo.device)], 'bulk')
      await turns(80)
      assert.deepEqual(talk.names(), ['lack'])
      assert.ok(talk.session.isOpen)
    }
    assert.equal(alice.halo.spaces.length, 3)
  })

  it('does not have entries of it taken that are of another one', async () => {
    using all = await neighbours()
    const { alice, bob, space, talk } = all
    const { id: own } = await bob.halo.createSpace('Cellar')
    const note = await bob.write(own, 'stray')
    talk.say(['entries', alice.ref(space), await bob.echo.exchange.entriesOf(own, bob.halo.device)], 'bulk')
    talk.say(['log', alice.ref(space), bob.halo.admissions.entriesOf(own)])
    await turns(80)
    assert.equal(alice.has(note), false)
    assert.equal(alice.halo.get(own), undefined)
  })

  it('does not bring another one to somebody who never joined it', async () => {
    using all = await neighbours()
    const { alice, bob, talk } = all
    const { id: own } = await bob.halo.createSpace('Advertisements')
    // She had begun to join, and thought better of it.
    await bob.halo.admissions.admitMember(own, await alice.halo.admissions.introduce(own, 'reader'), 'reader')
    talk.say(['log', bob.ref(own), bob.halo.admissions.entriesOf(own)])
    await turns(100)
    assert.equal(alice.halo.get(own), undefined)
  })

  it('does not have what was never written taken as safe with it', async () => {
    using all = await neighbours()
    const { alice, space, talk } = all
    talk.say(['held', alice.ref(space), [[alice.halo.device, 2 ** 40]]])
    talk.say(['have', alice.ref(space), [], [[alice.halo.device, 2 ** 40, null, []]], null, 'gaps'])
    await turns(50)
    await alice.write(space, 'not safe yet')
    const pending = () => alice.opened!.networking.status.sync!.pending
    assert.equal(pending(), 1)
  })

  it('does not have all names remembered that it makes up', async () => {
    using all = await neighbours()
    const { alice, talk } = all
    for (let n = 0; n < 3_000; n++)
      talk.say(['have', crypto.getRandomValues(new Uint8Array(32)), [], [], null, 'gaps'], 'bulk')
    await until('asked', () => talk.of('lack').length >= 2_000, 9_000)
    await turns(300)
    const [peer] = [
      ...(alice.mesh as unknown as { peers: Map<string, { lacked: Set<string> }> }).peers.values(),
    ]
    assert.ok(peer!.lacked.size <= 2_048, `${peer!.lacked.size} remembered`)
  })

  it('does not have more remembered of what it holds than there is', async () => {
    using all = await neighbours()
    const { alice, bob, space, talk } = all
    for (let n = 0; n < 4; n++) {
      const named = Array.from({ length: 1_000 }, () =>
        toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
      )
      talk.say(['held', alice.ref(space), named.map((id) => [id, 1] as const)])
    }
    await turns(100)
    const [peer] = [
      ...(
        alice.mesh as unknown as {
          peers: Map<string, { replicating: Map<string, { feeding: { theirs: Map<string, 1> } }> }>
        }
      ).peers.values(),
    ]
    const { theirs } = peer!.replicating.get(toBase64Url(bob.ref(space)))!.feeding
    assert.ok(theirs.size <= 2, `${theirs.size} remembered`)
  })
})

describe('who was removed', () => {
  it('is told so, and nothing that comes after it, in that session or another', async () => {
    using world = new World()
    const { people, space } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    await alice.online()
    const place = world.relay.enter(alice.meeting(space).topic)
    const talk = await bob.callFrom(place, alice)
    talk.say(['have', alice.ref(space), [...alice.halo.get(space)!.heads], [], null, 'gaps'])
    await until('there', () => talk.names().includes('have'))
    const ref = alice.ref(space)
    await alice.halo.removeMember(space, bob.identity)
    await until('told', () => talk.names().includes('log'))
    await turns(150)
    const heard = talk.heard.length
    await alice.write(space, 'without Bob')
    await alice.halo.rename(space, 'Without Bob')
    const after = alice.halo.admissions.entriesOf(space).at(-1)!
    talk.say(['have', ref, [], [], null, 'gaps'])
    talk.say(['want', ref, [anyId]])
    await turns(300)
    // Once more what has ended it, for it says that it has not heard of that.
    assert.deepEqual(talk.names().slice(heard), ['log', 'lack'])
    talk.session.close()
    place.leave()
    // It still knows where those meet who were there with it.
    const again = await bob.callFrom(world.relay.enter(place.topic), alice)
    again.say(['have', ref, [], [], null, 'gaps'])
    again.say(['lack', ref])
    await turns(150)
    assert.deepEqual(again.names(), ['log', 'lack'])
    for (const [t, , entries] of [...talk.heard.slice(heard), ...again.heard])
      if (t === 'log') assert.ok(!entries.some((bytes) => same(bytes, after)))
    assert.equal(same(place.topic, alice.meeting(space).topic), false)
  })

  it('that was stolen brings no logs that never end, for as long as nobody has revoked it', async () => {
    const refused = async () => {
      throw new HearthError('halo/refused', { reason: 'not all of it' })
    }
    const brought = new Brought({ takesFrom: () => true, join: refused }, anyId as DeviceId)
    const part = [new Uint8Array(MESSAGE_BYTES)]
    for (let bytes = 0; bytes < 3 * MAX_LOG_BYTES; bytes += MESSAGE_BYTES)
      await brought.take(String(bytes % 3), part).catch(() => undefined)
    assert.ok(brought.bytes <= MAX_LOG_BYTES, String(brought.bytes))
  })

  it('as a device is told nothing more, and brings no spaces', async () => {
    using world = new World()
    const [alice, phone] = [await world.person(), await world.person()]
    await alice.halo.admissions.admitDevice(await phone.halo.admissions.offer(alice.identity))
    const home = alice.halo.spaces.find(({ isPersonal }) => isPersonal)!.id
    await phone.halo.admissions.become(alice.halo.admissions.entriesOf(home))
    await alice.halo.admissions.receive(home, phone.halo.admissions.entriesOf(home))
    const { id: stolen } = await phone.halo.createSpace('Theft')
    await alice.online()
    const { topic } = alice.meeting(home)
    await alice.halo.revokeDevice(phone.halo.device)
    const mallory = world.relay.enter(topic)
    const talk = await phone.callFrom(mallory, alice)
    talk.say(['have', alice.ref(home), [], [], null, 'gaps'])
    talk.say(['log', phone.ref(stolen), phone.halo.admissions.entriesOf(stolen)])
    await turns(150)
    // What has ended it, for it says that it has not heard of that.
    assert.deepEqual(talk.names(), ['log', 'lack'])
    assert.equal(alice.halo.get(stolen), undefined)
  })
})

/** What somebody tries who was a device of Ann's once, and so knows where her words lead, but has none of them; and who has only met her. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginIdentity } from '../../worker/halo/genesis.js'
import { makeCapsule } from '../../worker/halo/kept/capsule.js'
import { recoverySecret } from '../../worker/halo/suite/recovery-words.js'
import { recoveryOf, wordsMeeting, type Recovery } from '../../worker/halo/suite/recovery.js'
import type { Signer } from '../../worker/halo/suite/signing.js'
import { answer, call } from '../../worker/mesh/handshaking.js'
import { makeHint } from '../../worker/mesh/hint.js'
import type { Link } from '../../worker/mesh/link.js'
import { MAX_SEEKERS } from '../../worker/mesh/reunion/holder.js'
import { TOGETHER } from '../../worker/mesh/reunion/seeker.js'
import { Session } from '../../worker/mesh/session.js'
import type { IdentityId, ObjectId, SpaceId } from '../../worker/protocol/ids.js'
import type { KeptCapsule, Message } from '../../worker/protocol/wire.js'
import { still, until } from './mallory/clock.js'
import { PATIENCE_MS, recover } from './mallory/keeping-kube.js'
import { Talk, World, type Person } from './mallory/world.js'

/** Of the place. */
interface Known {
  readonly topic: Uint8Array
  readonly psk?: Uint8Array
}

/** Ann's laptop is where her words lead. Mallory has her tablet, which she has revoked, and shares a kitchen with her. */
class Place implements Disposable {
  readonly world = new World()
  laptop!: Person
  tablet!: Person
  mallory!: Person
  words!: Recovery
  phrase!: string
  diary!: SpaceId
  rain!: ObjectId
  /** The log of her personal space, as the tablet has heard of it. */
  former!: readonly Uint8Array[]
  capsule!: KeptCapsule
  meeting!: ReturnType<typeof wordsMeeting>

  static async open(): Promise<Place> {
    const place = new Place()
    const { world } = place
    const { people, space } = await world.sharing(['admin'])
    const [laptop, mallory] = people as [Person, Person]
    const phrase = await laptop.words()
    const words = await recoveryOf(laptop.platform, recoverySecret(phrase))
    const { id: diary } = await laptop.halo.createSpace('Diary')
    const rain = await laptop.write(diary, 'Rain')
    const tablet = await world.person()
    await laptop.halo.admissions.admitDevice(await tablet.halo.admissions.offer(laptop.identity))
    const former = laptop.halo.admissions.entriesOf(laptop.personal)
    await tablet.halo.admissions.become(former)
    await laptop.halo.revokeDevice(tablet.halo.device)
    const { first } = laptop.halo.get(laptop.personal)!.kept.keys
    const made = await makeCapsule(laptop.platform, words, { identity: laptop.identity, first })
    const capsule = [made.replica, made.sealed, made.signature] as const
    assert.ok(laptop.halo.get(space) && mallory.halo.get(space))
    const meeting = wordsMeeting(words.topic)
    Object.assign(place, { laptop, tablet, mallory, words, phrase, diary, rain, former, capsule, meeting })
    await laptop.online()
    await place.laptopIsThere()
    return place
  }

  async laptopIsThere(): Promise<void> {
    const { relay } = this.world
    const at = [...this.meeting.topic].join()
    const isThere = () =>
      relay.wires.some(({ places }) => [...places.values()].some(({ topic }) => [...topic].join() === at))
    await until('the laptop to be there', isThere, PATIENCE_MS)
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]()
  }

  /** A session with the laptop, as somebody who knows the place. */
  async calls({ topic, psk }: Known = this.meeting): Promise<Talk> {
    const { tablet, world } = this
    const { agreement: own } = await tablet.halo.keys()
    const link = world.relay.enter(topic).link()
    return new Talk(
      new Session(
        tablet.platform,
        link,
        await call(tablet.platform, link, { own, topic, ...(psk && { psk }) }),
      ),
    )
  }

  async seeks(
    by: { readonly publicKey: Uint8Array },
    signer: Signer,
    said?: Uint8Array,
    known?: Known,
  ): Promise<Talk> {
    const talk = await this.calls(known)
    const { hash } = talk.session.agreed
    talk.say(['seek', by.publicKey, await signer.sign('recovery-seek', null, said ?? hash)])
    return talk
  }

  /** Somebody is where the words lead, as a device. */
  async stands(called: (link: Link) => void): Promise<void> {
    const { platform, halo } = this.tablet
    const peer = platform.random(16)
    const hint = await makeHint(platform, this.meeting.secret, peer, halo.device)
    this.world.relay.enter(this.meeting.topic, hint, peer).onCalled = called
  }

  /** And answers whoever asks. */
  async answers(as: Person, say: (session: Session, words: Uint8Array) => void): Promise<void> {
    const { topic, psk } = this.meeting
    const { agreement: own } = await as.halo.keys()
    const told = async (link: Link) => {
      const session = new Session(as.platform, link, await answer(as.platform, link, { own, topic, psk }))
      session.listen((message) => void (message[0] === 'seek' && say(session, message[1])))
    }
    await this.stands((link) => void told(link))
  }
}

const ended = ({ session }: Talk) => until('closed', () => !session.isOpen, PATIENCE_MS)

const given = (capsule: KeptCapsule, log: readonly Uint8Array[]) => (session: Session, words: Uint8Array) => {
  const said: Message[] = [
    ['found', words, capsule],
    ['log', capsule[0], log],
    ['have', capsule[0], [], [], null, 'gaps'],
  ]
  for (const message of said) void session.send(message)
}

describe('a device of Ann’s that is where her words lead', () => {
  it('gives what it has to who has them, and nothing to one that she has revoked', async () => {
    using place = await Place.open()
    const { words, tablet } = place
    const honest = await place.seeks(words.signer, words.signer)
    await until('all', () => honest.names().includes('have'), PATIENCE_MS)
    assert.deepEqual(honest.names(), ['found', 'log', 'have'])
    const { signer } = await tablet.halo.keys()
    const asks = [
      await place.seeks(words.signer, signer),
      await place.seeks(signer, signer),
      await place.seeks(words.signer, words.signer, new Uint8Array(32)),
    ]
    for (const talk of asks) {
      await ended(talk)
      assert.deepEqual(talk.names(), [])
    }
  })

  it('gives nothing to who has words of their own, and only met her', async () => {
    using place = await Place.open()
    const { signer } = (await place.mallory.halo.words())!
    const talk = await place.seeks(signer, signer)
    await ended(talk)
    assert.deepEqual(talk.names(), [])
  })

  it('gives it once in a session, and nothing to who asks for anything else', async () => {
    using place = await Place.open()
    const { words, capsule } = place
    const twice = await place.seeks(words.signer, words.signer)
    const again = await words.signer.sign('recovery-seek', null, twice.session.agreed.hash)
    await until('all', () => twice.names().includes('have'), PATIENCE_MS)
    twice.say(['seek', words.signer.publicKey, again])
    await ended(twice)
    assert.deepEqual(twice.names(), ['found', 'log', 'have'])
    const other = await place.calls()
    other.say(['lack', capsule[0]])
    await ended(other)
    assert.deepEqual(other.names(), [])
  })

  it('has no session with who knows no more than the topic, as a KUBE does', async () => {
    using place = await Place.open()
    const { words, meeting, tablet } = place
    const { topic } = meeting
    await assert.rejects(place.calls({ topic }))
    const guess = { topic, psk: tablet.platform.random(32) }
    const talk = await place.seeks(words.signer, words.signer, undefined, guess)
    await ended(talk)
    assert.deepEqual(talk.names(), [])
  })

  it('is there for so many at a time, and not for who stays and asks for nothing', async () => {
    using place = await Place.open()
    const { world, words } = place
    const talks = await Promise.all(Array.from({ length: MAX_SEEKERS + 1 }, () => place.calls()))
    const open = () => talks.filter(({ session }) => session.isOpen).length
    await until('one too many', () => open() === MAX_SEEKERS, PATIENCE_MS)
    await world.clock.pass(11_000)
    await until('nobody who says nothing', () => open() === 0, PATIENCE_MS)
    const honest = await place.seeks(words.signer, words.signer)
    await until('all', () => honest.names().includes('have'), PATIENCE_MS)
  })
})

describe('who comes back by words', () => {
  /** The laptop comes back when somebody else has answered. */
  async function recovers(place: Place, asked: Promise<void>): Promise<Person> {
    const { laptop, world, phrase, rain } = place
    laptop.mesh.cut()
    const phone = await world.person()
    const code = recover(phone, phrase)
    await asked
    await still(() => world.relay.frames.length)
    laptop.mesh.wake()
    assert.equal(await code, '')
    assert.equal(phone.identity, laptop.identity)
    assert.ok(phone.has(rain))
    return phone
  }

  for (const [what, log] of [
    ['a log of before, of an entry', ({ former }: Place) => former.slice(0, 1)],
    ['the log of another space', ({ laptop, diary }: Place) => laptop.halo.admissions.entriesOf(diary)],
    ['a log in which it is out', ({ laptop }: Place) => laptop.halo.admissions.entriesOf(laptop.personal)],
    ['bytes that are no log', () => [new Uint8Array(100)]],
    ['nothing', () => []],
  ] as const)
    it(`passes a device over that was revoked, and answers with ${what}`, async () => {
      using place = await Place.open()
      const { tablet, capsule } = place
      let heard: () => void
      const asked = new Promise<void>((resolve) => (heard = resolve))
      await place.answers(tablet, (session, words) => {
        given(capsule, log(place))(session, words)
        heard()
      })
      const phone = await recovers(place, asked)
      assert.ok(!phone.halo.get(phone.personal)!.log.state.devices.has(tablet.halo.device))
    })

  it('is not led into an identity that others made for their words', async () => {
    using place = await Place.open()
    const { mallory, words } = place
    const { platform } = mallory
    const known = {
      ...{ topic: new Uint8Array(32) },
      signer: { publicKey: words.signer.publicKey, sign: () => Promise.reject() },
      opener: { publicKey: words.opener.publicKey, open: () => Promise.reject() },
    }
    const profile = { displayName: 'Ann', deviceName: 'a phone' }
    const { genesis, key } = await beginIdentity(platform, await mallory.halo.keys(), known, profile)
    const { signer } = await mallory.halo.keys()
    const identity = genesis.entry.id as string as IdentityId
    const forged = await makeCapsule(platform, { ...words, signer }, { identity, first: key })
    let heard: () => void
    const asked = new Promise<void>((resolve) => (heard = resolve))
    await place.answers(mallory, (session, words) => {
      given([forged.replica, forged.sealed, forged.signature], [genesis.bytes])(session, words)
      heard()
    })
    const phone = await recovers(place, asked)
    assert.notEqual(phone.identity, identity)
  })

  it('takes no log without end', async () => {
    using place = await Place.open()
    const { tablet, capsule } = place
    let closed: () => void
    const asked = new Promise<void>((resolve) => (closed = resolve))
    const entries = Array.from({ length: 1024 }, () => Uint8Array.of(1))
    await place.answers(tablet, async (session, words) => {
      session.onClosed = () => closed()
      await session.send(['found', words, capsule])
      while (session.isOpen) await session.send(['log', capsule[0], entries], 'bulk')
    })
    await recovers(place, asked)
  })

  it('asks few at a time, and comes to those that answer in the end', async () => {
    using place = await Place.open()
    const { laptop, world, phrase, rain } = place
    laptop.mesh.cut()
    let calls = 0
    for (let n = 0; n < 2 * TOGETHER; n++) await place.stands(() => void calls++)
    const phone = await (await world.person()).online()
    const code = recover(phone, phrase)
    await until('somebody to be asked', () => calls > 0, PATIENCE_MS)
    await still(() => calls)
    assert.equal(calls, TOGETHER)
    laptop.mesh.wake()
    await place.laptopIsThere()
    await world.clock.pass(25_000, 200)
    assert.equal(await code, '')
    await until('what there is', () => phone.has(rain), PATIENCE_MS)
  })
})

/** What somebody tries at a KUBE that keeps spaces: to read there, to fill it, to have it forget, and to lead others to one of their own. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sha256 } from '../../kube/platform.js'
import { Database } from '../../kube/replicas/database.js'
import { Keeper } from '../../kube/replicas/keeper.js'
import type { KeptReplica } from '../../kube/replicas/replica.js'
import type { Limits } from '../../kube/replicas/room.js'
import { bring, type Made } from '../../kube/testing/kept-space.js'
import { encodeHead, encodeHeader } from '../../worker/echo/checkpoints/head.js'
import { readEntry } from '../../worker/echo/entry.js'
import type { Registration } from '../../worker/halo/kept/registration.js'
import { sealLogEntry } from '../../worker/halo/kept/sealed-log.js'
import { generateSigningKey, signerOf, type Signer } from '../../worker/halo/suite/signing.js'
import { HostedReplica } from '../../worker/hosted-replica.js'
import { call } from '../../worker/mesh/handshaking.js'
import { Kept } from '../../worker/mesh/keeping/kept.js'
import { Session } from '../../worker/mesh/session.js'
import { newId, toBase64Url, type ClientId, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import { HOST_TYPE } from '../../worker/protocol/own-types.js'
import { KEEP_TOPIC, type Keep, type Message } from '../../worker/protocol/wire.js'
import { LocalReplicas } from '../../worker/replicas.js'
import { still, turns, until } from './mallory/clock.js'
import { line, platformAt, staticKey } from './mallory/line.js'
import { World, type Person } from './mallory/world.js'

/** A KUBE, and a space that Olga made, of which Ed is an editor and Rita an admin. */
class Place implements AsyncDisposable {
  readonly world = new World()
  readonly folder = mkdtempSync(join(tmpdir(), 'hearth-keeping-'))
  keeper: Keeper
  olga!: Person
  ed!: Person
  rita!: Person
  space!: SpaceId

  constructor(limits: Partial<Limits> = {}) {
    this.keeper = new Keeper(new Database(this.folder), { limits })
  }

  static async open(limits?: Partial<Limits>): Promise<Place> {
    const place = new Place(limits)
    const { people, space } = await place.world.sharing(['editor', 'admin'])
    const [olga, ed, rita] = people as [Person, Person, Person]
    await ed.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    return Object.assign(place, { olga, ed, rita, space })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper.close()
    this.world[Symbol.dispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The server ends, and is started on the same folder. */
  async startAnew(): Promise<void> {
    await this.keeper.close()
    this.keeper = new Keeper(new Database(this.folder))
  }

  get ref(): Uint8Array {
    return this.olga.ref(this.space)
  }

  kept(person: Person) {
    return person.halo.get(this.space)!.kept
  }

  /** A session with the KUBE, and what comes in it. */
  async session(): Promise<{ session: Session; heard: Message[]; ends: ReturnType<typeof line> }> {
    const ends = line()
    void this.keeper.visit(ends[1])
    const platform = platformAt(this.world.clock)
    const session = new Session(
      ...([platform, ends[0]] as const),
      await call(platform, ends[0], { own: staticKey(), topic: KEEP_TOPIC }),
    )
    const heard: Message[] = []
    session.listen((message) => void heard.push(message))
    return { session, heard, ends }
  }

  /** As somebody who is in does it, and everything afterwards by hand. */
  async enter(person: Person) {
    const { session, heard } = await this.session()
    const [access, signature] = await this.kept(person).keys.access(session.agreed.hash)
    const isKept = ([t]: Message) => t === 'kept'
    /** Everything that was said there so far has been taken, or not. */
    const settled = async () => {
      const before = heard.filter(isKept).length
      await session.send(['keep', this.ref, access, signature, false])
      await until('answered', () => heard.filter(isKept).length > before, PATIENCE_MS)
      await (await this.replica()).takeLog([])
    }
    await settled()
    return { session, heard, settled }
  }

  async replica(): Promise<KeptReplica> {
    return (await this.keeper.open(this.ref, new Uint8Array(32), false))!.replica
  }

  /** The space as an honest device has a KUBE keep it. */
  hosted(person: Person): HostedReplica {
    const local = new LocalReplicas(person.halo, person.echo).all.find(({ space }) => space === this.space)!
    return new HostedReplica(person.halo.get(this.space)!, local)
  }

  /** An honest device keeps the space there, for as long as it is told to. */
  async keep(person: Person): Promise<{ kept: Kept; session: Session }> {
    const { session } = await this.session()
    const quiet = { held: () => undefined, changed: () => undefined }
    const kept = new Kept(platformAt(this.world.clock), session, this.hosted(person), quiet)
    session.listen((message) => kept.take(message as Keep))
    return { kept, session }
  }

  /** Olga has everything kept that she has, and leaves. */
  async level(): Promise<void> {
    const { kept, session } = await this.keep(this.olga)
    await until('level', () => kept.isLevel, PATIENCE_MS)
    kept.end()
    session.close()
  }

  /** What of a feed whoever is in can have there. */
  async feeds(): Promise<ReadonlyMap<string, number>> {
    const { session, heard } = await this.enter(this.olga)
    await until('told', () => heard.some(([t]) => t === 'have'), PATIENCE_MS)
    session.close()
    const have = heard.find((message) => message[0] === 'have')!
    return new Map(have[3].map(([device, seq]) => [device, seq]))
  }

  seqOf(person: Person, feeds: ReadonlyMap<string, number>): number {
    return feeds.get(person.halo.device) ?? 0
  }

  /** What somebody has written, as it goes to others. */
  entriesOf(person: Person): Promise<Uint8Array[]> {
    return person.echo.exchange.entriesOf(this.space, person.halo.device)
  }

  /** Of what somebody has written there, as their device makes one. */
  async checkpoint(person: Person, seq: number): Promise<Made> {
    const bytes = (await this.entriesOf(person))[seq - 1]!
    const { id } = await readEntry(bytes, sha256)
    const keys = await (
      this.kept(person) as unknown as { own: { keys(): Promise<{ signer: Signer }> } }
    ).own.keys()
    const piece = crypto.getRandomValues(new Uint8Array(2_000))
    const { heads } = this.hosted(person)
    const header = encodeHeader({
      ...{ replica: this.ref, author: person.halo.device, heads, epochs: [] },
      covers: [{ feed: person.halo.device, seq, id: toBase64Url(id) }],
      ...{ pieces: [{ hash: await sha256(piece), bytes: piece.length }], mayDrop: false },
    })
    const signature = await keys.signer.sign('checkpoint', this.ref, header)
    return { head: encodeHead(header, signature), pieces: [piece] }
  }

  async registration(person: Person): Promise<Registration> {
    return this.kept(person).registration(person.echo.exchange.positions(this.space))
  }
}

const fresh = async (): Promise<Signer> => {
  const platform = platformAt({ now: () => 0, later: () => () => undefined })
  return signerOf(platform, await generateSigningKey(platform))
}

/** On a busy machine, what is honest takes its time, in milliseconds. */
const PATIENCE_MS = 20_000

describe('a KUBE that keeps a space', () => {
  it('gives it to whoever is in, and nobody else is there', async () => {
    await using place = await Place.open()
    const note = await place.olga.write(place.space, 'Soup')
    await place.level()
    const { kept } = await place.keep(place.rita)
    await until('read', () => place.rita.has(note), PATIENCE_MS)
    await until('known to be level', () => kept.isLevel, PATIENCE_MS)
  })

  it('has all of it after it was started anew, and takes what comes next', async () => {
    await using place = await Place.open()
    await place.olga.write(place.space, 'Soup')
    await place.level()
    await place.startAnew()
    assert.equal(place.seqOf(place.olga, await place.feeds()), 1)
    await place.olga.write(place.space, 'Bread')
    await place.level()
    assert.equal(place.seqOf(place.olga, await place.feeds()), 2)
  })

  it('is known to have what somebody writes for the first time, though it says so before it gives it', async () => {
    await using place = await Place.open()
    const { olga, ed, space } = place
    const { kept } = await place.keep(olga)
    await until('level', () => kept.isLevel, PATIENCE_MS)
    const note = await ed.write(space, 'Bread')
    const { session } = await place.enter(ed)
    await session.send(['entries', place.ref, await place.entriesOf(ed)], 'bulk')
    await until('read', () => olga.has(note), PATIENCE_MS)
    await until('level again', () => kept.isLevel, 2_000)
  })

  it('takes a checkpoint that is offered in one breath with the log by which it was made', async () => {
    await using place = await Place.open()
    const { olga, space, ref } = place
    await olga.write(space, 'Soup')
    await place.level()
    const { heads } = await place.replica()
    await olga.halo.rename(space, 'Larder')
    const made = await place.checkpoint(olga, 1)
    const { session, heard } = await place.enter(olga)
    const [access, signature] = await place.kept(olga).keys.access(session.agreed.hash)
    const missing = await place.hosted(olga).logSince(heads)
    // To look at what comes first takes longer than to look at a checkpoint.
    void session.send(['keep', ref, access, signature, false])
    void session.send(['log', ref, missing])
    void session.send(['offer', ref, made.head])
    await until('asked for', () => heard.some(([t]) => t === 'fetch'), PATIENCE_MS)
  })

  it('deletes it when an admin wants that, and says so to all who are there', async () => {
    await using place = await Place.open()
    await place.olga.write(place.space, 'Soup')
    await place.level()
    const { kept: rita } = await place.keep(place.rita)
    const { kept } = await place.keep(place.olga)
    await until('there', () => kept.isLevel && rita.isLevel, PATIENCE_MS)
    await kept.forget()
    await until('told', () => [kept, rita].every(({ refusal }) => refusal === 'mesh/host-forgot'))
    await place.startAnew()
    assert.equal(await place.keeper.open(place.ref, new Uint8Array(32), false), undefined)
  })

  it('tells nothing to who knows its name and not the key of those who are in', async () => {
    await using place = await Place.open()
    await place.level()
    const { session, heard } = await place.session()
    const mallory = await fresh()
    const mine = await mallory.sign('replica-access', place.ref, session.agreed.hash)
    const [theirs] = await place.kept(place.olga).keys.access(session.agreed.hash)
    await session.send(['keep', place.ref, theirs, mine, true])
    await session.send(['keep', place.ref, mallory.publicKey, mine, true])
    await until('answered', () => heard.length >= 2)
    assert.deepEqual(
      heard.map(([t, , code]) => [t, code]),
      [
        ['unkept', 'mesh/host-denied'],
        ['unkept', 'mesh/host-denied'],
      ],
    )
  })

  it('tells nothing to who has seen how somebody else showed the key', async () => {
    await using place = await Place.open()
    await place.level()
    const { session, heard } = await place.session()
    const [access, signature] = await place.kept(place.olga).keys.access(new Uint8Array(32).fill(3))
    await session.send(['keep', place.ref, access, signature, true])
    await until('answered', () => heard.length > 0)
    assert.deepEqual(heard[0]!.slice(2), ['mesh/host-denied'])
  })

  it('gives no checkpoint to who has not shown that it is in, and takes none from it', async () => {
    await using place = await Place.open()
    const { olga, space } = place
    for (const title of ['Soup', 'Bread']) await olga.write(space, title)
    await place.level()
    const { replica } = (await place.keeper.open(place.ref, new Uint8Array(32), false))!
    const [one, two] = [await place.checkpoint(olga, 1), await place.checkpoint(olga, 2)]
    assert.ok(await bring(replica, one))
    const { session, heard } = await place.session()
    await session.send(['offer', place.ref, two.head])
    await session.send(['fetch', place.ref, replica.checkpoint!.id, 0])
    await session.send(['piece', place.ref, replica.checkpoint!.id, 0, one.pieces[0]!], 'bulk')
    await session.send(['keep', place.ref, new Uint8Array(32), new Uint8Array(64), false])
    await until('answered', () => heard.length > 0, PATIENCE_MS)
    assert.deepEqual(
      heard.map(([t]) => t),
      ['unkept'],
    )
    // Who has shown it is told of the one and asked for the other.
    const { session: ed, heard: told } = await place.enter(place.ed)
    await ed.send(['fetch', place.ref, replica.checkpoint!.id, 0])
    await until('given', () => told.some(([t]) => t === 'piece'), PATIENCE_MS)
    await ed.send(['offer', place.ref, two.head])
    await until('asked for', () => told.some(([t]) => t === 'fetch'), PATIENCE_MS)
  })

  it('does not begin replicas without end for one device', async () => {
    await using place = await Place.open({ perKey: 5_000 })
    const { session, heard } = await place.session()
    const mallory = await fresh()
    for (let n = 0; n < 1025; n++) {
      const ref = crypto.getRandomValues(new Uint8Array(32))
      const signature = await mallory.sign('replica-access', ref, session.agreed.hash)
      await session.send(['keep', ref, mallory.publicKey, signature, true])
    }
    const answers = () => heard.filter(([t]) => t !== 'room')
    await until('answered', () => answers().length === 1025, 30_000)
    assert.equal(heard.filter(([t]) => t === 'kept').length, 1024)
    assert.deepEqual(answers().at(-1)!.slice(2), ['mesh/host-full'])
  })

  it('answers no more handshakes at once than it can', async () => {
    await using place = await Place.open()
    const callers = Array.from({ length: 40 }, () => line())
    for (const [, end] of callers) void place.keeper.visit(end)
    await turns()
    assert.equal(callers.filter(([, end]) => end.isOpen).length, 32)
  })
})

describe('an editor who talks to that KUBE', () => {
  it('does not say whose feeds to take: not in an admin’s name either, and an admin not by a log of long ago', async () => {
    await using place = await Place.open()
    const { olga, ed, rita, space } = place
    const old = await place.registration(rita)
    await olga.halo.rename(space, 'Larder')
    await olga.write(space, 'Soup')
    await place.level()
    const { session, settled } = await place.enter(ed)
    const mallory = toBase64Url((await fresh()).publicKey)
    const said = await place.registration(olga)
    const more = { ...said, feeds: [...said.feeds, [mallory, null] as const] }
    const nobody = { ...said, feeds: [] }
    const signed = async (by: Person, one: Registration) => (await place.kept(by).sign(one))[1]
    const send = (one: Registration, signer: DeviceId, signature: Uint8Array) =>
      session.send(['feeds', place.ref, one.asOf, one.admins, one.members, one.feeds, signer, signature])
    await send(nobody, ed.halo.device, await signed(ed, nobody))
    await send(more, olga.halo.device, await signed(ed, more))
    await send({ ...old, feeds: [] }, rita.halo.device, await signed(rita, { ...old, feeds: [] }))
    await settled()
    await ed.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    const note = await ed.write(space, 'Bread')
    await session.send(['entries', place.ref, await place.entriesOf(ed)])
    await settled()
    await place.keep(rita)
    await until('what was written afterwards', () => rita.has(note), PATIENCE_MS)
    assert.deepEqual((await place.replica()).registration.feeds, said.feeds)
  })

  it('has nothing deleted, not in an admin’s name either', async () => {
    await using place = await Place.open()
    await place.olga.write(place.space, 'Soup')
    await place.level()
    const { session, heard, settled } = await place.enter(place.ed)
    const keys = await (
      place.kept(place.ed) as unknown as { own: { keys(): Promise<{ signer: Signer }> } }
    ).own.keys()
    const signature = await keys.signer.sign('replica-forget', place.ref, session.agreed.hash)
    await session.send(['forget', place.ref, place.ed.halo.device, signature])
    await session.send(['forget', place.ref, place.olga.halo.device, signature])
    await settled()
    assert.ok(!heard.some(([t]) => t === 'unkept'))
    assert.equal(place.seqOf(place.olga, await place.feeds()), 1)
  })

  it('leads nobody to a KUBE of their own', async () => {
    await using place = await Place.open()
    const { olga, ed, space, world } = place
    await olga.online()
    ed.echo.accept(newId<ClientId>(), 1, space, [
      { id: newId(), type: HOST_TYPE, value: { url: 'https://mallory.test' } },
    ])
    await ed.echo.settled()
    await olga.echo.exchange.receive(space, await place.entriesOf(ed))
    const rows = olga.echo.objectsOf(space, HOST_TYPE)
    assert.equal(rows.length, 1)
    await world.clock.pass(2_000, 100)
    await still(() => olga.planes.network.keepersOf(space).length, 20)
    assert.deepEqual(olga.planes.network.keepersOf(space), [])
  })
})

describe('who was removed, or never was in, and fills that KUBE', () => {
  let place: Place
  let session: Session
  let settled: () => Promise<void>
  before(async () => {
    place = await Place.open({ replica: 200_000 })
    const { olga, ed, space } = place
    await olga.write(space, 'Soup')
    await ed.write(space, 'Bread')
    await olga.echo.exchange.receive(space, await place.entriesOf(ed))
    await olga.halo.removeMember(space, ed.identity)
    await place.level()
    ;({ session, settled } = await place.enter(ed))
  })
  after(() => place[Symbol.asyncDispose]())

  const send = async (entries: readonly Uint8Array[]) => {
    await session.send(['entries', place.ref, entries])
    await settled()
    return (await place.replica()).positions
  }

  it('does not go on in a feed that has ended', async () => {
    await place.ed.write(place.space, 'More bread')
    const feeds = await send(await place.entriesOf(place.ed))
    assert.equal(place.seqOf(place.ed, feeds), 1)
  })

  it('adds nothing in somebody else’s name, of another space, or out of order', async () => {
    const { olga, rita, space } = place
    for (const title of ['Pepper', 'Salt']) await olga.write(space, title)
    const own = await place.entriesOf(olga)
    const [, second] = own as [Uint8Array, Uint8Array, Uint8Array]
    const forged = Uint8Array.from(second)
    // Its header is signed, and then comes the signature, of 64 bytes in front of the body.
    const at = forged.findIndex((_, i) => forged[i] === 0x58 && forged[i + 1] === 0x40)
    forged[at + 10]! ^= 1
    const { id: other } = await rita.halo.createSpace('Elsewhere')
    await rita.write(other, 'One')
    const elsewhere = await rita.echo.exchange.entriesOf(other, rita.halo.device)
    const seq = async (entries: readonly Uint8Array[]) => place.seqOf(olga, await send(entries))
    assert.equal(await seq([forged]), 1, 'with another signature')
    assert.equal(place.seqOf(rita, await send(elsewhere)), 0, 'of another space')
    assert.equal(await seq([own[2]!]), 1, 'out of order')
    assert.equal(await seq(own), 3, 'as it is')
  })

  it('brings nothing into the log', async () => {
    const { ed, olga, space } = place
    await olga.halo.rename(space, 'Larder')
    const halo = olga.halo.get(space)!
    const before = halo.heads
    const entries = halo.log.since([])
    const last = entries.at(-1)!
    type Insides = { own: { keys(): Promise<{ signer: Signer }> }; keys: { place: never } }
    const insides = (person: Person) => place.kept(person) as unknown as Insides
    const sealed = async (by: Person) =>
      sealLogEntry(
        platformAt(place.world.clock),
        insides(olga).keys.place,
        (await insides(by).own.keys()).signer,
        last,
      )
    const heads = async () => (await place.replica()).heads
    const known = await heads()
    const bring = async (bytes: Uint8Array) => {
      await session.send(['log', place.ref, [bytes]])
      await settled()
      return heads()
    }
    const good = await sealed(olga)
    const body = Uint8Array.from(good)
    body[body.length - 1]! ^= 1
    const signed = Uint8Array.from(good)
    const at = signed.findIndex((_, i) => signed[i] === 0x58 && signed[i + 1] === 0x40)
    signed[at + 10]! ^= 1
    assert.deepEqual(await bring(await sealed(ed)), known, 'by who is out')
    assert.deepEqual(await bring(body), known, 'with another body')
    assert.deepEqual(await bring(signed), known, 'with another signature')
    assert.deepEqual(await bring(good), before, 'as it is')
  })

  it('fills no more than there is room for, and who asked for it is told', async () => {
    const { olga, space } = place
    const { session: honest, heard } = await place.enter(olga)
    for (let n = 0; n < 4; n++)
      await olga.write(space, toBase64Url(crypto.getRandomValues(new Uint8Array(60_000))))
    await honest.send(['entries', place.ref, await place.entriesOf(olga)], 'bulk')
    await until('told', () =>
      heard.some((message) => message[0] === 'unkept' && message[2] === 'mesh/host-full'),
    )
    const seq = place.seqOf(olga, await place.feeds())
    assert.ok(seq >= 3 && seq < 7, String(seq))
  })

  it('fills no log for which there is no room', async () => {
    await using small = await Place.open({ replica: 1_000 })
    const { kept } = await small.keep(small.olga)
    await until('told', () => kept.refusal === 'mesh/host-full', PATIENCE_MS)
    assert.deepEqual((await small.replica()).heads, [])
  })
})

/** What somebody tries who would keep another from coming back by recovery words, or lead them elsewhere: at a KUBE, and by one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Limits } from '../../kube/replicas/room.js'
import { capsuleOf, rowsOf } from '../../kube/replicas/capsules.js'
import type { Database } from '../../kube/replicas/database.js'
import { ArrivingReplica } from '../../worker/arriving-replica.js'
import { beginIdentity } from '../../worker/halo/genesis.js'
import { isCapsule, makeCapsule } from '../../worker/halo/kept/capsule.js'
import { KeptKeys } from '../../worker/halo/kept/kept-keys.js'
import { signRegistration } from '../../worker/halo/kept/registration.js'
import { signEntry } from '../../worker/halo/log/signed.js'
import { recoverySecret } from '../../worker/halo/suite/recovery-words.js'
import { recoveryOf, type Recovery } from '../../worker/halo/suite/recovery.js'
import { generateSigningKey, signerOf } from '../../worker/halo/suite/signing.js'
import {
  fromBase64Url,
  toBase64Url,
  type DeviceId,
  type IdentityId,
  type SpaceId,
} from '../../worker/protocol/ids.js'
import { MAX_CAPSULE, type KeptCapsule } from '../../worker/protocol/wire.js'
import { until } from './mallory/clock.js'
import { PATIENCE_MS, recover } from './mallory/keeping-kube.js'
import { KeptKitchen } from './mallory/kept-kitchen.js'
import { platformAt } from './mallory/line.js'

class Place extends KeptKitchen {
  /** Ann's. */
  words!: Recovery

  static async open(): Promise<Place> {
    const place = new Place()
    await place.begin()
    place.words = await recoveryOf(place.platform, recoverySecret(await place.ann.words()))
    return place
  }

  /** Where the words lead, as whoever has them is told. */
  async ledTo(): Promise<KeptCapsule | null> {
    return (await this.talk()).seek(this.words.signer.publicKey, this.words.signer)
  }

  /** An identity that is Mallory's, and which has Ann's words as its own: everybody knows their keys whom she has met. */
  async madeUp() {
    const { platform, mallory, words } = this
    const keys = await mallory.halo.keys()
    const known = {
      ...{ topic: new Uint8Array(32) },
      signer: { publicKey: words.signer.publicKey, sign: () => Promise.reject() },
      opener: { publicKey: words.opener.publicKey, open: () => Promise.reject() },
    }
    const profile = { displayName: 'Ann', deviceName: 'a phone' }
    const { genesis, key } = await beginIdentity(platform, keys, known, profile)
    const identity = genesis.entry.id as string as IdentityId
    return { identity, genesis, first: key, kept: new KeptKeys(platform, fromBase64Url(identity), key) }
  }
}

const fresh = async (platform: Place['platform']) => signerOf(platform, await generateSigningKey(platform))

describe('a KUBE that is asked where words lead', () => {
  it('says it to who has them, and to nobody who has only met whose they are', async () => {
    await using place = await Place.open()
    const { words, ann, mallory } = place
    const { publicKey } = words.signer
    assert.deepEqual((await place.ledTo())?.[0], ann.ref(ann.personal))
    const { seek } = await place.talk()
    assert.equal(await seek(publicKey, (await mallory.halo.keys()).signer), null)
    const { session, next } = await place.talk()
    await session.send([
      ...(['seek', publicKey] as const),
      await words.signer.sign('recovery-seek', null, new Uint8Array(32)),
    ])
    assert.equal((await next('found'))[2], null, 'as it was shown elsewhere')
  })

  it('is not told otherwise by an admin of a space in which they are an admin’s, too', async () => {
    await using place = await Place.open()
    const { words, mallory, kitchen, platform, ann } = place
    const { session, keep, next } = await place.talk()
    const kept = place.keysOf(mallory, kitchen)
    await keep(kept)
    const { signer, opener } = words
    const { signer: his } = await mallory.halo.keys()
    const forged = await makeCapsule(
      platform,
      { ...words, opener, signer: { ...his, publicKey: signer.publicKey } },
      { identity: kitchen as string as IdentityId, first: kept.first },
    )
    assert.equal(await isCapsule(platform, forged), false)
    await session.send(['capsule', forged.words, forged.replica, forged.sealed, forged.signature])
    const [access, signature] = await kept.access(session.agreed.hash)
    await session.send(['keep', kept.replica, access, signature, false])
    await next('kept')
    assert.deepEqual((await place.ledTo())?.[0], ann.ref(ann.personal))
  })

  it('keeps nothing for words that are no admin’s of what they are to lead to', async () => {
    await using place = await Place.open()
    const { mallory, kitchen, platform } = place
    const { session, keep, next, seek } = await place.talk()
    const kept = place.keysOf(mallory, kitchen)
    await keep(kept)
    const words = await recoveryOf(platform, platform.random(32))
    const led = { identity: kitchen as string as IdentityId, first: kept.first }
    const { replica, sealed, signature } = await makeCapsule(platform, words, led)
    await session.send(['capsule', words.signer.publicKey, replica, sealed, signature])
    const [access, shown] = await kept.access(session.agreed.hash)
    await session.send(['keep', kept.replica, access, shown, false])
    await next('kept')
    assert.equal(await seek(words.signer.publicKey, words.signer), null)
  })

  it('keeps none for which there is no room', async () => {
    await using place = await Place.open()
    const { ann, kube, words } = place
    ann.planes.network.stop()
    const kept = place.keysOf(ann, ann.personal)
    const name = toBase64Url(kept.replica)
    const limits: { -readonly [K in keyof Limits]?: Limits[K] } = {}
    let known: Uint8Array | undefined
    await kube.change(async (database) => {
      const { sealed, signature } = capsuleOf(database, words.signer.publicKey)!
      known = sealed
      const keys = rowsOf({ words: words.signer.publicKey, replica: kept.replica, sealed, signature })
      await database.write(
        [],
        keys.map(([key]) => key),
      )
      limits.replica = Number(Buffer.from(database.get(['size', name])!).toString()) + MAX_CAPSULE - 1
    })
    await kube.change(async () => undefined, limits)
    const { session, keep, next } = await place.talk()
    await keep(kept)
    const signature = await words.signer.sign('recovery-capsule', kept.replica, known!)
    await session.send(['capsule', words.signer.publicKey, kept.replica, known!, signature])
    const [access, shown] = await kept.access(session.agreed.hash)
    await session.send(['keep', kept.replica, access, shown, false])
    await next('kept')
    assert.equal(await place.ledTo(), null)
  })

  it('has nothing to say once it has deleted what they led to', async () => {
    await using place = await Place.open()
    const { ann } = place
    const { session, keep, next } = await place.talk()
    const { kept } = ann.halo.get(ann.personal)!
    await keep(kept.keys)
    const [signer, signature] = await kept.signForgetting(session.agreed.hash)
    await session.send(['forget', kept.keys.replica, signer, signature])
    await next('unkept')
    assert.equal(await place.ledTo(), null)
  })
})

describe('a KUBE and somebody whom Ann has met, who lead her words elsewhere', () => {
  /** They have a whole identity kept there. */
  async function keepMadeUp(place: Place) {
    const { mallory } = place
    const made = await place.madeUp()
    const { session, keep, next } = await place.talk()
    const { signer } = await mallory.halo.keys()
    await keep(made.kept, true)
    const { id } = made.genesis.entry
    await session.send(['log', made.kept.replica, await made.kept.seal(signer, [made.genesis.bytes])])
    await next('kept')
    const own = toBase64Url(signer.publicKey) as DeviceId
    const who = [own, toBase64Url(place.words.signer.publicKey)].sort()
    const said = { asOf: [id], admins: who, members: who, feeds: [[own, null]] as const }
    const signature = await signRegistration(signer, made.kept.replica, said)
    await session.send([
      ...(['feeds', made.kept.replica, said.asOf, said.admins, said.members, said.feeds] as const),
      ...([own, signature] as const),
    ])
    await next('kept')
    return made
  }

  it('she is told that it is not hers, and stays who she is', async () => {
    await using place = await Place.open()
    const { world, kube, platform, words, mallory, ann } = place
    const made = await keepMadeUp(place)
    const { signer: his } = await mallory.halo.keys()
    const forged = await makeCapsule(
      platform,
      { ...words, signer: { ...his, publicKey: words.signer.publicKey } },
      made,
    )
    await kube.change((database) => database.write(rowsOf(forged)))
    ann.planes.network.stop()
    const device = await world.person()
    const before = device.identity
    assert.equal(await recover(device, await ann.words()), 'halo/refused')
    assert.equal(device.identity, before)
  })

  it('nor does she become somebody else when what she is led to is exchanged for it', async () => {
    await using place = await Place.open()
    const { world, ann, mallory } = place
    const { genesis } = await place.madeUp()
    const device = await world.person()
    const before = device.identity
    const secret = recoverySecret(await ann.words())
    await assert.rejects(device.halo.admissions.recover([genesis.bytes], ann.identity, secret), {
      code: 'halo/refused',
    })
    assert.equal(device.identity, before)
    assert.ok(!device.halo.spaces.some(({ id }) => (id as string) === genesis.entry.id))
    assert.notEqual(mallory.identity, ann.identity)
  })

  it('nor does one space of hers come in place of another', async () => {
    await using place = await Place.open()
    const { ann, kitchen, kube, world } = place
    const { id: trap } = await ann.halo.createSpace('Trap')
    await kube.keeps(ann, trap)
    const log = ann.halo.admissions.entriesOf(trap)
    const device = await world.person()
    const secret = recoverySecret(await ann.words())
    await device.halo.admissions.recover(ann.halo.admissions.entriesOf(ann.personal), ann.identity, secret)
    const keys = new Map([[kitchen as string, ann.halo.get(kitchen)!.firstKey]])
    await assert.rejects(device.halo.admissions.joinByWords(log, kitchen, keys), { code: 'halo/refused' })
    assert.equal(device.halo.get(trap), undefined)
  })
})

describe('a KUBE that withholds what it keeps', () => {
  it('says nothing of the log: she is told that it does not answer, and may ask another one', async () => {
    await using place = await Place.open()
    const { world, kube, ann } = place
    const name = toBase64Url(ann.ref(ann.personal))
    ann.planes.network.stop()
    await kube.change(async (database: Database) => {
      const [first] = database.rows(['log', name])
      // It has the others, and nobody can read them without this one.
      await database.write([
        [first!.key, database.rows(['log', toBase64Url(ann.ref(place.kitchen))])[0]!.value],
      ])
    })
    const device = await (await world.person()).online()
    const before = device.identity
    const code = recover(device, await ann.words())
    await world.clock.pass(30_000, 200)
    assert.equal(await code, 'mesh/timeout')
    assert.equal(device.identity, before)
  })

  it('tells an old state: she has that, and what has come since when somebody tells it', async () => {
    await using place = await Place.open()
    const { world, ann, kitchen, mallory } = place
    ann.planes.network.stop()
    const later = await ann.write(kitchen, 'Later')
    await ann.halo.rename(kitchen, 'Larder')
    const device = await world.person()
    assert.equal(await recover(device, await ann.words()), '')
    assert.equal(device.halo.get(kitchen)!.info.name, 'Kitchen')
    await mallory.halo.admissions.receive(kitchen, ann.halo.admissions.entriesOf(kitchen))
    await mallory.echo.exchange.receive(kitchen, await ann.echo.exchange.entriesOf(kitchen, ann.halo.device))
    await mallory.online()
    await until('the rest', () => device.has(later), PATIENCE_MS)
    assert.equal(device.halo.get(kitchen)!.info.name, 'Larder')
  })

  it('sends a log without end: no more of it is kept than a log can be', async () => {
    const platform = platformAt({ now: () => 0, later: () => () => undefined })
    const space = toBase64Url(platform.random(32)) as SpaceId
    const first = platform.random(32)
    const keys = new KeptKeys(platform, fromBase64Url(space), first)
    const replica = new ArrivingReplica(platform, space, first, 1 << 20)
    const signer = await fresh(platform)
    let bytes = 0
    for (let n = 0; n < 8; n++) {
      const { bytes: entry } = await signEntry(signer, {
        ...{ log: space as string as never, parents: [toBase64Url(platform.random(32)) as never] },
        action: { t: 'invitation', role: 'reader' },
        enclosed: { terms: new Uint8Array(200_000) },
      })
      await replica.takeLog(await keys.seal(signer, [entry]))
    }
    for (const entry of replica.take().values()) bytes += entry.length
    assert.ok(bytes > 1 << 19 && bytes <= 1 << 20, String(bytes))
  })
})

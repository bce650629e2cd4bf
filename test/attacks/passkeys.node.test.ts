/** What somebody tries who would have a passkey lead to another's words, or somebody's passkey lead elsewhere or nowhere: at a KUBE, and by one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passkeyOf, rowsOfPasskey } from '../../kube/replicas/passkeys.js'
import type { Limits } from '../../kube/replicas/room.js'
import type { KeptKeys } from '../../worker/halo/kept/kept-keys.js'
import {
  finderOf,
  makePasskeyCapsule,
  type Finder,
  type PasskeyCapsule,
} from '../../worker/halo/kept/passkey-capsule.js'
import { recoverySecret } from '../../worker/halo/suite/recovery-words.js'
import { recoveryOf } from '../../worker/halo/suite/recovery.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { PASSKEY_SALT } from '../../worker/protocol/passkey-salt.js'
import { MAX_CAPSULE, MAX_PASSKEYS, type KeptCapsule } from '../../worker/protocol/wire.js'
import { until } from './mallory/clock.js'
import { PATIENCE_MS, recover } from './mallory/keeping-kube.js'
import { KeptKitchen } from './mallory/kept-kitchen.js'

const ANSWER = new Uint8Array(32).fill(1)

/** Ann's passkey leads to her words. */
class Place extends KeptKitchen {
  /** Ann's. */
  finder!: Finder
  secret!: Uint8Array

  static async open(): Promise<Place> {
    const place = new Place()
    await place.begin((ann) =>
      ann.planes.passkeys.lock({ credential: new Uint8Array(16), salt: PASSKEY_SALT }, ANSWER),
    )
    const { ann } = place
    const hosts = () => ann.opened!.keeping.of(ann.personal)
    await until('the passkey to lead there', () => hosts()[0]?.passkeys === 1, PATIENCE_MS)
    place.secret = recoverySecret(await ann.words())
    place.finder = await finderOf(place.platform, ANSWER)
    return place
  }

  newFinder(): Promise<Finder> {
    return finderOf(this.platform, this.platform.random(32))
  }

  /** It is brought by somebody who is in; what the KUBE makes of it is done when it resolves. */
  async bring(keys: KeptKeys, ...capsules: PasskeyCapsule[]): Promise<void> {
    const { session, keep } = await this.talk()
    await keep(keys)
    for (const { finder, replica, sealed, signature, words, voucher } of capsules)
      await session.send(['passkey', finder, replica, sealed, signature, words, voucher])
    await keep(keys)
  }

  /** Where a passkey leads, as whoever has it is told. */
  async ledTo({ signer }: Finder): Promise<KeptCapsule | null> {
    return (await this.talk()).seek(signer.publicKey, signer)
  }
}

describe('a KUBE that is asked where a passkey leads', () => {
  it('says it to who has it, and to nobody else', async () => {
    await using place = await Place.open()
    const { ann, mallory, finder } = place
    assert.deepEqual((await place.ledTo(finder))?.[0], ann.ref(ann.personal))
    const { seek } = await place.talk()
    assert.equal(await seek(finder.signer.publicKey, (await mallory.halo.keys()).signer), null)
  })

  it('takes none for somebody’s words from who has met them, for the words have not vouched for it', async () => {
    await using place = await Place.open()
    const { platform, mallory, kitchen, secret } = place
    const his = await place.newFinder()
    const kept = place.keysOf(mallory, kitchen)
    const { signer } = await mallory.halo.keys()
    const known = (await recoveryOf(platform, secret)).signer.publicKey
    const forged = await makePasskeyCapsule(platform, his, signer, kept.replica, platform.random(32))
    await place.bring(kept, { ...forged, words: known })
    assert.equal(await place.ledTo(his), null)
  })

  it('takes none for words that are no admin’s of what they are to lead to', async () => {
    await using place = await Place.open()
    const { platform, mallory, kitchen } = place
    const his = await place.newFinder()
    const kept = place.keysOf(mallory, kitchen)
    const nobodys = platform.random(32)
    const { signer } = await recoveryOf(platform, nobodys)
    await place.bring(kept, await makePasskeyCapsule(platform, his, signer, kept.replica, nobodys))
    assert.equal(await place.ledTo(his), null)
  })

  it('has somebody’s passkey lead nowhere else, whoever knows by what it is found', async () => {
    await using place = await Place.open()
    const { platform, mallory, kitchen, ann, finder } = place
    const kept = place.keysOf(mallory, kitchen)
    const own = recoverySecret(await mallory.words())
    const { signer } = await recoveryOf(platform, own)
    const his = await place.newFinder()
    const { publicKey } = finder.signer
    const inHerName = { ...his, signer: { ...his.signer, publicKey } }
    const forged = await makePasskeyCapsule(platform, inHerName, signer, kept.replica, own)
    await place.bring(kept, forged)
    assert.deepEqual((await place.ledTo(finder))?.[0], ann.ref(ann.personal))
  })

  it('keeps eight for the same words, and one of these again, and no ninth', async () => {
    await using place = await Place.open()
    const { platform, ann, secret, finder } = place
    const kept = place.keysOf(ann, ann.personal)
    const { signer } = await recoveryOf(platform, secret)
    const more = await Promise.all(Array.from({ length: MAX_PASSKEYS }, () => place.newFinder()))
    const capsules: PasskeyCapsule[] = []
    for (const one of [...more, finder])
      capsules.push(await makePasskeyCapsule(platform, one, signer, kept.replica, secret))
    await place.bring(kept, ...capsules)
    const led = await Promise.all([finder, ...more].map((one) => place.ledTo(one)))
    assert.deepEqual(
      led.map((one) => one !== null),
      [true, ...more.map((_, n) => n < MAX_PASSKEYS - 1)],
    )
    assert.deepEqual(led[0]?.[1], capsules.at(-1)!.sealed)
  })

  it('keeps none for which there is no room', async () => {
    await using place = await Place.open()
    const { platform, ann, kube, secret } = place
    ann.planes.network.stop()
    const kept = place.keysOf(ann, ann.personal)
    const limits: { -readonly [K in keyof Limits]?: Limits[K] } = {}
    await kube.change(async (database) => {
      const size = database.get(['size', toBase64Url(kept.replica)])!
      limits.replica = Number(Buffer.from(size).toString()) + MAX_CAPSULE - 1
    })
    await kube.change(async () => undefined, limits)
    const another = await place.newFinder()
    const { signer } = await recoveryOf(platform, secret)
    await place.bring(kept, await makePasskeyCapsule(platform, another, signer, kept.replica, secret))
    assert.equal(await place.ledTo(another), null)
  })

  it('has nothing to say, and nothing of it on its disk, once it has deleted what it led to', async () => {
    await using place = await Place.open()
    const { ann, kube, finder } = place
    const { session, keep, next } = await place.talk()
    const { kept } = ann.halo.get(ann.personal)!
    await keep(kept.keys)
    const [signer, signature] = await kept.signForgetting(session.agreed.hash)
    await session.send(['forget', kept.keys.replica, signer, signature])
    await next('unkept')
    assert.equal(await place.ledTo(finder), null)
    for (const kind of ['passkey', 'finder']) assert.deepEqual(kube.database.keys([kind]), [])
  })
})

describe('a KUBE that leads Ann’s passkey elsewhere', () => {
  /** What it has of hers becomes this. */
  async function exchange(place: Place, other: (own: PasskeyCapsule) => Promise<PasskeyCapsule>) {
    const { ann, kube, finder, platform, secret } = place
    ann.planes.network.stop()
    const { signer } = await recoveryOf(platform, secret)
    await kube.change(async (database) => {
      const [replica, sealed, signature] = passkeyOf(database, finder.signer.publicKey)!
      const own = {
        ...{ finder: finder.signer.publicKey, replica, sealed, signature },
        ...{ words: signer.publicKey, voucher: new Uint8Array(64) },
      }
      await database.write(rowsOfPasskey(await other(own)))
    })
  }

  const stays = async (place: Place) => {
    const device = await place.world.person()
    const before = device.identity
    assert.equal(await recover(device, ANSWER), 'halo/refused')
    assert.equal(device.identity, before)
  }

  it('to Mallory’s words, under a key that he knows: she is told, and stays who she is', async () => {
    await using place = await Place.open()
    const { platform, mallory } = place
    const secret = recoverySecret(await mallory.words())
    const { signer } = await recoveryOf(platform, secret)
    await exchange(place, async (own) => {
      const his = await place.newFinder()
      const lead = await makePasskeyCapsule(platform, his, signer, own.replica, secret)
      return { ...own, sealed: lead.sealed, signature: lead.signature }
    })
    await stays(place)
  })

  it('to the same words, in another space: she is told, and stays who she is', async () => {
    await using place = await Place.open()
    const { ann, kitchen } = place
    await exchange(place, async (own) => ({ ...own, replica: ann.ref(kitchen) }))
    await stays(place)
  })
})

/** What an identity's own space keeps of its other spaces, and what the recovery words make of that. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedPlatform } from '../test/simulation/device.js'
import { Disk } from '../test/simulation/disk.js'
import { freshDevices } from '../test/simulation/fresh-devices.js'
import { admit, Device, meet, tell } from '../test/simulation/people-and-feeds.js'
import { Random } from '../test/e2e/random.js'
import { belongingOf, type Belonging } from './belongings.js'
import { decodeStored } from './echo/bare-entry.js'
import { QueryWindow } from './echo/matching.js'
import { Keyring } from './halo/epochs/keyring.js'
import { readKept } from './halo/log/signed.js'
import { SpaceLog } from './halo/log/space-log.js'
import { HaloSpace } from './halo/space.js'
import { recoveryOf } from './halo/suite/recovery.js'
import { recoverySecret } from './halo/suite/recovery-words.js'
import { newId, type ObjectId, type SpaceId } from './protocol/ids.js'
import { SPACE_TYPE } from './protocol/own-types.js'

const { fresh } = freshDevices(9000)
const personal = ({ halo }: Device) => halo.identity.id as string as SpaceId
const all = (device: Device): Belonging[] =>
  device.echo.objectsOf(personal(device), SPACE_TYPE).map((record) => belongingOf(record))
type Keys = Pick<Belonging, 'space' | 'keys'>
const kept = (device: Device): Keys[] => inOrder(all(device).map(({ space, keys }) => ({ space, keys })))
const inOrder = (belongings: Keys[]) => belongings.sort((a, b) => (a.space < b.space ? -1 : 1))
const keyOf = ({ halo }: Device, space: SpaceId): [string, Uint8Array][] => [...halo.get(space)!.latestKeys()]

/** Waits until the personal space keeps what it should. */
async function keeps(device: Device, expected: readonly [SpaceId, [string, Uint8Array][]][]): Promise<void> {
  const wanted = inOrder(expected.map(([space, keys]) => ({ space, keys: new Map(keys) })))
  const same = () => {
    try {
      assert.deepEqual(kept(device), wanted)
      return true
    } catch {
      return false
    }
  }
  for (let turn = 0; turn < 400 && !same(); turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  await device.echo.settled()
  assert.deepEqual(kept(device), wanted)
}

describe('the personal space', () => {
  it('keeps the id and the latest key of each space that this identity makes, and forgets what it leaves', async () => {
    const olga = await fresh()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    const { id: garden } = await olga.halo.createSpace('Garden')
    await keeps(olga, [
      [kitchen, keyOf(olga, kitchen)],
      [garden, keyOf(olga, garden)],
    ])
    await olga.halo.deleteSpace(garden)
    await keeps(olga, [[kitchen, keyOf(olga, kitchen)]])
  })

  it('keeps the new key when somebody is removed, and not the one that they know', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    await admit(olga, kitchen, ed, 'editor')
    const before = keyOf(olga, kitchen)
    await keeps(olga, [[kitchen, before]])
    await keeps(ed, [[kitchen, before]])
    await olga.halo.removeMember(kitchen, ed.halo.identity.id)
    const after = keyOf(olga, kitchen)
    assert.notDeepEqual(after, before)
    await keeps(olga, [[kitchen, after]])
  })

  it('keeps the first key of each as well, by which it is found where it is kept; also if an earlier build has not', async () => {
    const olga = await fresh()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    await keeps(olga, [[kitchen, keyOf(olga, kitchen)]])
    const { firstKey } = olga.halo.get(kitchen)!
    assert.deepEqual(all(olga)[0]!.first, firstKey)
    const { id } = olga.echo.objectsOf(personal(olga), SPACE_TYPE)[0]!
    olga.echo.accept(olga.life.client, 1, personal(olga), [{ id, op: { t: 'del', at: ['first'] } }])
    await olga.echo.settled()
    assert.equal(all(olga)[0]!.first, undefined)
    await olga.again()
    for (let turn = 0; turn < 400 && !all(olga)[0]!.first; turn++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    assert.deepEqual(all(olga)[0]!.first, firstKey)
  })

  it('keeps it in the next life, when the power was gone before it could', async () => {
    const olga = await fresh()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    await olga.again()
    await keeps(olga, [[kitchen, keyOf(olga, kitchen)]])
    const entries = await olga.echo.exchange.holdings(personal(olga))
    await olga.again()
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.deepEqual(await olga.echo.exchange.holdings(personal(olga)), entries, 'nothing is written again')
  })

  it('shows no app what it keeps', async () => {
    const olga = await fresh()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    await keeps(olga, [[kitchen, keyOf(olga, kitchen)]])
    for (const spec of [{}, { type: SPACE_TYPE }, { space: personal(olga) }]) {
      const seen = new QueryWindow(olga.echo.queries.matching(spec), undefined, undefined, () => undefined)
      assert.deepEqual(seen.view(), [])
    }
  })

  it('is the same at two devices of one identity, whichever made the space', async () => {
    const [first, second] = [await fresh(), await fresh()]
    const { id } = first.halo.identity
    const former = personal(second)
    await first.halo.admissions.admitDevice(await second.halo.admissions.offer(id))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(personal(first)))
    // The personal space that the second one had before is another one now.
    const formerly: [SpaceId, [string, Uint8Array][]] = [former, keyOf(second, former)]
    await keeps(second, [formerly])
    await meet(personal(first), first, second)
    const { id: kitchen } = await first.halo.createSpace('Kitchen')
    await keeps(first, [[kitchen, keyOf(first, kitchen)], formerly])
    await second.halo.admissions.join(first.halo.admissions.entriesOf(kitchen))
    await tell(personal(first), first, second)
    await second.again()
    await keeps(second, [[kitchen, keyOf(second, kitchen)], formerly])
    await tell(personal(first), second, first)
    await first.again()
    await keeps(first, [[kitchen, keyOf(first, kitchen)], formerly])
  })
})

describe('24 words and what a host has of the personal space', () => {
  it('give back the keys of the other spaces, and with those what is in them', async () => {
    const olga = await fresh()
    const words = await olga.halo.recoveryPhrase()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    const note = newId<ObjectId>()
    olga.echo.accept(olga.life.client, 1, kitchen, [{ id: note, type: 'note', value: { title: 'Milk' } }])
    await olga.echo.settled()
    await keeps(olga, [[kitchen, keyOf(olga, kitchen)]])

    // What a host has: logs and entries, and no key.
    const logOf = (space: SpaceId) => olga.halo.admissions.entriesOf(space)
    const entriesOf = (space: SpaceId) => olga.echo.exchange.entriesOf(space, olga.halo.device)
    const host = {
      personal: { log: logOf(personal(olga)), entries: await entriesOf(personal(olga)) },
      kitchen: { log: logOf(kitchen), entries: await entriesOf(kitchen) },
    }

    // Somewhere else, with nothing but the words.
    const platform = simulatedPlatform(new Disk(), new Random(1))
    const stranger = await fresh()
    const own = {
      id: stranger.halo.device,
      identity: olga.halo.identity.id,
      keys: () => Promise.reject(),
      recovery: new Map(),
      words: async () => undefined,
    }
    const spaceOf = (log: readonly Uint8Array[], keyring: Keyring) => {
      const signed = log.map(readKept)
      for (const one of signed) keyring.meet(one)
      return new HaloSpace(platform, SpaceLog.of(signed), keyring, own, 0)
    }
    const { opener } = await recoveryOf(platform, await recoverySecret(words))
    const keyring = new Keyring(platform)
    const found = spaceOf(host.personal.log, keyring)
    for (const { entry } of found.log.entries)
      for (const [epoch, key] of await keyring.learnByWords(entry.id, opener)) keyring.restore(epoch, key)
    const read = (space: HaloSpace, entries: readonly Uint8Array[]) =>
      Promise.all(entries.map((bytes) => decodeStored(bytes, space, platform.sha256)))

    const creations = (await read(found, host.personal.entries)).flatMap((entry) => entry.creations)
    const belongings = creations
      .filter(([, type]) => type === SPACE_TYPE)
      .map(([, , value]) => belongingOf({ value }))
    assert.deepEqual(
      belongings.map(({ space }) => space),
      [kitchen],
    )
    const kitchenKeys = new Keyring(platform)
    for (const [epoch, key] of belongings[0]!.keys) kitchenKeys.restore(epoch as never, key)
    const [entry] = await read(spaceOf(host.kitchen.log, kitchenKeys), host.kitchen.entries)
    assert.deepEqual(entry!.creations, [[note, 'note', { title: 'Milk' }]])
  })
})

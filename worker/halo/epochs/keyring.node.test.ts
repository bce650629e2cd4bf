/** Which keys of a space a device comes to have. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { forge, person, platform, spaceOf, type Person } from '../../../test/simulation/people.js'
import { logBytes, type SignedEntry } from '../log/signed.js'
import type { SpaceLog } from '../log/space-log.js'
import type { Action, LogEntryId } from '../membership/actions.js'
import { beginEpoch, sealKey, type EpochKeys } from './epoch.js'
import { Keyring } from './keyring.js'

let olga: Person
let kitchen: SpaceLog
before(async () => {
  olga = await person()
  kitchen = await spaceOf(olga)
})
const genesisOf = (log: SpaceLog) => [...log.entries][0]!
const learn = async (keyring: Keyring, signed: SignedEntry) => {
  keyring.meet(signed)
  const learnt = await keyring.learn(signed, olga.device, olga.keys.opener)
  for (const [epoch, key] of learnt) keyring.restore(epoch, key)
  return [...learnt.keys()]
}
async function rotation(log: SpaceLog, older: EpochKeys, change: object = {}): Promise<SignedEntry> {
  const to = new Map([[olga.device, olga.keys.opener.publicKey]])
  const { epoch } = await beginEpoch(platform, logBytes(log.membership.id), to, older, log.recovery)
  return forge(olga, log, { t: 'rotate-epoch' }, { epoch: { ...epoch, ...change } })
}

describe('a keyring', () => {
  it('has what was sealed to its device, once', async () => {
    const keyring = new Keyring(platform)
    assert.deepEqual(await learn(keyring, genesisOf(kitchen)), [kitchen.id])
    assert.deepEqual(await learn(keyring, genesisOf(kitchen)), [])
    assert.equal(keyring.has(kitchen.membership.id), true)
  })

  it('has what is under a key, also if it was not there when that was new', async () => {
    const known = new Keyring(platform)
    await learn(known, genesisOf(kitchen))
    const next = await rotation(
      kitchen,
      new Map([[kitchen.membership.id, known.get(kitchen.membership.id)!]]),
    )
    const late = new Keyring(platform)
    late.meet(genesisOf(kitchen))
    assert.deepEqual((await learn(late, next)).sort(), [kitchen.id, next.entry.id].sort())
  })

  it('has a key whose box of older ones is broken', async () => {
    const known = new Keyring(platform)
    await learn(known, genesisOf(kitchen))
    const older = { salt: new Uint8Array(32), commitment: new Uint8Array(32), bytes: new Uint8Array(40) }
    const next = await rotation(kitchen, new Map(), { older })
    assert.deepEqual(await learn(known, next), [next.entry.id])
  })

  it('takes a key that is sealed once more, of an epoch that it knows', async () => {
    const keyring = new Keyring(platform)
    await learn(keyring, genesisOf(kitchen))
    const key = keyring.get(kitchen.membership.id)!
    const sealed = await sealKey(platform, logBytes(kitchen.membership.id), key, olga.keys.opener.publicKey)
    const again = (epoch: string, bytes = sealed) =>
      forge(olga, kitchen, { t: 'reseal' } satisfies Action, {
        keys: [{ epoch: epoch as LogEntryId, device: olga.device, sealed: bytes }],
      })
    const late = new Keyring(platform)
    late.meet(genesisOf(kitchen))
    assert.deepEqual(await learn(late, await again(kitchen.id, new Uint8Array(99))), [], 'garbage')
    assert.deepEqual(await learn(late, await again(olga.id)), [], 'of an epoch that is not here')
    assert.deepEqual(await learn(late, await again(kitchen.id)), [kitchen.id])
  })
})

describe('the words of an identity', () => {
  it('open every epoch of its own log', async () => {
    const next = await rotation(olga.log, new Map())
    const keyring = new Keyring(platform)
    for (const signed of [genesisOf(olga.log), next]) keyring.meet(signed)
    for (const { entry } of [genesisOf(olga.log), next])
      assert.deepEqual([...(await keyring.learnByWords(entry.id, olga.words.opener)).keys()], [entry.id])
  })

  it('open nothing else', async () => {
    const keyring = new Keyring(platform)
    keyring.meet(genesisOf(kitchen))
    const stranger = await person()
    keyring.meet(genesisOf(stranger.log))
    for (const epoch of [kitchen.id, stranger.id, olga.id])
      assert.equal((await keyring.learnByWords(epoch as string as LogEntryId, olga.words.opener)).size, 0)
  })
})

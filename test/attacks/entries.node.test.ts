/** Entries of membership logs, as bytes, by people who lie about devices, identities and keys. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { decode } from 'cborg'
import { beginEpoch, sealKey } from '../../worker/halo/epochs/epoch.js'
import { Keyring } from '../../worker/halo/epochs/keyring.js'
import { consent, possess, readProof } from '../../worker/halo/log/evidence.js'
import type { Enclosed } from '../../worker/halo/log/payload.js'
import { deviceIdOf, logBytes, verifyEntry } from '../../worker/halo/log/signed.js'
import { SpaceLog } from '../../worker/halo/log/space-log.js'
import type { Action } from '../../worker/halo/membership/actions.js'
import { fromBase64Url } from '../../worker/protocol/ids.js'
import {
  admission,
  cbor,
  forge,
  offered,
  person,
  platform,
  proofOf,
  spaceOf,
  type Person,
} from '../simulation/people.js'

let olga: Person
let ed: Person
let mallory: Person
let kitchen: SpaceLog
before(async () => {
  ;[olga, ed, mallory] = await Promise.all([person(), person(), person()])
  kitchen = await spaceOf(olga)
})
const refused = (what: Promise<unknown>, why: string) =>
  assert.rejects(what, (e: { code?: string }) => e.code === 'halo/refused', why)

it('an entry by Mallory that says it is by Olga is refused', async () => {
  const { bytes } = await forge(mallory, kitchen, { t: 'rename' }, { name: 'Mine' })
  const [payload, signature] = decode(bytes) as [Uint8Array, Uint8Array]
  const fields = { ...(decode(payload) as object), author: fromBase64Url(olga.device) }
  await refused(verifyEntry(platform, cbor([cbor(fields), signature])), 'author')
})

describe('Mallory', () => {
  it('does not make Ed’s device one of hers, without its signature', async () => {
    const log = await SpaceLog.read(platform, proofOf(mallory))
    const action: Action = { t: 'admit-device', member: mallory.id, device: ed.device }
    const agreement = mallory.keys.opener.publicKey
    const possession = await possess(mallory.keys.signer, log.membership.id, agreement)
    const entry = await forge(mallory, log, action, { agreement, possession, keys: [] })
    await refused(offered(log, entry), 'possession')
  })

  type Admission = Extract<Action, { t: 'admit-member' }>
  /** Whatever is written, she agrees to that: nothing else is what keeps it away. */
  const agreed = async (by: Person, action: Admission): Promise<Enclosed> => ({
    consents: [[by.device, await consent(by.keys.signer, kitchen.membership.id, action)]],
  })
  type Attempt = (action: Admission) => Promise<[Admission, Enclosed]>
  const as =
    (change: () => Partial<Admission>): Attempt =>
    async (action) => {
      const changed = { ...action, ...change() }
      return [changed, await agreed(mallory, changed)]
    }
  const attempts: [what: string, attempt: Attempt][] = [
    ['under Ed’s identity, by her own proof', as(() => ({ member: ed.id }))],
    ['with a device of Ed’s', as(() => ({ devices: [mallory.device, ed.device] }))],
    ['with words that are Ed’s', as(() => ({ recovery: deviceIdOf(ed.words.signer) }))],
    ['without having agreed', async (action) => [action, { consents: [] }]],
    ['by the agreement of a device that is not hers', async (action) => [action, await agreed(ed, action)]],
    [
      'with a greater role than she agreed to',
      async (action) => [{ ...action, role: 'admin' }, await agreed(mallory, action)],
    ],
    [
      'by an agreement to another space',
      async (action) => [
        action,
        { consents: (await admission(await spaceOf(olga), mallory)).enclosed.consents },
      ],
    ],
  ]
  for (const [what, attempt] of attempts)
    it(`does not come in ${what}`, async () => {
      const { action, enclosed } = await admission(kitchen, mallory)
      const [changed, more] = await attempt(action)
      const entry = await forge(olga, kitchen, changed, { ...enclosed, ...more })
      await refused(offered(kitchen, entry), what)
    })

  it('proves nothing by entries of two identities, or by proofs in proofs', async () => {
    await refused(readProof(platform, [...proofOf(mallory), ...proofOf(ed)]), 'two')
    const other = await forge(ed, ed.log, { t: 'rename' }, { name: 'x' })
    await refused(readProof(platform, [...proofOf(mallory), other.bytes]), 'two logs')
    // Signed for another log, on top of this one.
    const { heads } = mallory.log.membership
    const stray = await forge(mallory, kitchen, { t: 'profile' }, { profile: { displayName: 'x' } }, heads)
    await refused(readProof(platform, [...proofOf(mallory), stray.bytes]), 'another log')
    const { action, enclosed } = await admission(mallory.log, ed)
    const nested = await forge(mallory, mallory.log, action, enclosed)
    await refused(readProof(platform, [...proofOf(mallory), nested.bytes]), 'nested')
  })

  it('puts no entry of one space into another', async () => {
    const other = await spaceOf(olga)
    const entry = await forge(olga, kitchen, { t: 'rename' }, { name: 'x' }, other.membership.heads)
    await refused(offered(other, entry), 'another log')
  })
})

it('a removal that brings no key is refused', async () => {
  const log = await spaceOf(olga)
  const { action, enclosed } = await admission(log, ed)
  log.take((await offered(log, await forge(olga, log, action, enclosed)))!)
  const removal: Action = { t: 'remove-member', member: ed.id, cuts: [] }
  await refused(offered(log, await forge(olga, log, removal, {})), 'no key')
})

describe('an author who seals to one member another key than to the others', () => {
  it('gives that member no key', async () => {
    const id = kitchen.membership.id
    const log = logBytes(id)
    const { epoch } = await beginEpoch(platform, log, new Map(), new Map())
    const other = await sealKey(platform, log, new Uint8Array(32).fill(7), ed.keys.opener.publicKey)
    const rotation = await forge(
      olga,
      kitchen,
      { t: 'rotate-epoch' },
      { epoch: { ...epoch, sealed: [[ed.device, other]] } },
    )
    const keyring = new Keyring(platform)
    keyring.meet(rotation)
    assert.equal((await keyring.learn(rotation, ed.device, ed.keys.opener)).size, 0)
  })

  it('gives nobody another old key under a new one', async () => {
    const id = kitchen.membership.id
    const log = logBytes(id)
    const to = new Map([[ed.device, ed.keys.opener.publicKey]])
    const { epoch } = await beginEpoch(platform, log, to, new Map([[id, new Uint8Array(32).fill(7)]]))
    const rotation = await forge(olga, kitchen, { t: 'rotate-epoch' }, { epoch })
    const keyring = new Keyring(platform)
    for (const signed of kitchen.entries) keyring.meet(signed)
    keyring.meet(rotation)
    const learnt = await keyring.learn(rotation, ed.device, ed.keys.opener)
    assert.deepEqual([...learnt.keys()], [rotation.entry.id])
  })
})

/** Entries of membership logs that come from anywhere: what is taken, and what is not. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { decode } from 'cborg'
import {
  admission,
  cbor,
  forge,
  offered,
  person,
  platform,
  proofOf,
  signed,
  spaceOf,
  type Person,
} from '../../../test/simulation/people.js'
import { HearthError } from '../../protocol/errors.js'
import { fromBase64Url } from '../../protocol/ids.js'
import { beginIdentity } from '../genesis.js'
import type { Action } from '../membership/actions.js'
import { consentToRebind, possess, readProof } from './evidence.js'
import type { Enclosed } from './payload.js'
import { deviceIdOf, readKept, signEntry, verifyEntry } from './signed.js'
import { SpaceLog } from './space-log.js'

const refused = (reason?: RegExp) => (e: unknown) => {
  assert.equal(e instanceof HearthError && e.code, 'halo/refused', String(e))
  if (reason) assert.match(String((e as HearthError).details['reason']), reason)
  return true
}

let olga: Person
let ed: Person
let mallory: Person
let kitchen: SpaceLog
before(async () => {
  ;[olga, ed, mallory] = await Promise.all([person(), person(), person()])
  kitchen = await spaceOf(olga)
})

describe('an entry', () => {
  it('is by the key that has signed it, whatever else it says', async () => {
    const [first] = proofOf(olga)
    const [payload, signature] = decode(first!) as [Uint8Array, Uint8Array]
    const fields = decode(payload) as { author: Uint8Array }
    fields.author = fromBase64Url(mallory.device)
    await assert.rejects(verifyEntry(platform, cbor([cbor(fields), signature])), refused(/signature/))
  })

  it('is refused if any byte of it is changed', async () => {
    const { bytes } = await forge(olga, kitchen, { t: 'rename' }, { name: 'Pantry' })
    for (let i = 0; i < bytes.length; i++) {
      const bad = bytes.slice()
      bad[i]! ^= 1
      await assert.rejects(verifyEntry(platform, bad), refused())
    }
  })

  it('comes back as it was signed, also when it was kept', async () => {
    const signed = await forge(olga, kitchen, { t: 'rename' }, { name: 'Pantry' })
    assert.deepEqual(await verifyEntry(platform, signed.bytes), signed)
    assert.deepEqual(readKept(signed.bytes), signed)
  })

  it('that lets somebody read only says how far their feeds were accepted, and one that gives more does not', async () => {
    const { id: hash, heads } = kitchen.membership
    const cuts = [{ device: ed.device, seq: 2, hash, heads }]
    const actions: Action[] = [
      { t: 'set-role', member: ed.id, role: 'reader', cuts },
      { t: 'set-role', member: ed.id, role: 'admin' },
    ]
    for (const action of actions) {
      const signed = await forge(olga, kitchen, action, {})
      assert.deepEqual((await verifyEntry(platform, signed.bytes)).entry.action, action)
    }
  })

  it('of one log is none of another', async () => {
    const other = await spaceOf(olga)
    const signed = await forge(olga, kitchen, { t: 'rename' }, { name: 'Pantry' })
    await assert.rejects(offered(other, signed), refused(/log/))
  })

  it('waits for what it builds on', async () => {
    const first = await forge(olga, kitchen, { t: 'rename' }, { name: 'One' })
    const second = await forge(olga, kitchen, { t: 'rename' }, { name: 'Two' }, [first.entry.id])
    await assert.rejects(offered(kitchen, second), refused(/parents/))
  })

  it('that is here is not taken again', async () => {
    const log = await spaceOf(olga)
    const signed = await forge(olga, log, { t: 'rename' }, { name: 'Pantry' })
    log.take((await offered(log, signed))!)
    assert.equal(await offered(log, signed), undefined)
    assert.deepEqual([log.size, log.name], [2, 'Pantry'])
    assert.equal([...log.entries].at(-1)?.entry.id, signed.entry.id)
  })

  it('is of this shape, and of no other', async () => {
    const [first] = proofOf(olga)
    const [payload] = decode(first!) as [Uint8Array]
    const [, space] = [first, [...kitchen.entries][0]!.bytes]
    const [second] = decode(space!) as [Uint8Array]
    const bad: [string, unknown, Uint8Array?][] = [
      ['another version', { v: 2 }],
      ['an unknown action', { action: ['explode', {}] }],
      ['an action of Object’s', { action: ['constructor', {}] }],
      ['a field too many', { extra: 1 }],
      ['a log in a genesis', { log: new Uint8Array(32) }],
      ['a short author', { author: new Uint8Array(31) }],
      ['an author that is text', { author: 'x' }],
      ['parents that are none', { parents: 7 }],
      ['parents in a genesis', { parents: [new Uint8Array(32)] }],
      [
        'a genesis of a space with no member',
        { action: ['genesis', { ...actionOf(second), member: null }] },
        second,
      ],
      [
        'a genesis of an identity with another member',
        { action: ['genesis', { ...actionOf(payload), member: new Uint8Array(32) }] },
      ],
      ['a kind that is none', { action: ['genesis', { ...actionOf(payload), kind: 'club' }] }],
      ['an action that is a list', { action: ['genesis', []] }],
      ['an action with no fields', { action: ['genesis', {}] }],
      ['an action of three', { action: ['genesis', {}, 1] }],
      ['too long a name', { with: { ...withOf(payload), name: 'x'.repeat(257) } }],
      ['a missing name', { with: { nonce: new Uint8Array(16) } }],
      ['what does not belong', { with: { ...withOf(payload), terms: new Uint8Array(1) } }],
      ['a negative version', { v: -1 }],
    ]
    for (const [what, change, of = payload] of bad) {
      const fields = { ...(decode(of) as object), ...(change as object) }
      const bytes = await signed(olga, fields, 'log' in (change as object) ? new Uint8Array(32) : null)
      await assert.rejects(verifyEntry(platform, bytes), refused(), what)
    }
    const parents = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)]
    const renamed = {
      ...{ v: 1, log: fromBase64Url(kitchen.id), author: fromBase64Url(olga.device) },
      ...{ action: ['rename', {}], with: { name: 'x' } },
    }
    for (const [what, change] of [
      ['parents that are not sorted', { parents }],
      ['no parents', { parents: [] }],
    ] as const) {
      const bytes = await signed(olga, { ...renamed, ...change }, fromBase64Url(kitchen.id))
      await assert.rejects(verifyEntry(platform, bytes), refused(/parents/), what)
    }
    await assert.rejects(
      verifyEntry(platform, await signed(olga, { ...renamed, log: null, parents: [parents[1]] }, null)),
      refused(/log/),
    )
  })

  it('is not what is no entry', async () => {
    const bad = [
      'text',
      new Uint8Array(),
      new Uint8Array([0xff]),
      new Uint8Array((256 << 10) + 1),
      cbor({}),
      cbor([new Uint8Array(1)]),
      cbor([cbor([]), new Uint8Array(64)]),
      cbor([new Uint8Array([0xff]), new Uint8Array(64)]),
    ]
    for (const input of bad) await assert.rejects(verifyEntry(platform, input as Uint8Array), refused())
  })
})

describe('a log', () => {
  it('begins with a genesis, by a device that is in it', async () => {
    assert.throws(() => SpaceLog.of([]), refused(/genesis/))
    const rename = await forge(olga, kitchen, { t: 'rename' }, { name: 'x' })
    assert.throws(() => SpaceLog.of([readKept(rename.bytes)]), refused(/genesis/))
    const [genesis] = [...kitchen.entries]
    const action = { ...genesis!.entry.action, devices: [ed.device] } as Action
    const bytes = await signEntry(olga.keys.signer, {
      ...{ log: null, parents: [], action, enclosed: genesis!.enclosed },
    })
    await assert.rejects(SpaceLog.read(platform, [bytes.bytes]), refused(/author/))
  })

  it('of an identity begins with one device', async () => {
    const [genesis] = [...olga.log.entries]
    const action = { ...genesis!.entry.action, devices: [olga.device, ed.device] } as Action
    const { bytes } = await signEntry(olga.keys.signer, {
      ...{ log: null, parents: [], action, enclosed: genesis!.enclosed },
    })
    await assert.rejects(SpaceLog.read(platform, [bytes]), refused(/devices/))
  })

  it('lets nobody write what they have no right to, and says so', async () => {
    const write = kitchen.write(mallory.keys.signer, { t: 'rename' }, { name: 'Mine' })
    await assert.rejects(write, (e: HearthError) => e.code === 'halo/not-allowed')
    // What comes from elsewhere is taken, for others may build on it, and counts for nothing.
    const log = await spaceOf(olga)
    log.take((await offered(log, await forge(mallory, log, { t: 'rename' }, { name: 'Mine' })))!)
    assert.equal(log.name, 'Kitchen')
  })

  it('takes nobody’s word that an epoch begins without a key', async () => {
    const log = await spaceOf(olga)
    const { action, enclosed } = await admission(log, ed)
    log.take((await offered(log, await forge(olga, log, action, enclosed)))!)
    const removal: Action = { t: 'remove-member', member: ed.id, cuts: [] }
    await assert.rejects(offered(log, await forge(olga, log, removal, {})), refused(/epoch/))
    // Who leaves brings none.
    assert.notEqual(await offered(log, await forge(ed, log, removal, {})), undefined)
  })

  it('knows what people and devices are called, and by which keys they agree', async () => {
    assert.deepEqual(
      [olga.log.profile(olga.id), olga.log.deviceName(olga.device), olga.log.deviceName(ed.device)],
      [{ displayName: '', deviceName: 'x' }, 'x', undefined],
    )
    assert.deepEqual([kitchen.profile(olga.id), kitchen.isOwn, olga.log.isOwn], [undefined, false, true])
    assert.deepEqual([...kitchen.agreements()], [[olga.device, olga.keys.opener.publicKey]])
    assert.deepEqual([kitchen.recovery, kitchen.formerly], [undefined, undefined])
    assert.deepEqual(olga.log.recovery, olga.words.opener.publicKey)
  })
})

describe('a device', () => {
  it('is admitted to an identity by two signatures: that of one that is in, and its own', async () => {
    const action: Action = { t: 'admit-device', member: olga.id, device: ed.device }
    const agreement = ed.keys.opener.publicKey
    const log = await SpaceLog.read(platform, proofOf(olga))
    const own = await possess(ed.keys.signer, log.membership.id, agreement)
    const good = await forge(olga, log, action, { agreement, possession: own, keys: [] })
    log.take((await offered(log, good))!)
    assert.deepEqual(log.agreements().get(ed.device), agreement)

    const elsewhere = await possess(ed.keys.signer, kitchen.membership.id, agreement)
    const otherKey = { agreement: olga.keys.opener.publicKey, possession: own }
    const others = await possess(mallory.keys.signer, log.membership.id, agreement)
    for (const bad of [{ possession: elsewhere }, otherKey, { possession: others }] as Enclosed[]) {
      const entry = await forge(olga, log, action, { agreement, keys: [], ...{ possession: own }, ...bad })
      await assert.rejects(
        offered(await SpaceLog.read(platform, proofOf(olga)), entry),
        refused(/possession/),
      )
    }
  })

  it('is in a space by the proof of its identity’s own log, and by no other', async () => {
    const log = await spaceOf(olga)
    const action: Action = { t: 'admit-device', member: olga.id, device: mallory.device }
    for (const proof of [proofOf(olga), proofOf(mallory), []]) {
      const entry = await forge(olga, log, action, { proof, keys: [] })
      await assert.rejects(offered(log, entry), refused(/proof/))
    }
  })

  it('that was revoked is proven by nothing that says so', async () => {
    const log = await SpaceLog.read(platform, proofOf(olga))
    const agreement = ed.keys.opener.publicKey
    const possession = await possess(ed.keys.signer, log.membership.id, agreement)
    const admit: Action = { t: 'admit-device', member: olga.id, device: ed.device }
    log.take((await offered(log, await forge(olga, log, admit, { agreement, possession, keys: [] })))!)
    assert.equal(
      (
        await readProof(
          platform,
          [...log.entries].map(({ bytes }) => bytes),
        )
      ).devices.size,
      2,
    )
    const cut = { device: ed.device, seq: 0, hash: null, heads: [] }
    const revoke: Action = { t: 'revoke-device', member: olga.id, cut }
    const epoch = { digest: new Uint8Array(32), sealed: [] }
    log.take((await offered(log, await forge(olga, log, revoke, { epoch })))!)
    const proven = await readProof(
      platform,
      [...log.entries].map(({ bytes }) => bytes),
    )
    assert.deepEqual([...proven.devices.keys()], [olga.device])
  })
})

describe('a member', () => {
  it('comes in with devices of its own, its words, and its agreement to this role here', async () => {
    const { action, enclosed } = await admission(kitchen, ed)
    assert.notEqual(await offered(kitchen, await forge(olga, kitchen, action, enclosed)), undefined)
    const other = await spaceOf(olga)
    const elsewhere = (await admission(other, ed)).enclosed.consents
    const bad: [string, Partial<typeof action> | Record<string, unknown>, Enclosed][] = [
      ['without agreement', {}, { consents: [] }],
      ['that agreed to another space', {}, { consents: elsewhere }],
      ['that agreed to another role', { role: 'owner' }, {}],
      ['with the agreement of somebody else', {}, { consents: [[mallory.device, enclosed.consents[0]![1]]] }],
      ['with a device of somebody else', { devices: [ed.device, mallory.device] }, {}],
      ['under another name', { member: mallory.id }, {}],
      ['with the words of somebody else', { recovery: deviceIdOf(mallory.words.signer) }, {}],
      ['with the proof of somebody else', {}, { proof: proofOf(mallory) }],
      ['with a proof that is a space’s log', {}, { proof: [...kitchen.entries].map(({ bytes }) => bytes) }],
      ['with a proof that begins twice', {}, { proof: [...proofOf(ed), ...proofOf(ed)] }],
      ['with a proof of two', {}, { proof: [...proofOf(ed), ...proofOf(mallory)] }],
    ]
    for (const [what, change, more] of bad) {
      const entry = await forge(olga, kitchen, { ...action, ...change } as Action, { ...enclosed, ...more })
      await assert.rejects(offered(kitchen, entry), refused(/proof|consent/), what)
    }
  })

  it('is proven by entries of its own log only: no proof holds another', async () => {
    const { action, enclosed } = await admission(ed.log, mallory)
    const nested = await forge(ed, ed.log, action, enclosed)
    await assert.rejects(readProof(platform, [...proofOf(ed), nested.bytes]), refused(/proof/))
  })

  it('is proven by entries that are whole, parents first', async () => {
    const first = await forge(ed, ed.log, { t: 'rename' }, { name: 'One' })
    const second = await forge(ed, ed.log, { t: 'rename' }, { name: 'Two' }, [first.entry.id])
    await assert.rejects(readProof(platform, [...proofOf(ed), second.bytes]), refused(/missing/))
    const genesis = await beginIdentity(platform, mallory.keys, ed.words, { displayName: '' })
    const [entry] = [genesis.genesis]
    const swapped = { ...entry!.entry.action, devices: [ed.device] } as Action
    const bad = await signEntry(mallory.keys.signer, {
      ...{ log: null, parents: [], action: swapped, enclosed: entry!.enclosed },
    })
    await assert.rejects(readProof(platform, [bad.bytes]), refused(/somebody else/))
  })

  it('goes on as another identity if a device of that agrees', async () => {
    const action = {
      ...{ t: 'rebind-member', member: olga.id, to: ed.id, recovery: deviceIdOf(ed.words.signer) },
    } as const satisfies Action
    const agreed = await consentToRebind(ed.keys.signer, kitchen.membership.id, action)
    const enclosed: Enclosed = { proof: proofOf(ed), consents: [[ed.device, agreed]] }
    const log = await spaceOf(olga)
    await assert.rejects(offered(log, await forge(olga, log, action, enclosed)), refused(/consent/))
    assert.notEqual(await offered(kitchen, await forge(olga, kitchen, action, enclosed)), undefined)
    for (const [change, more] of [
      [{ to: mallory.id }, {}],
      [{ recovery: deviceIdOf(olga.words.signer) }, {}],
      [{}, { consents: [] as [] }],
    ] as [Partial<typeof action>, Enclosed][]) {
      const entry = await forge(olga, kitchen, { ...action, ...change }, { ...enclosed, ...more })
      await assert.rejects(offered(kitchen, entry), refused(/proof|consent/))
    }
  })
})

const actionOf = (payload: Uint8Array) => (decode(payload) as { action: [string, object] }).action[1]
const withOf = (payload: Uint8Array) => (decode(payload) as { with: object }).with

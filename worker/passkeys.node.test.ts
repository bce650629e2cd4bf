/** Recovery words under a passkey, from any device of the identity. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { freshDevices } from '../test/simulation/fresh-devices.js'
import { Device, meet } from '../test/simulation/people-and-feeds.js'
import { found } from '../test/suite-platforms.js'
import { isOfPasskey, isVouchedFor } from './halo/kept/passkey-capsule.js'
import { passkeyCapsules } from './passkey-leads.js'
import type { HearthError } from './protocol/errors.js'
import type { SpaceId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'
import { PASSKEY_SALT } from './protocol/passkey-salt.js'
import type { ObjectRecord } from './protocol/rpc.js'
import { MAX_CAPSULE } from './protocol/wire.js'

const { fresh } = freshDevices(9500)
const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill)
const passkey = { credential: bytes(1, 20), salt: bytes(2) }
const personal = ({ halo }: Device) => halo.identity.id as string as SpaceId
const passkeysOf = ({ life }: Device) => life.planes.passkeys
const code = (expected: string) => (e: HearthError) => {
  assert.equal(e.code, expected)
  return true
}

describe('a passkey', () => {
  it('shows the words that it has locked, in the next life, too', async () => {
    const olga = await fresh()
    const words = await olga.halo.recoveryPhrase()
    await passkeysOf(olga).lock(passkey, bytes(3))
    await olga.again()
    assert.deepEqual(await passkeysOf(olga).all(), [passkey])
    assert.equal(await passkeysOf(olga).unlock(passkey.credential, bytes(3)), words)
  })

  it('shows them at a device that does not have them', async () => {
    const [first, second] = [await fresh(), await fresh()]
    const words = await first.halo.recoveryPhrase()
    await passkeysOf(first).lock(passkey, bytes(3))
    await first.halo.admissions.admitDevice(await second.halo.admissions.offer(first.halo.identity.id))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(personal(first)))
    await meet(personal(first), first, second)
    await assert.rejects(second.halo.recoveryPhrase(), code('halo/no-words-here'))
    assert.equal(await passkeysOf(second).unlock(passkey.credential, bytes(3)), words)
    await assert.rejects(passkeysOf(second).lock(passkey, bytes(3)), code('halo/no-words-here'))
  })

  it('is the only one that does', async () => {
    const olga = await fresh()
    await passkeysOf(olga).lock(passkey, bytes(3))
    for (const [credential, answer] of [
      [passkey.credential, bytes(4)],
      [bytes(9, 20), bytes(3)],
    ] as const)
      await assert.rejects(passkeysOf(olga).unlock(credential, answer), code('halo/unreadable'))
  })

  it('that is asked with what all are asked with leads to the words from elsewhere, and up to eight do', async () => {
    const olga = await fresh()
    await passkeysOf(olga).lock(passkey, bytes(3))
    for (let n = 1; n <= 8; n++)
      await passkeysOf(olga).lock({ credential: bytes(n, 16), salt: PASSKEY_SALT }, bytes(n))
    const all = await passkeysOf(olga).all()
    assert.deepEqual(all.slice(0, 2), [
      passkey,
      { credential: bytes(1, 16), salt: PASSKEY_SALT, leads: true },
    ])
    const ninth = passkeysOf(olga).lock({ credential: bytes(9, 16), salt: PASSKEY_SALT }, bytes(9))
    await assert.rejects(ninth, code('echo/invalid'))
    assert.equal((await passkeysOf(olga).all()).length, 9)
  })

  it('shows the words, too, where what is to lead to them is as a later build has written it', async () => {
    const olga = await fresh()
    await passkeysOf(olga).lock({ credential: bytes(1, 16), salt: PASSKEY_SALT }, bytes(3))
    const [{ value }] = olga.echo.objectsOf(personal(olga), PASSKEY_TYPE) as [ObjectRecord]
    const good = value['lead'] as object
    const bad = [
      ...['of a later build', null, {}, { ...good, voucher: bytes(0, 63) }],
      ...[
        { ...good, finder: 'text' },
        { ...good, sealed: bytes(0, MAX_CAPSULE + 1) },
      ],
    ]
    for (const [n, lead] of bad.entries()) {
      const id = String(n).repeat(22) as never
      olga.echo.accept(olga.life.client, n + 1, personal(olga), [
        { id, type: PASSKEY_TYPE, value: { ...value, credential: bytes(n + 50, 16), lead } as never },
      ])
    }
    const all = await passkeysOf(olga).all()
    assert.deepEqual(
      all.map(({ leads }) => leads),
      [true, ...bad.map(() => undefined)],
    )
    const known = passkeyCapsules(olga.halo, olga.echo.objectsOf(personal(olga), PASSKEY_TYPE))
    assert.equal(known.length, 1)
    assert.ok(await isOfPasskey(found, known[0]!))
    assert.ok(await isVouchedFor(found, known[0]!))
  })

  it('is not taken from a page that sends something else, and what cannot be read is left out', async () => {
    const olga = await fresh()
    const bad = [
      [{ ...passkey, salt: bytes(2, 31) }, bytes(3)],
      [{ ...passkey, credential: bytes(1, 0) }, bytes(3)],
      [passkey, bytes(3, 16)],
      [passkey, 'words'],
    ] as const
    for (const [one, answer] of bad)
      await assert.rejects(passkeysOf(olga).lock(one, answer as Uint8Array), code('echo/invalid'))
    await assert.rejects(passkeysOf(olga).unlock(passkey.credential, bytes(1, 5)), code('echo/invalid'))
    olga.echo.accept(olga.life.client, 1, personal(olga), [
      { id: 'A'.repeat(22) as never, type: PASSKEY_TYPE, value: { credential: 'of a later build' } },
    ])
    assert.deepEqual(await passkeysOf(olga).all(), [])
  })
})

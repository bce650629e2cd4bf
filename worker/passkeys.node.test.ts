/** Recovery words under a passkey, from any device of the identity. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { freshDevices } from '../test/simulation/fresh-devices.js'
import { Device, meet } from '../test/simulation/people-and-feeds.js'
import type { HearthError } from './protocol/errors.js'
import type { SpaceId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'

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

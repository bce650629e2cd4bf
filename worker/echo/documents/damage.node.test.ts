import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import { HearthError } from '../../protocol/errors.js'
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import { buildCreation } from './creation.js'
import { ObjectDocument } from './object-document.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const id = 'DDDDDDDDDDDDDDDDDDDDDD' as ObjectId
const device = 'alice_________________' as DeviceId
const creation = {
  id,
  type: 'note',
  value: { title: 'whole', tags: ['a', 'b'], body: { '@text': 'text 😀' } },
}
const damaged = (error: unknown) =>
  error instanceof HearthError && error.code === 'echo/damaged' && error.details['object'] === id

function saved(): Uint8Array {
  const document = ObjectDocument.open({ id, device, creation })
  document.edit([{ t: 'text', at: ['body'], i: 0, n: 4, v: 'some' }], 1)
  document.edit([{ t: 'inc', at: ['count'], n: 1 }], 2)
  const bytes = document.save()
  document.free()
  return bytes
}

test('a saved document with any byte flipped, or cut off anywhere, is damaged: never half of it, never empty', () => {
  const whole = saved()
  for (let i = 0; i < whole.length; i++) {
    const flipped = whole.slice()
    flipped[i]! ^= 1 << (i % 8)
    assert.throws(() => ObjectDocument.open({ id, device, saved: flipped }), damaged, `bit in byte ${i}`)
    assert.throws(() => ObjectDocument.open({ id, device, saved: whole.slice(0, i) }), damaged, `cut at ${i}`)
  }
  const twice = new Uint8Array([...whole, ...whole.subarray(0, 40)])
  assert.throws(() => ObjectDocument.open({ id, device, saved: twice }), damaged)
  assert.doesNotThrow(() => ObjectDocument.open({ id, device, saved: whole }).free())
})

test('bytes that pass the checksum and are wrong inside hurt their own document only', (t) => {
  t.mock.method(console, 'error', () => {})
  const other = ObjectDocument.open({ id, device, creation })
  const whole = saved()
  let refused = 0
  for (let i = 9; i < whole.length; i++) {
    const wrong = whole.slice()
    wrong[i]! ^= 1 << (i % 8)
    // The checksum is the beginning of the digest of what follows it.
    wrong.set(createHash('sha256').update(wrong.subarray(8)).digest().subarray(0, 4), 4)
    try {
      const document = ObjectDocument.open({ id, device, saved: wrong })
      document.materialise()
      document.edit([{ t: 'put', at: ['title'], v: 'x' }], 3)
      document.free()
    } catch (error) {
      assert.ok(damaged(error), String(error))
      refused++
    }
  }
  assert.ok(refused > whole.length / 2)
  other.edit([{ t: 'put', at: ['title'], v: 'still here' }], 4)
  assert.equal(other.materialise().value['title'], 'still here')
})

test('own changes that cannot be read close the document; what was saved opens again', () => {
  const whole = saved()
  const wrong = [buildCreation(creation).subarray(0, 30)]
  assert.throws(() => ObjectDocument.open({ id, device, saved: whole, changes: wrong }), damaged)
  const document = ObjectDocument.open({ id, device, saved: whole })
  document.free()
  assert.throws(() => document.materialise(), damaged)
  assert.throws(() => document.edit([], 1), damaged)
  const again = ObjectDocument.open({ id, device, saved: whole })
  assert.equal(again.materialise().value['title'], 'whole')
})

test('without a creation there is no object', () => {
  assert.throws(() => ObjectDocument.open({ id, device }), damaged)
  assert.throws(() => ObjectDocument.open({ id, device, saved: new Uint8Array() }), damaged)
})

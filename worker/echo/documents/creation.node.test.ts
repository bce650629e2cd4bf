import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import type { DeviceId } from '../../protocol/ids.js'
import { buildCreation, CREATION_VERSION, type Creation } from './creation.js'
import { ObjectDocument } from './object-document.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

interface Vector {
  readonly what: string
  readonly creation: Creation
  readonly hash: string
  readonly change: string
}
/** JSON has no bytes: `{ "$bytes": hex }` stands for them. */
const golden = JSON.parse(
  readFileSync(new URL('golden-creations.json', import.meta.url), 'utf8'),
  (_, value: unknown) => {
    const hex = (value as { $bytes?: unknown } | null)?.$bytes
    return typeof hex === 'string' ? new Uint8Array(Buffer.from(hex, 'hex')) : value
  },
) as { version: number; creations: Vector[] }

const device = 'alice_________________' as DeviceId
const open = (creation: Creation) => ObjectDocument.open({ id: creation.id, device, creation })

test('the golden vectors are those of this builder', () => {
  assert.equal(golden.version, CREATION_VERSION)
  assert.equal(golden.creations.length, 6)
})

for (const { what, creation, hash, change } of golden.creations)
  test(`golden creation: ${what}`, () => {
    assert.equal(Buffer.from(buildCreation(creation)).toString('hex'), change)
    const document = open(creation)
    assert.deepEqual(document.heads, [hash])
    assert.deepStrictEqual(document.materialise(), {
      type: creation.type,
      value: creation.value,
      gone: false,
    })
    document.free()
  })

test('the order in which an app wrote the fields does not change the bytes', () => {
  const { id, type, value } = golden.creations[3]!.creation
  const turned = Object.fromEntries(Object.entries(value).reverse())
  assert.deepEqual(buildCreation({ id, type, value: turned }), buildCreation({ id, type, value }))
})

test('floats keep every bit, and −0 is 0', () => {
  const { id } = golden.creations[0]!.creation
  const floats = Float64Array.from({ length: 2000 }, (_, i) => Math.sqrt(i + 0.5) * 10 ** ((i % 600) - 300))
  const value = { floats: [...floats], zero: -0 }
  const document = open({ id, type: 'floats', value })
  assert.deepStrictEqual(document.materialise().value, { ...value, zero: 0 })
})

test('a long text is written in turns that split no pair', () => {
  const { id } = golden.creations[0]!.creation
  const value = { odd: { '@text': 'x' + '😀'.repeat(40_000) }, even: { '@text': '😀'.repeat(40_000) } }
  assert.deepStrictEqual(open({ id, type: 'long', value }).materialise().value, value)
})

/** Several who change one short list at once: where Automerge's patches name the wrong places, the plain value is right all the same. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import fc from 'fast-check'
import { edited, type Op } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import type { Incoming } from './merging.js'
import { ObjectDocument } from './object-document.js'
import { device, from, object } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const value: StoredRecord = { list: [10, 11, 12, 13] }
const at = ['list']
const creation = { id: object, type: 'note', value }
const open = (name: string) => ObjectDocument.open({ id: object, device: device(name), creation })

/** What somebody who had the list as it was made of it, a change for each of `flushes`. */
function by(name: string, ...flushes: Op[][]): Incoming[] {
  const document = open(name)
  const changes = flushes.flatMap((ops) => from(name, document.edit(ops, 5)))
  document.free()
  return changes
}

/** Takes groups of changes, one after the other. @returns the list */
function take(...groups: readonly (readonly Incoming[])[]): unknown {
  const document = open('erin')
  let plain = { value, gone: false, updatedAt: 0 }
  for (const group of groups) {
    plain = edited(plain, document.merge(group).ops, 0)
    assert.deepStrictEqual(plain.value, document.materialise().value)
  }
  document.free()
  return plain.value['list']
}

const del = (i: number): Op => ({ t: 'list', at, i, n: 1, v: [] })
const insert = (i: number, ...v: number[]): Op => ({ t: 'list', at, i, n: 0, v })
const put = (i: number, v: number): Op => ({ t: 'put', at: ['list', i], v })
const inc = (i: number): Op => ({ t: 'inc', at: ['list', i], n: 1 })
const move = (i: number, to: number): Op => ({ t: 'move', at, i, to })

describe('one who hears at once', () => {
  it('that an element was deleted and that it was changed, and of another after it, shows both where they are', () => {
    const [ed, olga] = [by('ed', [del(3)]), by('olga', [put(3, 99), insert(4, 20)])]
    assert.deepEqual(take([...ed, ...olga]), [10, 11, 12, 99, 20])
  })

  it('that an element was deleted which had been counted, and of another after it, shows both where they are', () => {
    assert.deepEqual(take(by('olga', [inc(3)]), by('ed', [insert(4, 20)], [del(3)])), [10, 11, 12, 14, 20])
  })

  it('that an element was counted, and of another after it, shows both where they are', () => {
    assert.deepEqual(take(by('olga', [inc(3), insert(4, 20)])), [10, 11, 12, 14, 20])
  })

  it('that an element was moved, and that others were deleted and counted, shows no marker', () => {
    const [ed, olga] = [by('ed', [move(0, 2)], [{ t: 'list', at, i: 1, n: 1, v: [0] }]), by('olga', [inc(2)])]
    assert.deepEqual(take([...ed, ...olga]), take(ed, olga))
  })
})

it('whoever changes a list at once with others, and in whatever groups that is heard of, it is the same list', () => {
  const index = fc.nat(4)
  const op: fc.Arbitrary<Op> = fc.oneof(
    fc.record({ i: index }).map(({ i }) => del(i)),
    fc.record({ i: index, v: fc.nat(99) }).map(({ i, v }) => insert(i, v)),
    fc.record({ i: index, v: fc.nat(99) }).map(({ i, v }) => put(i, v)),
    fc.record({ i: index }).map(({ i }) => inc(i)),
    fc.record({ i: index, to: index }).map(({ i, to }) => move(i, to)),
  )
  const flushes = fc.array(fc.array(op, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(fc.tuple(flushes, flushes, flushes), (people) => {
      const made = people.map((one, i) => by(`person${i}`, ...one))
      const all = made.flat()
      const [first, ...others] = [take(all), take(...made), take(...all.map((one) => [one]))]
      for (const other of others) assert.deepEqual(other, first)
    }),
    { numRuns: Number(process.env['RUNS'] ?? 300) },
  )
})

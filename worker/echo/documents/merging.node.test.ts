import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import fc from 'fast-check'
import { edited } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import type { Incoming } from './merging.js'
import { ObjectDocument } from './object-document.js'
import { device, from, intent, object, opFor, record, shuffled } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const runs = Number(process.env['RUNS'] ?? 300)

const names = ['alice', 'bob', 'carol', 'dave']

test('replicas that edit at once and get changes in any order and groups show the same, and so do their plain values', () => {
  const step = fc.record({
    by: fc.nat(3),
    intents: fc.array(intent, { minLength: 1, maxLength: 4 }),
    /** Whose changes it takes next, if any, and how many at a time. */
    other: fc.option(fc.nat(3)),
    seed: fc.nat(),
    size: fc.integer({ min: 1, max: 5 }),
  })
  fc.assert(
    fc.property(record, fc.array(step, { maxLength: 16 }), (value, steps) => {
      const creation = { id: object, type: 'note', value }
      const replicas = names.map((name) => new Replica(name, creation))
      for (const { by, intents, other, seed, size } of steps) {
        const replica = replicas[by]!
        replica.edit(intents)
        if (other !== null) replica.take(replicas[other]!.has, seed, size)
      }
      for (const [i, replica] of replicas.entries())
        replica.take(
          replicas.flatMap(({ has }) => has),
          i * 31 + steps.length,
          1 + (i % 3),
        )
      const [first, ...rest] = replicas.map(({ document }) => document.materialise())
      for (const other of rest) assert.deepStrictEqual(other, first)
      for (const { document } of replicas) document.free()
    }),
    { numRuns: runs },
  )
})

/** A document, the plain value kept by operations, and all changes that it has had. */
class Replica {
  document: ObjectDocument
  plain: { value: StoredRecord; gone: boolean; updatedAt: number }
  readonly has: Incoming[] = []
  readonly #name: string

  constructor(name: string, creation: { id: typeof object; type: string; value: StoredRecord }) {
    this.#name = name
    this.document = ObjectDocument.open({ id: object, device: device(name), creation })
    this.plain = { value: creation.value, gone: false, updatedAt: 0 }
  }

  edit(intents: readonly Parameters<typeof opFor>[1][]): void {
    for (const one of intents) {
      this.has.push(...from(this.#name, this.document.edit([opFor(this.plain.value, one)], 5)))
      const { value, gone } = this.document.materialise()
      this.plain = { value, gone, updatedAt: 0 }
    }
  }

  /** In any order, so many at a time; what has to wait is given again. */
  take(all: readonly Incoming[], seed: number, size: number): void {
    const known = new Set(this.has)
    let left = shuffled(
      [...new Set(all)].filter((one) => !known.has(one)),
      seed,
    )
    while (left.length > 0) {
      const waiting: Incoming[] = []
      for (let i = 0; i < left.length; i += size) {
        const some = left.slice(i, i + size)
        const merged = this.document.merge(some)
        assert.deepEqual(merged.refused, [])
        this.plain = edited(this.plain, merged.ops, 0)
        const { value, gone } = this.document.materialise()
        assert.deepStrictEqual({ value: this.plain.value, gone: this.plain.gone }, { value, gone })
        const late = new Set(merged.waiting.map(({ index }) => some[index]!))
        waiting.push(...late)
        this.has.push(...some.filter((one) => !late.has(one)))
      }
      assert.notEqual(waiting.length, left.length)
      left = waiting
    }
  }
}

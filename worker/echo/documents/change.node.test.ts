import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { decodeChange, initializeWasm } from '@automerge/automerge/slim'
import fc from 'fast-check'
import { opsOf, readChange, type Change, type Ref } from './change.js'
import { buildCreation } from './creation.js'
import { ObjectDocument } from './object-document.js'
import { device, intent, object, opFor, record } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const runs = Number(process.env['RUNS'] ?? 200)

test('what is read of a change without Automerge is what Automerge reads', () => {
  fc.assert(
    fc.property(record, fc.array(intent, { maxLength: 10 }), (value, intents) => {
      const creation = { id: object, type: 'note', value }
      const document = ObjectDocument.open({ id: object, device: device('alice'), creation })
      const changes = [buildCreation(creation)]
      for (const one of intents) changes.push(...document.edit([opFor(value, one)], 5))
      changes.push(
        ...document.edit(
          intents.map((one) => opFor(value, one)),
          6,
        ),
      )
      document.free()
      for (const bytes of changes) {
        const change = readChange(bytes)
        const { hash, deps, actor, seq, startOp, time, ops } = decodeChange(bytes)
        assert.deepEqual(
          [change.hash, change.deps, change.actors[0], change.seq, change.startOp, change.timeMs],
          [hash, deps, actor, seq, startOp, time],
        )
        assert.deepEqual(
          [...opsOf(change)].map((op) => ({
            action: op.action,
            obj: op.obj ? nameIn(change, op.obj) : '_root',
            at: typeof op.at === 'string' ? op.at : op.at ? nameIn(change, op.at) : '_head',
            insert: op.insert,
            pred: op.pred.map((ref) => nameIn(change, ref)),
            text: op.value.t === 'str' ? op.value.v : undefined,
          })),
          (ops as unknown as DecodedOp[]).map(({ action, obj, key, elemId, insert, pred, value: v }) => ({
            action,
            obj,
            at: key ?? elemId,
            insert: insert === true,
            pred,
            text: typeof v === 'string' ? v : undefined,
          })),
        )
        assert.equal(change.maxOp, startOp + ops.length - 1)
      }
    }),
    { numRuns: runs },
  )
})

/** As the wasm decodes it; its types leave out what belongs to lists. */
interface DecodedOp {
  readonly action: string
  readonly obj: string
  readonly key?: string
  readonly elemId?: string
  readonly insert?: boolean
  readonly pred: readonly string[]
  readonly value?: unknown
}

const nameIn = ({ actors }: Change, { counter, actor }: Ref) => `${counter}@${actors[actor]!}`

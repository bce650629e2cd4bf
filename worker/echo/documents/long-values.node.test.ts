/**
 * Two texts of 4 MiB in one value are more operations than others take in one change: whoever writes long values makes several
 * changes of them, from 1 Mi operations on. Here the texts are just as long as that needs.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import { readChange } from './change.js'
import { MAX_OPERATIONS } from './judge-operations.js'
import { ObjectDocument } from './object-document.js'
import { device, object } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const LONG = 1 << 20
const MORE = 40 << 10
const open = () => {
  const creation = { id: object, type: 'note', value: { body: { '@text': '' } } }
  return ObjectDocument.open({ id: object, device: device('bob'), creation })
}

/** Operations in each change: others take so many at once. */
function sizesOf(changes: readonly Uint8Array[]): number[] {
  const sizes = changes.map(readChange).map(({ startOp, maxOp }) => maxOp - startOp + 1)
  for (const size of sizes) assert.equal(size < MAX_OPERATIONS / 2, true, `${size} operations`)
  return sizes
}

test('long texts in one value become several changes', () => {
  const half = (LONG + MORE) / 2
  const v = { left: { '@text': 'l'.repeat(half) }, right: [{ '@text': 'r'.repeat(half) }] }
  const document = open()
  assert.equal(sizesOf(document.edit([{ t: 'put', at: ['both'], v }], 1)).length, 2)
  const shown = document.materialise().value['both'] as typeof v
  assert.deepEqual([shown.left['@text'].length, shown.right[0]!['@text'].length], [half, half])
})

test('a long text that is replaced goes in turns, and no pair is split on the way', () => {
  // What is deleted in the first turn would end within the pair.
  const one = `${'x'.repeat((64 << 10) - 1)}😀${'y'.repeat(MORE)}`
  const document = open()
  const at = ['body']
  document.edit([{ t: 'text', at, i: 0, n: 0, v: one }], 1)
  document.edit([{ t: 'text', at, i: 0, n: one.length - 1, v: 'z'.repeat(MORE) }], 2)
  assert.equal(textOf(document), `${'z'.repeat(MORE)}y`)
})

const textOf = (document: ObjectDocument) =>
  (document.materialise().value['body'] as { '@text': string })['@text']

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { decodeChange, encodeChange, initializeWasm } from '@automerge/automerge/slim'
import { edited } from '../../protocol/operations.js'
import { ObjectDocument } from './object-document.js'
import type { Reason } from './refused.js'
import { device, object } from './testing/edits.js'
import { chunk, creation, eve, repaired, Scene } from './testing/scene.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

/** It costs this change and nothing else. */
async function refuses(scene: Scene, change: Uint8Array, reason: Reason, what: string): Promise<void> {
  const before = scene.document.materialise()
  const merged = await scene.merge([change])
  assert.deepEqual(merged, { ops: [], refused: [{ index: 0, reason }], waiting: [] }, what)
  assert.deepStrictEqual(scene.document.materialise(), before, what)
}

test('a change that is cut off anywhere, or continued, is not one', async () => {
  const scene = new Scene()
  const whole = scene.make([scene.put('x', 1), scene.put('y', 'text')])
  for (let length = 0; length < whole.length; length++) {
    await refuses(scene, whole.slice(0, length), 'malformed', `cut at ${length}`)
    const content = whole.subarray(10, length)
    if (length > 10) await refuses(scene, chunk(1, content), 'malformed', `cut inside at ${length}`)
  }
  await refuses(scene, new Uint8Array([...whole, 0]), 'malformed', 'a byte more')
  await refuses(
    scene,
    chunk(1, new Uint8Array([...whole.subarray(10), 0])),
    'malformed',
    'a byte more inside',
  )
  await refuses(scene, new Uint8Array([...whole, ...whole]), 'malformed', 'twice')
  for (const kind of [0, 3, 4])
    await refuses(scene, chunk(kind, whole.subarray(10)), 'malformed', `kind ${kind}`)
  assert.deepEqual(await scene.takesBob(), true)
})

test('a flipped bit is refused', async () => {
  const scene = new Scene()
  const whole = scene.make([scene.put('x', 1), scene.put('y', 'text')])
  for (let i = 0; i < whole.length; i++) {
    const flipped = whole.slice()
    flipped[i]! ^= 1 << (i % 8)
    const { refused, ops } = await scene.merge([flipped])
    assert.equal(refused.length, 1, `bit in byte ${i}`)
    assert.deepEqual(ops, [])
  }
  assert.equal(scene.reopened, 0)
})

test('mutants with a right checksum cost themselves at most, and all replicas judge them alike', async (t) => {
  t.mock.method(console, 'error', () => {})
  const runs = Number(process.env['RUNS'] ?? 400)
  const random = seeded(7)
  const pick = (n: number) => Math.floor(random() * n)
  const verdicts = new Map<string, number>()
  for (let run = 0; run < runs; run++) {
    const eves = ObjectDocument.open({ id: object, device: device('eve'), creation })
    const changes = eves.edit(
      [
        { t: 'text', at: ['body'], i: 3, n: 1, v: 'é😀' },
        { t: 'list', at: ['list'], i: 1, n: 1, v: ['new', { '@text': 'inner' }, { '@link': object }] },
        { t: 'move', at: ['other'], i: 0, to: 1 },
        {
          t: 'put',
          at: ['rec', 'inner'],
          v: { a: [1.5, null, true], b: new Uint8Array([1, 2]), c: { '@time': 9 } },
        },
        { t: 'put', at: ['list', 0], v: 7 },
        { t: 'del', at: ['title'] },
      ],
      run,
    )
    const mutant = changes[0]!.slice()
    for (let flips = 1 + pick(3); flips > 0; flips--) {
      const at = 9 + pick(mutant.length - 9)
      mutant[at] = pick(2) === 0 ? mutant[at]! ^ (1 << pick(8)) : pick(256)
    }
    const verdict = await oneVerdict(repaired(mutant), `mutant ${run}`)
    verdicts.set(verdict, 1 + (verdicts.get(verdict) ?? 0))
    eves.free()
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(verdicts)))
})

test('honest operations mixed up cost themselves at most, and all replicas judge them alike', async (t) => {
  t.mock.method(console, 'error', () => {})
  const runs = Number(process.env['RUNS'] ?? 400)
  const random = seeded(11)
  const among = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!
  const verdicts = new Map<string, number>()
  const eves = ObjectDocument.open({ id: object, device: device('eve'), creation })
  const [honest] = eves.edit(
    [
      { t: 'text', at: ['body'], i: 3, n: 1, v: 'éx' },
      { t: 'list', at: ['list'], i: 1, n: 1, v: ['new', { '@text': 'i' }, { '@link': object }, [1]] },
      { t: 'move', at: ['other'], i: 0, to: 1 },
      { t: 'put', at: ['rec', 'inner'], v: { a: [null, true], c: { '@time': 9 } } },
      { t: 'put', at: ['list', 0], v: 7 },
      { t: 'put', at: ['list', 0], v: 8 },
      { t: 'del', at: ['title'] },
      { t: 'gone', v: true },
    ],
    1,
  )
  const decoded = decodeChange(honest!)
  const pool = decoded.ops as unknown as Record<string, unknown>[]
  for (let run = 0; run < runs; run++) {
    const ops = pool.map((op) => ({ ...op }))
    for (let mixes = 1 + Math.floor(random() * 3); mixes > 0; mixes--) {
      const [to, other] = [among(ops), among(pool)]
      const field = among(['obj', 'at', 'pred', 'action', 'value', 'insert', 'gap'])
      if (field === 'gap') ops.splice(ops.indexOf(to), 1)
      else if (field === 'at') {
        delete to['key']
        delete to['elemId']
        Object.assign(to, 'key' in other ? { key: other['key'] } : { elemId: other['elemId'] })
      } else if (field === 'value') Object.assign(to, { value: other['value'], datatype: other['datatype'] })
      else to[field] = other[field]
    }
    let change
    try {
      change = encodeChange({ ...decoded, ops } as never)
    } catch {
      continue
    }
    const verdict = await oneVerdict(change, `mixture ${run}`)
    verdicts.set(verdict, 1 + (verdicts.get(verdict) ?? 0))
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(verdicts)))
})

test('nothing is ever inflated: a deflated change is refused, be it a bomb or not', async () => {
  const scene = new Scene()
  const honest = scene.make([scene.put('x', 1)])
  await refuses(scene, chunk(2, deflateRawSync(honest.subarray(10))), 'deflated', 'honest')
  const bomb = chunk(2, deflateRawSync(new Uint8Array(64 << 20)))
  const started = performance.now()
  await refuses(scene, bomb, 'deflated', 'bomb')
  assert.equal(performance.now() - started < 1000, true)
  // The flag in the id of a column: action, 0x42, with 0x08.
  const column = honest.slice()
  column[column.lastIndexOf(0x42)]! |= 0x08
  await refuses(scene, repaired(column), 'deflated', 'column')
  assert.deepEqual(await scene.takesBob(), true)
})

test('a few bytes that stand for millions of operations are refused before one is read', async () => {
  const scene = new Scene()
  for (const count of [2 ** 22 + 2 ** 16 + 1, 2 ** 31, 2 ** 50]) {
    const started = performance.now()
    await refuses(scene, manyDeletions(scene, count), 'too-large', `${count} operations`)
    assert.equal(performance.now() - started < 1000, true)
  }
  await refuses(scene, manyDeletions(scene, 2 ** 60), 'malformed', 'a number that is none')
  assert.deepEqual(await scene.takesBob(), true)
})

/**
 * Gives a change to one replica before Bob's and to another after them. Both show what they were told, open again from
 * what they save, and agree.
 */
async function oneVerdict(change: Uint8Array, what: string): Promise<string> {
  const scenes = [new Scene(), new Scene()]
  assert.equal(await scenes[1]!.takesBob(), true)
  const verdicts: string[] = []
  for (const scene of scenes) {
    const before = { ...scene.document.materialise(), updatedAt: 0 }
    const { ops, refused } = await scene.merge([change])
    verdicts.push(refused[0]?.reason ?? 'taken')
    const { value, gone } = edited(before, ops, 0)
    const shown = scene.document.materialise()
    assert.deepStrictEqual({ value: shown.value, gone: shown.gone }, { value, gone }, what)
  }
  assert.equal(await scenes[0]!.takesBob(), true)
  const shown = scenes.map(({ document }) => document.materialise())
  for (const { document, raw } of scenes) {
    const again = ObjectDocument.open({ id: object, device: device('alice'), saved: document.save() })
    assert.deepStrictEqual(again.materialise(), shown[0], what)
    again.free()
    document.free()
    raw.free()
  }
  assert.equal(verdicts[0], verdicts[1], what)
  return verdicts[0]!
}

/** Deletions of element after element of the text, as runs. */
function manyDeletions(scene: Scene, count: number): Uint8Array {
  const honest = scene.make([{ action: 'del', obj: scene.id('body'), elemId: '1@' + eve, pred: [] }])
  const content = honest.subarray(10)
  // The action column is one literal: 7f, 3. As a run it is the count, signed, and 3.
  const run = [...signed(count), 3]
  const bytes = [...content]
  const id = bytes.lastIndexOf(0x42)
  const data = bytes.length - 1
  let at = id
  while (at < data && !(bytes[at] === 0x7f && bytes[at + 1] === 3)) at++
  bytes.splice(at, 2, ...run)
  bytes[id + 1] = run.length
  return chunk(1, new Uint8Array(bytes))
}

function signed(n: number): number[] {
  return n < 64 ? [n] : [(n % 128) + 128, ...signed(Math.floor(n / 128))]
}

/** Numbers from 0 to 1, the same each time (mulberry32). */
function seeded(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import { edited, type Op } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import { conversionActor, creationActor, deviceActor } from './actors.js'
import { mergeInto } from './merge-into.js'
import { ObjectDocument } from './object-document.js'
import { Rival, type Reason } from './refused.js'
import { device, from, object } from './testing/edits.js'
import { creation, eve, hashOf, Scene, value, type MadeUpOp } from './testing/scene.js'

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

/** Changes that Eve makes up, each refused for a reason. */
async function refusesAll(
  reason: Reason,
  made: (scene: Scene) => Record<string, readonly MadeUpOp[] | Uint8Array>,
): Promise<Scene> {
  const scene = new Scene()
  for (const [what, ops] of Object.entries(made(scene)))
    await refuses(scene, ops instanceof Uint8Array ? ops : scene.make(ops), reason, what)
  assert.deepEqual(await scene.takesBob(), true)
  return scene
}

/** As it comes of a document that nobody checks. */
function byEve(...ops: Op[]): Uint8Array {
  return ObjectDocument.open({ id: object, device: device('eve'), creation }).edit(ops, 1)[0]!
}

test('what an honest device could have made is taken, though it was made up', async () => {
  const scene = new Scene()
  const merged = await scene.merge([
    scene.make([scene.put('title', 'new', { pred: [scene.op('_root', 'title')] })]),
  ])
  assert.deepEqual(merged, { ops: [{ t: 'put', at: ['title'], v: 'new' }], refused: [], waiting: [] })
  assert.deepEqual(await scene.takesBob(), true)
})

test('a change in the name of another actor is refused, whoever that is', async () => {
  await refusesAll('actor', (scene) => {
    const ops = [scene.put('x', 1)]
    const as = (actor: string) => scene.make(ops, { actor })
    return {
      alice: as(deviceActor(device('alice'), object)),
      bob: as(deviceActor(device('bob'), object)),
      'eve elsewhere': as(deviceActor(device('eve'), 'BBBBBBBBBBBBBBBBBBBBBB' as typeof object)),
      creation: as(creationActor(object, 2)),
      conversion: as(conversionActor(object, 'counter', scene.op('_root', 'count'))),
      random: as('12'.repeat(16)),
    }
  })
})

test('a conversion that is not what every device makes is refused', async () => {
  await refusesAll('actor', (scene) => {
    const count = scene.op('_root', 'count')
    const title = scene.op('_root', 'title')
    const counter = conversionActor(object, 'counter', count)
    const text = conversionActor(object, 'text', title)
    const counts = (v: number, but: Partial<MadeUpOp> = {}) =>
      scene.put('count', v, { datatype: 'counter', pred: [count], ...but })
    const field = (life: number) => conversionActor(object, 'counter', '_root', 'new', String(life))
    const made = (actor: string, ops: MadeUpOp[], but = {}) => scene.make(ops, { actor, time: 0, ...but })
    const zero = scene.put('new', 0, { datatype: 'counter' })
    return {
      'another number': made(counter, [counts(2)]),
      'another field': made(counter, [counts(1, { key: 'rec' })]),
      'another time': made(counter, [counts(1)], { time: 1 }),
      'a later operation': made(counter, [counts(1)], { startOp: 100 }),
      'more than it should': made(counter, [counts(1), scene.put('x', 1)]),
      'another text': made(text, [{ action: 'makeText', obj: '_root', key: 'title', pred: [title] }]),
      'a number as text': made(conversionActor(object, 'text', count), [
        { action: 'makeText', obj: '_root', key: 'count', pred: [count] },
      ]),
      'a field from 1': made(field(0), [{ ...zero, value: 1 }]),
      'a life far ahead': made(field(1000), [zero]),
    }
  })
  // The very bytes are taken from whoever brings them.
  const scene = new Scene()
  const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
  const [conversion] = bob.edit([{ t: 'inc', at: ['count'], n: 1 }], 1)
  assert.deepEqual(await scene.merge([conversion!]), { ops: [], refused: [], waiting: [] })
})

test('a second life of a counted field waits for the first', async () => {
  const scene = new Scene()
  const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
  const [first, ...rest] = bob.edit(
    [
      { t: 'inc', at: ['new'], n: 1 },
      { t: 'del', at: ['new'] },
      { t: 'inc', at: ['new'], n: 5 },
    ],
    1,
  )
  const second = rest.find((change) => change.length === first!.length)!
  const { waiting } = await scene.merge([second], 'bob')
  assert.deepEqual(waiting, [{ index: 0, needs: [hashOf(first!)] }])
  const { ops } = await scene.merge([...rest, first!], 'bob')
  assert.equal(
    edited(
      { value, gone: false, updatedAt: 0 } as { value: StoredRecord; gone: boolean; updatedAt: number },
      ops,
      0,
    ).value['new'],
    5,
  )
  assert.equal(scene.document.materialise().value['new'], 5)
})

test('a change waits for those it depends on: they are named, and nothing of it is kept', async () => {
  const scene = new Scene()
  const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
  const [first] = bob.edit([{ t: 'put', at: ['title'], v: 'one' }], 1)
  const [second] = bob.edit([{ t: 'put', at: ['title'], v: 'two' }], 2)
  const before = scene.document.heads
  assert.deepEqual(await scene.merge([second!], 'bob'), {
    ops: [],
    refused: [],
    waiting: [{ index: 0, needs: [hashOf(first!)] }],
  })
  assert.deepEqual([scene.document.missing, scene.document.heads], [[], before])
  const { ops, waiting } = await scene.merge([second!, first!], 'bob')
  assert.deepEqual({ ops, waiting }, { ops: [{ t: 'put', at: ['title'], v: 'two' }], waiting: [] })
})

test('of two changes with one number the one with the smaller hash is taken, whichever comes first', async () => {
  const made = [1, 2].map((v) => {
    const change = new Scene().make([new Scene().put('x', v)])
    return { v, change, hash: hashOf(change) }
  })
  const [small, large] = made.sort((a, b) => (a.hash < b.hash ? -1 : 1)) as [
    (typeof made)[0],
    (typeof made)[0],
  ]
  for (const list of [
    [small.change, large.change],
    [large.change, small.change],
  ]) {
    const scene = new Scene()
    assert.deepEqual((await scene.merge(list)).refused, [
      { index: list.indexOf(large.change), reason: 'equivocation' },
    ])
    assert.equal(scene.document.materialise().value['x'], small.v)
    await refuses(scene, large.change, 'equivocation', 'later')
    assert.deepEqual(await scene.takesBob(), true)
  }
  // What was taken gives way: whoever has the document makes it anew.
  const scene = new Scene()
  await scene.merge([large.change])
  await assert.rejects(scene.merge([small.change]), Rival)
})

test('nobody puts a change out by another one in its author’s name', async () => {
  const scene = new Scene()
  const [one, two] = [1, 2].map((v) => scene.make([scene.put('x', v)])) as [Uint8Array, Uint8Array]
  for (const [theirs, forged] of [
    [one, two],
    [two, one],
  ] as const) {
    const { document, merged } = await mergeInto(
      new Scene().document,
      [
        { by: device('bob'), change: forged },
        { by: device('eve'), change: theirs },
      ],
      async () => new Scene().document,
    )
    assert.deepEqual(
      merged.refused.map(({ index }) => index),
      [0],
    )
    assert.equal(document.materialise().value['x'], theirs === one ? 1 : 2)
  }
})

test('a change does not come before, beside or far after what its author made before', async () => {
  const scene = await refusesAll('sequence', (scene) => {
    const ops = [scene.put('x', 1)]
    const [head] = scene.raw.getHeads()
    return {
      'no dependency': scene.make(ops, { deps: [] }),
      'a dependency twice': scene.make(ops, { deps: [head!, head!] }),
      'number 0': scene.make(ops, { seq: 0 }),
      'number 2': scene.make(ops, { seq: 2 }),
      'an early operation': scene.make(ops, { startOp: scene.last }),
      'a late operation': scene.make(ops, { startOp: 2 ** 31 }),
      nothing: scene.make([]),
    }
  })
  const first = scene.make([scene.put('x', 1)])
  assert.deepEqual((await scene.merge([first])).refused, [])
  await refuses(scene, scene.make([scene.put('y', 1)], { seq: 2 }), 'sequence', 'beside its own')
})

test('keys that no app may write are refused, in the root and in records', async () => {
  await refusesAll('key', (scene) => {
    const keys = [
      '@type',
      '@x',
      '@link',
      '@moved',
      '@moved:x',
      '$x',
      '__proto__',
      'constructor',
      'prototype',
      '',
      'k'.repeat(513),
    ]
    const rec = scene.id('rec')
    return {
      ...Object.fromEntries(keys.map((key) => [key, [scene.put(key, 'x')]])),
      ...Object.fromEntries(keys.map((key) => [`${key} inside`, [scene.put(key, 'x', { obj: rec })]])),
      id: [scene.put('id', 'x')],
      'gone inside': [scene.put('@gone', true, { obj: rec })],
      'gone as a word': [scene.put('@gone', 'yes')],
      'gone as false': [scene.put('@gone', false, {})],
      type: [{ action: 'del', obj: '_root', key: '@type', pred: [scene.op('_root', '@type')] }],
      'a link that is another': [scene.put('@link', object, { obj: scene.id('rec') })],
    }
  })
})

test('values that no device would store are refused', async () => {
  await refusesAll('value', (scene) => {
    const v = (value: unknown, datatype: string) => [scene.put('x', value, { datatype })]
    const map = `${scene.last + 1}@${eve}`
    const text = scene.id('body')
    const insert = (value: string): MadeUpOp[] => [
      { action: 'set', obj: text, elemId: '_head', insert: true, value, pred: [] },
    ]
    return {
      counter: v(1, 'counter'),
      'a float that is an integer': v(3, 'float64'),
      'a time that is none': v(8.64e15 + 1, 'timestamp'),
      'two letters at once': insert('ab'),
      'no letter': insert(''),
      'a link to nowhere': [
        { action: 'makeMap', obj: '_root', key: 'x', pred: [] },
        { action: 'set', obj: map, key: '@link', value: 'nowhere', pred: [] },
      ],
    }
  })
  await refusesAll('malformed', (scene) => ({
    'an unsigned integer': [scene.put('x', 1, { datatype: 'uint' })],
    'a table': [{ action: 'makeTable', obj: '_root', key: 'x', pred: [] }],
    'a message': scene.make([scene.put('x', 1)], { message: 'hello' }),
  }))
  await refusesAll('too-large', (scene) => ({
    bytes: byEve({ t: 'put', at: ['x'], v: new Uint8Array((64 << 10) + 1) }),
    string: [scene.put('x', 'x'.repeat((4 << 20) + 1))],
  }))
})

test('operations on what is not there, or is of another kind, are refused', async () => {
  await refusesAll('target', (scene) => {
    const [list, text, rec, link] = [scene.id('list'), scene.id('body'), scene.id('rec'), scene.id('link')]
    const title = scene.op('_root', 'title')
    const count = scene.op('_root', 'count')
    const actor = title.slice(title.indexOf('@') + 1)
    const at = (obj: string, but: Partial<MadeUpOp>): MadeUpOp[] => [scene.put('x', 1, { obj, ...but })]
    const el = (obj: string, elemId: string, but: Partial<MadeUpOp> = {}): MadeUpOp[] => [
      { action: 'set', obj, elemId, value: 1, datatype: 'int', insert: true, pred: [], ...but },
    ]
    return {
      'an object that is none': at(title, {}),
      'an object of the future': at(`${scene.last + 1}@${eve}`, {}),
      'an object that never was': at(`9999@${actor}`, {}),
      'a key of a list': at(list, {}),
      'a key of a text': at(text, {}),
      'a key of a link': at(link, {}),
      'an element of a record': el(rec, '_head'),
      'a letter replaced': el(text, scene.op(text, 0), {
        insert: false,
        value: 'x',
        datatype: undefined,
        pred: [scene.op(text, 0)],
      }),
      'a record in a text': el(text, '_head', { action: 'makeMap', value: undefined, datatype: undefined }),
      'an element that never was': el(list, `9999@${actor}`),
      'the value of another key replaced': at('_root', { pred: [title] }),
      'a value of another record replaced': at(rec, { key: 'title', pred: [title] }),
      'a value that never was replaced': at('_root', { pred: [`9999@${actor}`] }),
      'nothing deleted': [{ action: 'del', obj: '_root', key: 'title', pred: [] }],
      'a plain number counted': [{ action: 'inc', obj: '_root', key: 'count', value: 1, pred: [count] }],
      'a string counted': [{ action: 'inc', obj: '_root', key: 'title', value: 1, pred: [title] }],
    }
  })
})

test('an element of another list, which only Automerge finds, costs the document to be opened again', async (t) => {
  t.mock.method(console, 'error', () => {})
  const scene = new Scene()
  const elemId = scene.op(scene.id('other'), 0)
  const bad = scene.make([
    { action: 'set', obj: scene.id('list'), elemId, insert: true, value: 1, datatype: 'int', pred: [] },
  ])
  const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
  const good = bob.edit([{ t: 'put', at: ['title'], v: 'good' }], 1)
  const { document, merged } = await mergeBoth(scene, bad, good[0]!)
  assert.deepEqual(merged, {
    ops: [{ t: 'put', at: ['title'], v: 'good' }],
    refused: [{ index: 0, reason: 'panic' }],
    waiting: [],
  })
  assert.deepStrictEqual(document.materialise().value, { ...value, title: 'good' })
})

test('what a change is about has to be in its own past, whatever else is here', async () => {
  const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
  const [made] = bob.edit([{ t: 'put', at: ['new'], v: {} }], 1)
  for (const knowsBob of [true, false]) {
    const scene = new Scene()
    if (knowsBob) await scene.merge([made!], 'bob')
    const map = `${scene.last + 1}@${deviceActor(device('bob'), object)}`
    await refuses(
      scene,
      scene.make([scene.put('x', 1, { obj: map })]),
      'target',
      `Bob's is here: ${knowsBob}`,
    )
  }
})

test('containers inside each other are counted from the root, in one change and over several', async () => {
  const nest = (scene: Scene, count: number, obj = '_root', startOp = scene.last + 1): MadeUpOp[] =>
    Array.from({ length: count }, (_, i) => ({
      action: 'makeMap',
      obj: i === 0 ? obj : `${startOp + i - 1}@${eve}`,
      key: 'x',
      pred: [],
    }))
  await refusesAll('too-deep', (scene) => ({ 65: nest(scene, 65), 5000: nest(scene, 5000) }))
  const scene = new Scene()
  const first = scene.make(nest(scene, 64))
  assert.deepEqual((await scene.merge([first])).refused, [])
  const innermost = `${scene.last + 64}@${eve}`
  const next = { seq: 2, startOp: scene.last + 65, deps: [hashOf(first)] }
  await refuses(scene, scene.make([scene.put('y', 1, { obj: innermost })], next), 'too-deep', 'a value')
  const gone = { ...next, startOp: scene.last + 65 }
  const removed = [{ action: 'del', obj: '_root', key: 'x', pred: [`${scene.last + 1}@${eve}`] }]
  assert.deepEqual((await scene.merge([scene.make(removed, gone)])).refused, [])
})

test('an object that its author made too large is refused, also where another has made it small again', async () => {
  const large = 'x'.repeat(4 << 20)
  const scene = new Scene()
  const first = scene.make(['a', 'b', 'c', 'd'].map((key) => scene.put(key, large)))
  const then = { seq: 2, startOp: scene.last + 5, deps: [hashOf(first)] }
  const second = scene.make(
    ['e', 'f', 'g'].map((key) => scene.put(key, large)),
    then,
  )
  assert.deepEqual((await scene.merge([first, second])).refused, [])
  const bob = ObjectDocument.open({ id: object, device: device('bob'), saved: scene.document.save() })
  await scene.merge(
    bob.edit(
      ['a', 'b'].map((key): Op => ({ t: 'del', at: [key] })),
      1,
    ),
    'bob',
  )
  const last = { seq: 3, startOp: scene.last + 8, deps: [hashOf(second)] }
  await refuses(scene, scene.make([scene.put('h', large)], last), 'too-large', 'an eighth')
  assert.equal(scene.reopened, 1)
})

async function mergeBoth(scene: Scene, bad: Uint8Array, good: Uint8Array) {
  return mergeInto(scene.document, [...from('eve', [bad]), ...from('bob', [good])], () =>
    Promise.resolve(ObjectDocument.open({ id: object, device: device('alice'), creation })),
  )
}

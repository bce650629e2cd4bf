/** Live objects as an app meets them, on the real worker. */
import { assert } from 'chai'
import * as hearth from './index.js'
import type { Home, Space } from './index.js'

const coded = (run: () => unknown): string | undefined => {
  try {
    run()
  } catch (e) {
    return (e as hearth.HearthError).code
  }
  return undefined
}

describe('a live object', () => {
  let home: Home
  let space: Space
  before(async () => {
    home = await hearth.open({ app: 'Tests' })
    space = await home.createSpace({ name: 'Objects' })
  })
  const saved = async (object: object) => {
    await space.flush()
    return hearth.plain(object) as Record<string, unknown>
  }

  it('reads as what was written, with every kind of value', async () => {
    const due = new Date(1234567890123)
    const props = {
      s: 'x',
      n: 1.5,
      b: true,
      nothing: null,
      due,
      bytes: new Uint8Array([1, 2]),
      l: [1, [2]],
      r: { a: { b: 1 } },
    }
    const object = space.add('thing', { ...props, t: hearth.text('hi') })
    assert.deepEqual(await saved(object), { id: object.id, ...props, t: 'hi' })
    assert.deepEqual(object.due, due)
    assert.deepEqual({ ...object.r.a }, { b: 1 })
    assert.deepEqual(Object.keys(object), ['id', ...Object.keys(props), 't'])
    assert.equal(JSON.stringify(object.l), '[1,[2]]')
    assert.isTrue(Array.isArray(object.l))
    assert.isTrue('s' in object && !('q' in object))
  })

  it('takes assignments, deletions and undefined', async () => {
    const object = space.add('thing', { a: 1, b: 2, c: 3 } as {
      a: number
      b?: number
      c?: number | undefined
    })
    object.a = 5
    delete object.b
    object.c = undefined
    assert.deepEqual(await saved(object), { id: object.id, a: 5 })
  })

  it('is the same one whenever it is read, nested ones too', () => {
    const object = space.add('thing', { r: { x: 1 }, l: [{ y: 1 }] })
    assert.strictEqual(space.get(object.id), object)
    assert.strictEqual(object.r, object.r)
    const element = object.l[0]!
    object.l.unshift({ y: 0 })
    assert.strictEqual(object.l[1], element)
    element.y = 7
    assert.deepEqual(hearth.plain(object).l, [{ y: 0 }, { y: 7 }])
    object.l.pop()
    assert.equal(
      coded(() => (element.y = 8)),
      'echo/removed',
    )
  })

  it('has lists with all array methods', async () => {
    const object = space.add('thing', { l: ['c', 'a'] })
    const { l } = object
    assert.equal(l.push('b', 'd'), 4)
    assert.deepEqual(l.splice(1, 1, 'x', 'y'), ['a'])
    assert.equal(l.shift(), 'c')
    assert.equal(l.unshift('z'), 5)
    l.sort()
    assert.deepEqual([...l], ['b', 'd', 'x', 'y', 'z'])
    l.reverse()
    l[1] = 'Y'
    l.length = 4
    assert.deepEqual(
      l.map((s) => s + s),
      ['zz', 'YY', 'xx', 'dd'],
    )
    assert.isTrue(l.includes('x'))
    hearth.move(l, 0, 3)
    assert.deepEqual(await saved(object), { id: object.id, l: ['Y', 'x', 'd', 'z'] })
    l.fill('q', 2)
    object.l = ['x', 'q']
    assert.deepEqual(await saved(object), { id: object.id, l: ['x', 'q'] })
  })

  it('has text that merges, is a string to read, and is edited in place', async () => {
    const object = space.add('thing', { t: hearth.text('hello'), plain: 'p' })
    hearth.splice(object, 't', 5, 0, ' 🙂')
    hearth.splice(object, 't', 0, 1, 'J')
    assert.equal(object.t, 'Jello 🙂')
    object.t = 'Jello, 🙂!'
    assert.equal((await saved(object)).t, 'Jello, 🙂!')
    assert.equal(
      coded(() => hearth.splice(object, 't', 8, 1)),
      'echo/invalid',
      'half of a pair',
    )
    assert.equal(
      coded(() => hearth.splice(object, 't', 99, 0, 'x')),
      'echo/invalid',
    )
    assert.equal(
      coded(() => hearth.splice(object, 'plain', 0, 0, 'x')),
      'echo/not-text',
    )
    hearth.makeText(object, 'plain')
    hearth.splice(object, 'plain', 1, 0, '!')
    assert.equal((await saved(object)).plain, 'p!')
  })

  it('counts', async () => {
    const object = space.add('thing', { n: 1 } as { n: number; m?: number })
    hearth.increment(object, 'n', 4)
    hearth.increment(object, 'm')
    assert.deepEqual(await saved(object), { id: object.id, n: 5, m: 1 })
    assert.equal(
      coded(() => hearth.increment(object, 'n', 0.5)),
      'echo/invalid',
    )
  })

  it('links to others, which read back as live objects', async () => {
    const project = space.add('project', { name: 'House' })
    const task = space.add('task', { project, all: [project] })
    await space.flush()
    assert.strictEqual(task.project, project)
    assert.strictEqual(task.all[0], project)
    assert.deepEqual(hearth.plain(task) as unknown, {
      ...{ id: task.id, project: { '@link': project.id }, all: [{ '@link': project.id }] },
    })
    const found = home.query('task', { project })
    await found.ready
    assert.strictEqual(found.value[0], task)
    found.close()
  })

  it('refuses at the assignment what cannot be stored, and changes nothing', () => {
    const object = space.add('thing', { a: 1 } as Record<string, unknown>)
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const bad: Record<string, unknown> = {
      ...{ function: () => 1, symbol: Symbol('x'), NaN: NaN, Infinity, bigint: 1n, cycle, map: new Map() },
      ...{
        'half a pair': '\ud83d',
        'reserved key': { '@x': 1 },
        'reserved $': { $x: 1 },
        'empty key': { '': 1 },
      },
      ...{
        'own __proto__': JSON.parse('{"__proto__": 1}') as object,
        constructor: { constructor: 1 },
        date: new Date(NaN),
      },
    }
    for (const [name, value] of Object.entries(bad))
      assert.equal(
        coded(() => (object['b'] = value)),
        'echo/invalid',
        name,
      )
    for (const key of ['id', '@a', '$a', '', '__proto__', 'prototype'])
      assert.equal(
        coded(() => (object[key] = 1)),
        'echo/invalid',
        key,
      )
    assert.equal(
      coded(() => (object['b'] = 'x'.repeat((4 << 20) + 1))),
      'echo/too-large',
    )
    assert.equal(
      coded(() => (object['b'] = new Uint8Array((64 << 10) + 1))),
      'echo/too-large',
    )
    assert.equal(
      coded(() => space.add('', {})),
      'echo/invalid',
    )
    assert.equal(
      coded(() => space.add('thing', { id: 'mine' })),
      'echo/invalid',
    )
    assert.deepEqual(hearth.plain(object), { id: object['id'], a: 1 })
  })

  it('undoes a batch whole when it throws, and writes it whole when it does not', async () => {
    const object = space.add('thing', { n: 0, l: [1] })
    const before = space.query('batched')
    await before.ready
    assert.throws(
      () =>
        space.batch(() => {
          object.n = 1
          object.l.push(2)
          space.add('batched', {})
          throw new Error('mine')
        }),
      'mine',
    )
    assert.deepEqual(await saved(object), { id: object.id, n: 0, l: [1] })
    assert.lengthOf(before.value, 0)
    space.batch(() => {
      object.n = 2
      object.l.push(3)
    })
    assert.deepEqual(await saved(object), { id: object.id, n: 2, l: [1, 3] })
    before.close()
  })

  it('tells who listens what changed', async () => {
    const object = space.add('thing', { t: hearth.text('ab'), r: { x: 1 } })
    await space.flush()
    const heard: unknown[] = []
    const stop = hearth.on(object.r, ({ changes, origin, by }) =>
      heard.push([changes.map((c) => [c.kind, ...c.path]), origin, by]),
    )
    object.r.x = 2
    object.t = 'abc'
    await Promise.resolve()
    stop()
    object.r.x = 3
    await space.flush()
    assert.deepEqual(heard, [[[['set', 'r', 'x']], 'here', home.identity.value.deviceId]])
  })

  it('gives frozen snapshots that share what did not change', async () => {
    const object = space.add('thing', { a: { x: 1 }, b: { y: 1 }, t: hearth.text('t') })
    const first = hearth.snapshot(object)
    assert.strictEqual(hearth.snapshot(object), first)
    object.a.x = 2
    const second = hearth.snapshot(object)
    assert.notStrictEqual(second, first)
    assert.notStrictEqual(second.a, first.a)
    assert.strictEqual(second.b, first.b)
    assert.deepEqual([first.a.x, second.a.x, second.t], [1, 2, 't'])
    assert.isTrue(Object.isFrozen(second) && Object.isFrozen(second.a))
    assert.strictEqual(hearth.live(second), object)
    await space.flush()
    assert.strictEqual(hearth.snapshot(object).b, second.b)
  })

  it('is gone everywhere when it is removed', async () => {
    const object = space.add('removable', { a: 1 })
    const query = space.query('removable')
    await query.ready
    space.remove(object)
    assert.lengthOf(query.value, 0)
    assert.isUndefined(space.get(object.id))
    assert.equal(
      coded(() => (object.a = 2)),
      'echo/removed',
    )
    await space.flush()
    assert.equal(hearth.meta(object).state, 'missing')
    query.close()
  })
})

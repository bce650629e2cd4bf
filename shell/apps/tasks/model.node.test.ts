import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Space } from './hearth.js'
import type { Todo } from './model.js'

// Only what these functions call. The real data plane meets the app in the browser tests.
const space = () => {
  const made: Record<string, unknown>[] = []
  const removed: unknown[] = []
  const fake = {
    batch: (run: () => unknown) => run(),
    add: (type: string, value: object) => (made.push({ type, ...value }), made.at(-1)),
    remove: (object: unknown) => removed.push(object),
  }
  return { space: fake as unknown as Space, made, removed }
}
Object.assign(globalThis, {
  hearth: {
    text: (initial: string) => ({ text: initial }),
    plain: (object: object) => structuredClone(object),
  },
})
const { addTodos, moveTodo, parseTask, removeTodos } = await import('./model.js')

test('words with a hash become tags, each once, wherever they stand', () => {
  assert.deepEqual(parseTask('  Buy #shop milk #today #shop '), {
    title: 'Buy milk',
    tags: ['shop', 'today'],
  })
  assert.deepEqual(parseTask('Fix issue#12, at 5# or C#'), { title: 'Fix issue#12, at 5# or C#', tags: [] })
  assert.deepEqual(parseTask('#Größe'), { title: 'Größe', tags: ['Größe'] })
  assert.equal(parseTask(' \t'), undefined)
})

test('lines become tasks above what is there, in the order written, empty ones left out', () => {
  const { space: home, made } = space()
  addTodos(home, 'One\n\n  Two #b\r\n', { list: 'L' }, [{ id: 'x', order: -4 }, { id: 'y' }])
  assert.deepEqual(
    made.map(({ title, order, list, tags }) => [title, order, list, tags]),
    [
      ['One', -6, 'L', []],
      ['Two', -5, 'L', ['b']],
    ],
  )
})

test('any move gives the order that was meant, whatever orders there were', () => {
  const order = fc.option(fc.constantFrom(-1, 0, 1, 1 + Number.EPSILON, 2, 1e9), { nil: undefined })
  fc.assert(
    fc.property(fc.array(order, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (orders, a, b) => {
      // As the query gives them: those without an order first, then ascending, ties by creation.
      const sorted = (todos: Todo[]) =>
        [...todos].sort(
          (x, y) => (x.order ?? -Infinity) - (y.order ?? -Infinity) || Number(x.id) - Number(y.id),
        )
      const todos = sorted(
        orders.map((one, id): Todo => ({ id: String(id), ...(one !== undefined && { order: one }) })),
      )
      const [from, to] = [a % todos.length, b % todos.length]
      const meant = todos.filter((_, index) => index !== from)
      meant.splice(to, 0, todos[from]!)
      moveTodo(space().space, todos, todos[from]!, to)
      assert.deepEqual(
        sorted(todos).map(({ id }) => id),
        meant.map(({ id }) => id),
      )
    }),
  )
})

test('what is removed comes back with its values, notes as collaborative text', () => {
  const { space: home, made, removed } = space()
  const due = new Date('2026-01-02T12:00:00Z')
  const todo: Todo = { id: 'a', title: 'Sweep', notes: 'soot', tags: ['house'], due, order: 2 }
  const restore = removeTodos(home, [todo])
  assert.deepEqual(removed, [todo])
  restore()
  const { type, ...values } = made[0]!
  assert.equal(type, 'todo')
  assert.deepEqual(values, { title: 'Sweep', notes: { text: 'soot' }, tags: ['house'], due, order: 2 })
})

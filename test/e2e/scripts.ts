/** Random edit scripts as data: made here from a seed, performed by a page. */
import type { Random } from './random.js'

/** One edit. Places are parts of a length (0 to 1), because the length is known only when it is performed. */
export interface Step {
  readonly kind: (typeof kinds)[number]
  /** Which of the objects, as part of their number. */
  readonly object: number
  readonly at: number
  readonly to: number
  readonly count: number
  readonly text: string
  /** Milliseconds before the next step. */
  readonly wait: number
}

const kinds = [
  ...(['splice', 'splice', 'splice', 'write'] as const),
  ...(['push', 'push', 'cut', 'move', 'move'] as const),
  ...(['title', 'nested', 'deep', 'forget', 'tag', 'increment', 'increment'] as const),
  ...(['add', 'remove', 'batch'] as const),
]

/** Pieces that would show a broken surrogate pair, or an index in other units than UTF-16. */
const pieces = ['a', 'bc', 'def ', '🙂', 'é', '–', '漢字', '\n']

export function makeScript(random: Random, author: string, length: number): Step[] {
  return Array.from({ length }, (_, n) => ({
    kind: random.pick(kinds),
    object: random.next(),
    at: random.next(),
    to: random.next(),
    count: random.between(0, 3),
    text: `${random.pick(pieces)}${author}${n}`,
    wait: random.pick([0, 0, 0, 1, 5, 20]),
  }))
}

/** Makes the objects that scripts edit; runs in a page. */
export async function makeObjects(count: number): Promise<string[]> {
  const { space } = window.home
  const objects = Array.from({ length: count }, (_, n) =>
    space.add('edited', {
      title: `object ${n}`,
      body: hearth.text('In the beginning'),
      list: ['first', 'second', 'third'],
      nested: { a: 0, inner: { x: 0 }, tags: [] },
      count: 0,
    }),
  )
  await space.flush()
  return objects.map((object) => object['id'] as string)
}

/** Runs in a page. Gives back the sum of increments made. */
export async function perform({
  ids,
  steps,
}: {
  ids: readonly string[]
  steps: readonly Step[]
}): Promise<number> {
  interface Edited {
    title: string
    body: string
    list: string[]
    nested: { a?: number; inner: Record<string, unknown>; tags: string[] }
    count: number
  }
  const { space } = window.home
  const objects = await Promise.all(ids.map((id) => space.load(id)))
  const extras = space.query('extra')
  await extras.ready
  const index = (part: number, length: number) => Math.floor(part * length)
  let sum = 0

  const edit = ({ kind, object: which, at, to, count, text }: Step): void => {
    const object = objects[index(which, objects.length)]!
    const { body, list, nested } = object as unknown as Edited
    switch (kind) {
      case 'splice':
        return hearth.splice(object, 'body', ...whole(body, index(at, body.length + 1), count), text)
      case 'write':
        return void (object['body'] = body.slice(0, whole(body, index(at, body.length + 1), 0)[0]) + text)
      case 'push':
        return void list.push(text)
      case 'cut':
        return void list.splice(index(at, list.length + 1), count === 3 ? 2 : 1, text)
      case 'move':
        return list.length > 0 ? hearth.move(list, index(at, list.length), index(to, list.length)) : undefined
      case 'title':
        return void (object['title'] = text)
      case 'nested':
        return void (nested.a = count)
      case 'deep':
        return void (nested.inner[`k${count}`] = { [text]: [count, { text }] })
      case 'forget':
        return void delete nested.inner[`k${count}`]
      case 'tag':
        return void nested.tags.unshift(text)
      case 'increment':
        sum += count
        return hearth.increment(object, 'count', count)
      case 'add':
        return void space.add('extra', { text, body: hearth.text(text) })
      case 'remove': {
        const extra = extras.value[index(at, extras.value.length)]
        return extra ? space.remove(extra) : undefined
      }
      case 'batch':
        return void space.batch(() => {
          object['title'] = text
          list.push(text)
          hearth.splice(object, 'body', 0, 0, text)
        })
    }
  }

  /** A place and a length that split no surrogate pair. */
  const whole = (text: string, at: number, count: number): [number, number] => {
    const inPair = (i: number) => /^[\udc00-\udfff]/.test(text.slice(i, i + 1))
    const from = inPair(at) ? at - 1 : at
    const end = Math.min(text.length, at + count)
    return [from, (inPair(end) ? end + 1 : end) - from]
  }

  for (const step of steps) {
    edit(step)
    if (step.wait > 0) await new Promise((resolve) => setTimeout(resolve, step.wait))
  }
  extras.close()
  return sum
}

/** Everything there is, as plain values, in the order of creation; runs in a page. */
export async function everything(): Promise<unknown[]> {
  const query = window.home.space.query()
  await query.ready
  const all = query.value.map((object) => [
    hearth.meta(object).id,
    hearth.meta(object).type,
    hearth.plain(object),
  ])
  query.close()
  return all
}

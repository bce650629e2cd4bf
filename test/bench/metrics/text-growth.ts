/**
 * A text that was typed with an entry for each edit: what it takes on the disk, and to come in; by a checkpoint, and by going through all of
 * it, as who was in before has to and comes back.
 */
import type { Person } from '../../e2e/person.js'
import type { Run } from '../run.js'
import { withTwo, type Two } from '../two.js'

const SIZES = [2_000, 20_000]
/** Of the time by going through all of it; of a short text, to come in at all takes longer than what is in it. */
const SHARE = 0.2
const LEAST = 20_000

export async function textGrowth(run: Run): Promise<void> {
  for (const size of SIZES)
    for (let rep = 0; rep < run.reps; rep++) {
      const name = `text-growth ${size.toLocaleString('en')}`
      let replay = 0
      await withTwo(async (two) => {
        const { ms, kilobytes } = await goneThrough(two, size)
        replay = ms
        run.add({ metric: `${name}, stored`, unit: 'kB' }, { system: 'hearth' }, kilobytes)
        run.add({ metric: `${name}, to go through`, unit: 'ms' }, { system: 'hearth' }, ms)
      })
      await withTwo(async (two) => {
        const budget = { of: 'most', limit: Math.round(replay * SHARE) } as const
        const spec = { metric: `${name}, to join`, unit: 'ms', ...(size >= LEAST && { budget }) } as const
        run.add(spec, { system: 'hearth' }, await joined(two, size))
      })
    }
}

/** Ed was in when nothing was written, and is away while all of it is. */
async function goneThrough({ olga, ed }: Two, size: number): Promise<{ ms: number; kilobytes: number }> {
  const space = await olga.createSpace('Text')
  const before = await used(olga)
  await olga.add(space, 'A text', '')
  await ed.join(await olga.invite(space))
  await ed.sees(space, 'the text', ({ todos }) => 'A text' in todos)
  const back = await ed.goOffline()
  await type(olga, space, size)
  const kilobytes = ((await used(olga)) - before) / 1000
  const began = performance.now()
  await back()
  await read(ed, space, size)
  return { ms: performance.now() - began, kilobytes }
}

/** Ed comes in when all of it is written, and a checkpoint stands for it. */
async function joined({ olga, ed }: Two, size: number): Promise<number> {
  const space = await olga.createSpace('Text')
  await olga.add(space, 'A text', '')
  await type(olga, space, size)
  // It is made when it is quiet: nobody is told, and nobody need be.
  await new Promise((resolve) => setTimeout(resolve, 30_000))
  const told = await olga.invite(space)
  const began = performance.now()
  await ed.join(told)
  await read(ed, space, size)
  return performance.now() - began
}

const type = (person: Person, space: string, size: number) =>
  person.run(
    async ({ space, size }) => {
      const one = window.home.getSpace(space)!
      const todos = one.query('todo')
      await todos.ready
      const [note] = todos.value
      for (let n = 0; n < size; n++) {
        hearth.splice(note!, 'notes', n, 0, 'abcdefgh '[n % 9])
        await one.flush()
      }
    },
    { space, size },
  )

const read = (person: Person, space: string, size: number) =>
  person.run(
    async ({ space, size }) => {
      const todos = window.home.getSpace(space)!.query('todo')
      await new Promise<void>((resolve) => {
        todos.subscribe(([note]) => {
          if (String(note?.['notes'] ?? '').length === size) resolve()
          else if (note) hearth.on(note, () => String(note['notes']).length === size && resolve())
        })
      })
    },
    { space, size },
  )

/** Bytes of the entries alone cannot be told from a page: what the browser says that the origin uses. */
const used = (person: Person) =>
  person.run(async () => (await navigator.storage.estimate()).usage ?? 0, undefined)

/** A tab of Hearth, by its public API, loaded with the script tag as apps do. */
import type * as Hearth from '../../../client/index.js'
import type { System } from '../page/system.js'

declare const hearth: typeof Hearth

interface Note {
  title: string
  done: boolean
  created: number
}

let home: Hearth.Home
let notes: Hearth.Query<Note>
let paper: { body: string }

export const system: System = {
  async open(limit) {
    home = await hearth.open({ app: 'Bench' })
    notes = home.space.query<Note>('note')
    if (limit !== undefined) notes = notes.limit(limit)
    await notes.ready
  },
  size: () => notes.value.length,
  read() {
    let sum = 0
    for (const { title } of notes.value) sum += title.length
    return sum
  },
  title: (index) => notes.value[index]!.title,
  onNotes: (run) => void notes.subscribe(run),
  // Own changes too: after a worker was replaced, an own one that comes back can be the last that is needed.
  onNote: (index, run) => void hearth.on(notes.value[index]!, run),
  create(titles) {
    const created = Date.now()
    titles.forEach((title, n) => home.space.add<Note>('note', { title, done: false, created: created + n }))
  },
  setTitle(index, title) {
    notes.value[index]!.title = title
  },
  flush: () => home.space.flush(),
  async openText(make) {
    const papers = home.space.query<{ body: string }>('paper')
    await papers.ready
    if (make && papers.value.length === 0) {
      home.space.add('paper', { body: hearth.text() })
      await home.space.flush()
    }
    paper = papers.value[0]!
  },
  splice: (index, deleteCount, insert) => hearth.splice(paper, 'body', index, deleteCount, insert),
  text: () => paper.body,
  onText: (run) => void hearth.on(paper, run),
}
window.system = system

/** A tab of the floor: it holds what it shows as plain objects, and posts what it changes. */
import type { System } from '../page/system.js'
import type { Note, ToTab, ToWorker } from './protocol.js'

const { port } = new SharedWorker(new URL('./worker.js', location.href), { name: 'floor' })
const post = (message: ToWorker) => port.postMessage(message)

let notes: Note[] = []
const byId = new Map<string, Note>()
let text = ''
let limit = Infinity
let answered: () => void
const answer = () => new Promise<void>((resolve) => (answered = resolve))
const runs = { notes: [] as (() => void)[], text: [] as (() => void)[], note: new Map<string, () => void>() }

port.onmessage = ({ data }: MessageEvent<ToTab>) => {
  switch (data.t) {
    case 'all':
      notes = [...data.notes]
      for (const note of notes) byId.set(note.id, note)
      return answered()
    case 'whole':
      text = data.text
      return answered()
    case 'flushed':
      return answered()
    case 'create':
      add(data.notes)
      return runs.notes.forEach((run) => run())
    case 'title': {
      const note = byId.get(data.id)
      if (note) note.title = data.title
      return runs.note.get(data.id)?.()
    }
    case 'splice':
      text = text.slice(0, data.i) + data.v + text.slice(data.i + data.n)
      return runs.text.forEach((run) => run())
  }
}

function add(more: readonly Note[]): void {
  for (const note of more) {
    if (notes.length >= limit) return
    notes.push(note)
    byId.set(note.id, note)
  }
}

export const system: System = {
  open(most) {
    limit = most ?? Infinity
    post({ t: 'open', limit: most })
    return answer()
  },
  size: () => notes.length,
  read: () => notes.reduce((sum, { title }) => sum + title.length, 0),
  title: (index) => notes[index]!.title,
  onNotes: (run) => runs.notes.push(run),
  onNote: (index, run) => runs.note.set(notes[index]!.id, run),
  create(titles) {
    const created = Date.now()
    const more = titles.map((title, n) => ({
      id: crypto.randomUUID(),
      title,
      done: false,
      created: created + n,
    }))
    add(more)
    post({ t: 'create', notes: more })
  },
  setTitle(index, title) {
    const note = notes[index]!
    note.title = title
    post({ t: 'title', id: note.id, title })
  },
  flush() {
    post({ t: 'flush' })
    return answer()
  },
  openText() {
    post({ t: 'text' })
    return answer()
  },
  splice(i, n, v) {
    text = text.slice(0, i) + v + text.slice(i + n)
    post({ t: 'splice', i, n, v })
  },
  text: () => text,
  onText: (run) => runs.text.push(run),
}
window.system = system

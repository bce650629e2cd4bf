/**
 * The floor: a plain Map, raw messages, and IndexedDB written through (relaxed, one record for each message, all
 * that waits in one transaction). Nothing that shares state between tabs and keeps it can do less.
 */
import type { Note, ToTab, ToWorker } from './protocol.js'

const notes = new Map<string, Note>()
const ports = new Set<MessagePort>()
let text = ''
let edits = 0

const database = new Promise<IDBDatabase>((resolve, reject) => {
  const opening = indexedDB.open('floor', 1)
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('notes', { keyPath: 'id' })
    opening.result.createObjectStore('edits')
  }
  opening.onsuccess = () => resolve(opening.result)
  opening.onerror = () => reject(opening.error!)
})

const loaded = database.then(async (db) => {
  const tx = db.transaction(['notes', 'edits'])
  const [stored, typed] = await Promise.all([
    answer(tx.objectStore('notes').getAll() as IDBRequest<Note[]>),
    answer(tx.objectStore('edits').getAll() as IDBRequest<[number, number, string][]>),
  ])
  stored.sort((a, b) => a.created - b.created)
  for (const note of stored) notes.set(note.id, note)
  for (const [i, n, v] of typed) splice(i, n, v)
  edits = typed.length
})

const answer = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error!)
  })

const splice = (i: number, n: number, v: string) => (text = text.slice(0, i) + v + text.slice(i + n))

// What is to be kept

type Put = (tx: IDBTransaction) => void
let waiting: Put[] = []
let writing: Promise<void> | undefined

function keep(...puts: Put[]): void {
  waiting.push(...puts)
  writing ??= write().finally(() => (writing = undefined))
}

async function write(): Promise<void> {
  const db = await database
  while (waiting.length > 0) {
    const tx = db.transaction(['notes', 'edits'], 'readwrite', { durability: 'relaxed' })
    for (const put of waiting.splice(0)) put(tx)
    await new Promise((resolve, reject) => {
      tx.oncomplete = resolve
      tx.onabort = () => reject(tx.error!)
    })
  }
}

const putNote =
  (note: Note): Put =>
  (tx) =>
    void tx.objectStore('notes').put(note)

// What tabs say

function connect(port: MessagePort): void {
  const post = (message: ToTab) => port.postMessage(message)
  port.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
    if (data.t === 'open') {
      await loaded
      ports.add(port)
      return post({ t: 'all', notes: [...notes.values()].slice(0, data.limit) })
    }
    if (data.t === 'text') return post({ t: 'whole', text })
    if (data.t === 'flush') {
      await writing
      return post({ t: 'flushed' })
    }
    for (const other of ports) if (other !== port) other.postMessage(data)
    if (data.t === 'create') {
      for (const note of data.notes) notes.set(note.id, note)
      keep(...data.notes.map(putNote))
    } else if (data.t === 'title') {
      const note = notes.get(data.id)!
      note.title = data.title
      keep(putNote(note))
    } else {
      splice(data.i, data.n, data.v)
      const at = edits++
      keep((tx) => void tx.objectStore('edits').put([data.i, data.n, data.v], at))
    }
  }
}

addEventListener('connect', (event) => connect((event as MessageEvent).ports[0]!))

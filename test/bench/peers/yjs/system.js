/** Yjs: one document, kept by y-indexeddb in every tab, its updates sent over a BroadcastChannel. */
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'

const doc = new Y.Doc()
/** @type {Y.Array<Y.Map<unknown>>} */
const notes = doc.getArray('notes')
const paper = doc.getText('paper')
const channel = new BroadcastChannel('yjs')
/** @type {IndexeddbPersistence} */
let kept
let limit = Infinity

doc.on('update', (update, origin) => {
  if (origin !== 'other' && origin !== kept) channel.postMessage({ update })
})
channel.onmessage = ({ data }) => {
  if (data.update) Y.applyUpdate(doc, data.update, 'other')
  else channel.postMessage({ update: Y.encodeStateAsUpdate(doc, data.ask) })
}
const shown = () => Math.min(limit, notes.length)

/** @type {import('../../page/system.js').System} */
export const system = {
  async open(most) {
    limit = most ?? Infinity
    kept = new IndexeddbPersistence('yjs', doc)
    await kept.whenSynced
    channel.postMessage({ ask: Y.encodeStateVector(doc) })
  },
  size: shown,
  read() {
    let sum = 0
    let left = shown()
    for (const note of notes) {
      if (left-- === 0) break
      sum += /** @type {string} */ (note.get('title')).length
    }
    return sum
  },
  title: (index) => /** @type {string} */ (notes.get(index).get('title')),
  onNotes: (run) => notes.observe(run),
  onNote: (index, run) => notes.get(index).observe((_, { origin }) => origin === 'other' && run()),
  create(titles) {
    const created = Date.now()
    const made = titles.map((title, n) => {
      const note = { id: crypto.randomUUID(), title, done: false, created: created + n }
      return new Y.Map(Object.entries(note))
    })
    doc.transact(() => notes.push(made))
  },
  setTitle: (index, title) => void notes.get(index).set('title', title),
  /** It has no way to ask: a transaction on the same table completes after those that were there before it. */
  async flush() {
    const { db } = kept
    if (!db) throw new Error('The database is not open.')
    const tx = db.transaction(['updates'], 'readwrite')
    tx.objectStore('updates').count()
    await new Promise((resolve) => (tx.oncomplete = resolve))
  },
  openText: async () => {},
  splice(index, deleteCount, insert) {
    doc.transact(() => {
      if (deleteCount > 0) paper.delete(index, deleteCount)
      if (insert) paper.insert(index, insert)
    })
  },
  text: () => paper.toString(),
  onText: (run) => paper.observe(run),
}
window.system = system

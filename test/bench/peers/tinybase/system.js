/**
 * TinyBase: a MergeableStore in every tab, kept by its IndexedDB persister, in step over its BroadcastChannel
 * synchronizer. It has no text that merges, so it has no part in the rows that type.
 */
import { createMergeableStore } from 'tinybase'
import { createIndexedDbPersister } from 'tinybase/persisters/persister-indexed-db'
import { createBroadcastChannelSynchronizer } from 'tinybase/synchronizers/synchronizer-broadcast-channel'

const store = createMergeableStore()
const persister = createIndexedDbPersister(store, 'tinybase')
let limit = Infinity
/** @type {string[] | undefined} */
let ids

store.addRowIdsListener('notes', () => (ids = undefined))
const shown = () => (ids ??= store.getSortedRowIds('notes', 'created').slice(0, limit))

/** @type {import('../../page/system.js').System} */
export const system = {
  async open(most) {
    limit = most ?? Infinity
    await persister.load()
    await persister.startAutoSave()
    await createBroadcastChannelSynchronizer(store, 'tinybase').startSync()
  },
  size: () => Math.min(limit, store.getRowCount('notes')),
  read: () => shown().reduce((sum, id) => sum + String(store.getCell('notes', id, 'title')).length, 0),
  title: (index) => String(store.getCell('notes', shown()[index] ?? '', 'title')),
  onNotes: (run) => void store.addRowIdsListener('notes', run),
  onNote: (index, run) => void store.addCellListener('notes', shown()[index] ?? '', 'title', run),
  create(titles) {
    const created = Date.now()
    store.transaction(() =>
      titles.forEach((title, n) =>
        store.setRow('notes', crypto.randomUUID(), { title, done: false, created: created + n }),
      ),
    )
  },
  setTitle: (index, title) => void store.setCell('notes', shown()[index] ?? '', 'title', title),
  flush: async () => void (await persister.save()),
  openText: () => Promise.reject(new Error('TinyBase has no text.')),
  splice() {},
  text: () => '',
  onText() {},
}
window.system = system

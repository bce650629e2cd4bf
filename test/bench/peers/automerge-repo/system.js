/** A tab of automerge-repo: a repo without storage, in step with the one in the SharedWorker. One document. */
import wasm from '@automerge/automerge/automerge.wasm'
import { Automerge, initializeWasm, Repo } from '@automerge/automerge-repo/slim'
import { MessageChannelNetworkAdapter } from '@automerge/automerge-repo-network-messagechannel'

/** @typedef {{ id: string, title: string, done: boolean, created: number }} Note */
/** @typedef {{ notes: Note[], paper: string }} Root */

const { port } = new SharedWorker(new URL('./worker.js', location.href), { name: 'automerge-repo' })
/** @type {MessagePort} */
let asked
/** @type {import('@automerge/automerge-repo').DocHandle<Root>} */
let handle
let limit = Infinity

const message = () =>
  new Promise((resolve) => port.addEventListener('message', ({ data }) => resolve(data), { once: true }))
const shown = () => Math.min(limit, handle.doc().notes.length)

/** @type {import('../../page/system.js').System} */
export const system = {
  async open(most) {
    limit = most ?? Infinity
    const first = message()
    port.start()
    asked = /** @type {{ asked: MessagePort }} */ (await first).asked
    asked.start()
    await initializeWasm(fetch(new URL(wasm, location.href)))
    const joined = message()
    port.postMessage('join')
    await joined
    const repo = new Repo({
      network: [new MessageChannelNetworkAdapter(port)],
      peerId: /** @type {never} */ (`tab-${crypto.randomUUID()}`),
      sharePolicy: async (peer) => peer.includes('worker'),
    })
    await repo.networkSubsystem.whenReady()
    const known = localStorage.getItem('document')
    handle = known ? await repo.find(/** @type {never} */ (known)) : repo.create({ notes: [], paper: '' })
    if (known) return
    await system.flush()
    localStorage.setItem('document', handle.url)
  },
  size: shown,
  read() {
    const { notes } = handle.doc()
    let sum = 0
    for (let n = 0; n < shown(); n++) sum += notes[n].title.length
    return sum
  },
  title: (index) => handle.doc().notes[index].title,
  onNotes: (run) => void handle.on('change', run),
  onNote: (_, run) => void handle.on('change', run),
  create(titles) {
    const created = Date.now()
    handle.change(({ notes }) => {
      titles.forEach((title, n) =>
        notes.push({ id: crypto.randomUUID(), title, done: false, created: created + n }),
      )
    })
  },
  setTitle(index, title) {
    handle.change(({ notes }) => void (notes[index].title = title))
  },
  async flush() {
    asked.postMessage({ url: handle.url, heads: handle.heads() })
    await new Promise((resolve) => asked.addEventListener('message', resolve, { once: true }))
  },
  openText: async () => {},
  splice(index, deleteCount, insert) {
    handle.change((doc) => Automerge.splice(doc, ['paper'], index, deleteCount, insert))
  },
  text: () => handle.doc().paper,
  onText: (run) => void handle.on('change', run),
}
window.system = system

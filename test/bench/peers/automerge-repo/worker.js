/** automerge-repo in the pattern it documents: the SharedWorker has the storage, tabs sync with it. */
import wasm from '@automerge/automerge/automerge.wasm'
import { initializeWasm, Repo } from '@automerge/automerge-repo/slim'
import { MessageChannelNetworkAdapter } from '@automerge/automerge-repo-network-messagechannel'
import { IndexedDBStorageAdapter } from '@automerge/automerge-repo-storage-indexeddb'

const ready = initializeWasm(fetch(new URL(wasm, self.location.href))).then(
  () =>
    new Repo({
      storage: new IndexedDBStorageAdapter('automerge-repo'),
      peerId: /** @type {never} */ (`worker-${crypto.randomUUID()}`),
      sharePolicy: async (peer) => peer.includes('worker'),
    }),
)

/** One port for what the repos say, another for questions of the bench. */
addEventListener('connect', (event) => {
  const port = /** @type {MessageEvent} */ (event).ports[0]
  const asked = new MessageChannel()
  port.postMessage({ asked: asked.port2 }, [asked.port2])
  asked.port1.onmessage = async ({ data: { url, heads } }) => {
    const repo = await ready
    const handle = await found(repo, url)
    while (!heads.every((/** @type {never} */ head) => handle.heads().includes(head)))
      await new Promise((resolve) => handle.once('heads-changed', resolve))
    await repo.flush()
    asked.port1.postMessage('flushed')
  }
  port.onmessage = async () => {
    port.onmessage = null
    const repo = await ready
    repo.networkSubsystem.addNetworkAdapter(new MessageChannelNetworkAdapter(port, { useWeakRef: true }))
    port.postMessage({ joined: true })
  }
})

/**
 * A document that a tab has just made may not be here yet.
 * @returns {Promise<import('@automerge/automerge-repo').DocHandle<unknown>>}
 */
async function found(/** @type {Repo} */ repo, /** @type {never} */ url) {
  for (let attempt = 1; ; attempt++)
    try {
      return await repo.find(url)
    } catch (cause) {
      if (attempt === 20) throw cause
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
}

/**
 * The browser as a platform: the only room of the worker that touches what browsers offer.
 */
import { initializeWasm } from '@automerge/automerge/slim'
import { sha256 } from '@noble/hashes/sha2.js'
import { HearthError } from '../protocol/errors.js'
import { newId } from '../protocol/ids.js'
import { HEIR } from '../protocol/line.js'
import { OWNER_CHANNEL, OWNER_LOCK, type OwnerMessage, type WorkerMode } from '../protocol/rpc.js'
import type { Platform } from '../runtime.js'
import { nameOfDevice } from './device-name.js'
import { openIndexedDbStore } from './indexeddb-store.js'
import { openSocket } from './socket.js'

declare const __HEARTH_BUILD__: string | undefined
declare const __HEARTH_WASM__: string | undefined

/** The longest that a look at the deployed script takes, in milliseconds. */
const LOOK_MS = 3_000
/** So many bytes are hashed here sooner than the browser's own way, which is another thread, has begun. */
const HASHED_HERE = 4096

export function browserPlatform(): Platform {
  let wasm: Promise<void> | undefined
  const files = new Files()
  const channel = new BroadcastChannel(OWNER_CHANNEL)
  return {
    build: typeof __HEARTH_BUILD__ === 'string' ? __HEARTH_BUILD__ : 'source',
    get mode() {
      return files.mode
    },
    filesAt: (folder) => files.tell(folder),
    // A tab's worker can be passed over while it is frozen, and must not write when it wakes.
    openStore: () =>
      openIndexedDbStore(isTabWorker ? { fence: newId(), passedOver: () => self.close() } : {}),
    now: () => Date.now(),
    subtle: crypto.subtle,
    deviceName: () => nameOfDevice(navigator.userAgent),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    sha256: async (bytes) =>
      bytes.length <= HASHED_HERE
        ? sha256(bytes)
        : new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)),
    automerge: () =>
      (wasm ??= loadWasm(files).catch((e: unknown) => {
        // A failed download may be tried again by the next write.
        wasm = undefined
        throw new HearthError('env/unsupported', { reason: `WebAssembly (${String(e)})` })
      })),
    later(run, ms) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    storage: async () => {
      const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {}
      return { used: usage, quota, persisted: (await navigator.storage?.persisted?.()) ?? false }
    },
    socket: openSocket,
    url: self.location.href,
    shared: !isTabWorker,
    // A script of ours says so itself; one that only imports ours does not.
    deployed: async () =>
      (await deployedBuild(self.location.href)) ?? deployedBuild((await files.places('worker.js'))[0]!),
    hail: (message) => channel.postMessage(message),
    onHail: (run) => {
      channel.onmessage = ({ data }: MessageEvent<OwnerMessage>) => run(data)
    },
    onNetwork(run) {
      self.addEventListener('online', () => run(true))
      self.addEventListener('offline', () => run(false))
      // Another network: sockets of the one before may hang for long. Not every browser says so.
      const { connection } = navigator as { connection?: EventTarget }
      connection?.addEventListener('change', () => run(navigator.onLine))
    },
    close: () => self.close(),
    hold: holdLock,
    isFree: (name) =>
      navigator.locks.request(name, { mode: 'shared', ifAvailable: true }, (lock) => lock !== null),
    whenFree: (name, signal) => whenFree(name, signal),
  }
}

const isTabWorker = !('onconnect' in self)

/** Where Hearth's files are: where the first tab says, for a script of the page's own may import ours from anywhere. */
class Files {
  private folder: string | undefined
  private said!: () => void
  private readonly known = new Promise<void>((resolve) => (this.said = resolve))

  /** @param folder the origin's own, for a tab that does not say */
  tell(folder = new URL('/hearth/', self.location.origin).href): void {
    this.folder ??= folder
    this.said()
  }

  get mode(): WorkerMode {
    if (isTabWorker) return 'elected-tab'
    const { protocol, origin, pathname } = self.location
    if (protocol === 'blob:') return 'shared-blob'
    return `${this.folder}worker.js` === origin + pathname ? 'shared' : 'shared-file'
  }

  /** Places of a file, the likeliest first. Before the first tab, nothing needs one. */
  async places(name: string): Promise<string[]> {
    await this.known
    const beside = self.location.protocol === 'blob:' ? [] : [self.location.href]
    return [...new Set([this.folder!, ...beside].map((base) => new URL(name, base).href))]
  }
}

async function loadWasm(files: Files): Promise<void> {
  const file = typeof __HEARTH_WASM__ === 'string' ? __HEARTH_WASM__ : 'automerge.wasm'
  const [first, ...others] = await files.places(file)
  let response = await fetch(first!)
  for (const other of others) if (!response.ok) response = await fetch(other)
  await initializeWasm(response as unknown as Promise<Uint8Array>)
}

/** The build says so in its script's first line: what a tab would start now, from the network or what is kept of it. */
async function deployedBuild(script: string): Promise<string | undefined> {
  const response = await fetch(script, {
    cache: 'no-cache',
    signal: AbortSignal.timeout(LOOK_MS),
  })
  const reader = response.ok ? response.body?.getReader() : undefined
  const { value } = (await reader?.read()) ?? {}
  void reader?.cancel()
  return /^\/\*! hearth (\S+) \*\//.exec(new TextDecoder().decode(value?.subarray(0, 200)))?.[1]
}

/** Holds an exclusive lock until it is let go. @throws HearthError `store/busy` after `timeoutMs` */
async function holdLock(name: string, timeoutMs: number): Promise<() => void> {
  // The heir of a worker that says nothing any more waits for nobody.
  const steal = name === OWNER_LOCK && isTabWorker && self.name === HEIR
  const options = steal ? { steal } : { signal: AbortSignal.timeout(timeoutMs) }
  return new Promise((resolve, reject) => {
    let held = false
    navigator.locks
      .request(name, options, () => {
        held = true
        return new Promise<void>((release) => resolve(() => release()))
      })
      .catch(() => {
        // Stolen: another worker has the store, and this one was given up for dead.
        if (held) self.close()
        reject(new HearthError('store/busy'))
      })
  })
}

/** Resolves when nobody holds the lock (its tab has closed or crashed); rejects when called off. */
const whenFree = (name: string, signal: AbortSignal): Promise<void> =>
  navigator.locks.request(name, { signal, mode: 'shared' }, () => undefined)

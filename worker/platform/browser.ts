/**
 * The browser as a platform: the only room of the worker that touches what browsers offer.
 */
import { initializeWasm } from '@automerge/automerge/slim'
import { HearthError } from '../protocol/errors.js'
import { OWNER_CHANNEL, type OwnerMessage } from '../protocol/rpc.js'
import type { Platform } from '../runtime.js'
import { openIndexedDbStore } from './indexeddb-store.js'

declare const __HEARTH_BUILD__: string | undefined
declare const __HEARTH_WASM__: string | undefined

/** The longest that a look at the deployed script takes, in milliseconds. */
const LOOK_MS = 3_000

export function browserPlatform(): Platform {
  let wasm: Promise<void> | undefined
  const channel = new BroadcastChannel(OWNER_CHANNEL)
  return {
    build: typeof __HEARTH_BUILD__ === 'string' ? __HEARTH_BUILD__ : 'source',
    openStore: () => openIndexedDbStore(),
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)),
    automerge: () =>
      (wasm ??= loadWasm().catch((e: unknown) => {
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
    url: self.location.href,
    deployed: deployedBuild,
    hail: (message) => channel.postMessage(message),
    onHail: (run) => {
      channel.onmessage = ({ data }: MessageEvent<OwnerMessage>) => run(data)
    },
    close: () => self.close(),
    hold: holdLock,
    isFree: (name) =>
      navigator.locks.request(name, { mode: 'shared', ifAvailable: true }, (lock) => lock !== null),
    whenFree: (name, signal) => whenFree(name, signal),
  }
}

const loadWasm = async () => {
  const file = typeof __HEARTH_WASM__ === 'string' ? __HEARTH_WASM__ : 'automerge.wasm'
  await initializeWasm(fetch(new URL(file, self.location.href)) as unknown as Promise<Uint8Array>)
}

/** The build says so in its script's first line: what a tab would start now, from the network or what is kept of it. */
async function deployedBuild(): Promise<string | undefined> {
  const response = await fetch(self.location.href, {
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
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => new Promise<void>((release) => resolve(() => release())))
      .catch(() => reject(new HearthError('store/busy')))
  })
}

/** Resolves when nobody holds the lock (its tab has closed or crashed); rejects when called off. */
const whenFree = (name: string, signal: AbortSignal): Promise<void> =>
  navigator.locks.request(name, { signal, mode: 'shared' }, () => undefined)

/**
 * The files of one release, as the build lists them: all of them kept before it may run, answered from there and
 * never mixed with those of another. Files of the release before stay for one release more, as a tab that runs it may
 * still ask for a part of it.
 */
import { PrecacheController } from 'workbox-precaching'
import { isNewer } from '../protocol/rpc.js'
import { deleteCaches, hasRoomFor, releaseCache, releaseOf } from './caches.js'
import { placed } from './place.js'

export interface ReleaseFile {
  /** Path as the KUBE has it. */
  readonly url: string
  /** As in the `integrity` attribute. */
  readonly integrity: string
}

/** As kube/respond.ts has it: the bytes behind such a name never change. */
export const hashedName = /-[A-Z0-9]{8}\.[a-z0-9.]+$/i

export class Release {
  /** Each file under its own address, so that a browser can look it up without asking us (`routes.ts`). */
  readonly cacheName: string
  private readonly files: PrecacheController
  /** Hearth was removed while this ran, and nothing is to be kept. */
  erased = false

  /** @param bytes of all files together */
  constructor(
    private readonly build: string,
    files: readonly ReleaseFile[],
    private readonly bytes: number,
  ) {
    this.cacheName = releaseCache(build)
    this.files = new PrecacheController({
      cacheName: this.cacheName,
      plugins: [{ requestWillFetch: async ({ request }) => afresh(request) }],
    })
    this.files.addToCacheList(
      files.map(({ url, integrity }) => ({ url: placed(url).href, integrity, revision: null })),
    )
  }

  /** Whether a file is of this release. The server's files do not depend on what follows a `?`; neither do these. */
  has(url: URL): boolean {
    return this.keyOf(url) !== undefined
  }

  /** Addresses of all files. */
  get urls(): string[] {
    return this.files.getCachedURLs()
  }

  /** @throws Error if a file cannot be had as it was built, or the device is too full; then nothing is kept */
  async install(event: ExtendableEvent): Promise<void> {
    if (!(await hasRoomFor(this.bytes)))
      throw new Error('This device has too little room for Hearth to open without a network.')
    const cache = await caches.open(this.cacheName)
    const before = new Set((await cache.keys()).map(({ url }) => url))
    try {
      await this.inherit(cache)
      await this.files.install(event)
    } catch (cause) {
      for (const request of await cache.keys()) if (!before.has(request.url)) await cache.delete(request)
      throw cause
    } finally {
      if (this.erased) await deleteCaches()
    }
  }

  async activate(event: ExtendableEvent): Promise<void> {
    for (const name of await this.earlier()) await retire(name).catch(() => undefined)
    await this.files.activate(event)
  }

  /** From what is kept; from the network, if the browser has thrown it away. */
  async answer(url: URL, request: Request): Promise<Response> {
    const key = this.keyOf(url)
    const kept = key && (await (await caches.open(this.cacheName)).match(key))
    return kept || fetch(request)
  }

  /** @param path of a file whose name holds its hash */
  async previous(path: string): Promise<Response | undefined> {
    for (const name of await this.earlier()) {
      const response = await (await caches.open(name)).match(path)
      if (response) return response
    }
    return undefined
  }

  /** Fetches what is missing. @throws TypeError if the server has another release by now; what is there stays */
  async fill(): Promise<void> {
    const cache = await caches.open(this.cacheName)
    for (const url of this.urls) {
      if (await cache.match(url)) continue
      const integrity = this.files.getIntegrityForCacheKey(url)!
      const response = await fetch(afresh(new Request(url, { integrity })))
      if (response.ok && !this.erased) await cache.put(url, response)
    }
  }

  private keyOf({ origin, pathname }: URL): string | undefined {
    return this.files.getCacheKeyForURL(origin + pathname)
  }

  /** What has not changed since the release that runs, the wasm above all, is not fetched again. */
  private async inherit(cache: Cache): Promise<void> {
    for (const name of await this.earlier()) {
      const theirs = await caches.open(name)
      for (const url of this.urls.filter((url) => hashedName.test(url))) {
        const response = (await cache.match(url)) ? undefined : await theirs.match(url)
        if (response) await cache.put(url, response)
      }
    }
  }

  /** Names of the caches of earlier releases. */
  private async earlier(): Promise<string[]> {
    return (await caches.keys()).filter((name) => {
      const build = releaseOf(name)
      return build !== undefined && isNewer(this.build, build)
    })
  }
}

/**
 * A release does not run any more: what may still be asked for by tabs that run it stays where it is, as a browser looks
 * there by itself. Without a hash, a name means something else in each release, and nobody may get the old one. A
 * cache that has no such name was retired before, and goes.
 */
async function retire(cacheName: string): Promise<void> {
  const cache = await caches.open(cacheName)
  const unhashed = (await cache.keys()).filter(({ url }) => !hashedName.test(url))
  if (unhashed.length === 0) await caches.delete(cacheName)
  for (const request of unhashed) await cache.delete(request)
}

/** A name without a hash may lie in the browser's own cache as it was in the release before. */
const afresh = (request: Request): Request =>
  hashedName.test(request.url) ? request : new Request(request, { cache: 'reload' })

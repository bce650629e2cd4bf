/**
 * The files of one release, as the build lists them: all of them kept before it may run, answered from there and
 * never mixed with those of another. Files of the release before stay for one release more, as a tab that runs it may
 * still ask for a part of it.
 */
import { PrecacheController } from 'workbox-precaching'
import { deleteCaches, hasRoomFor, PREVIOUS, RELEASE } from './caches.js'

export interface ReleaseFile {
  /** Path on this origin. */
  readonly url: string
  /** Null where the name itself says which bytes it stands for. */
  readonly revision: string | null
  /** As in the `integrity` attribute. */
  readonly integrity: string
}

export class Release {
  private readonly files = new PrecacheController({ cacheName: RELEASE })
  /** Hearth was removed while this ran. */
  private erased = false

  /** @param bytes of all files together */
  constructor(
    files: readonly ReleaseFile[],
    private readonly bytes: number,
  ) {
    this.files.addToCacheList([...files])
  }

  /** Whether a file is of this release. The server's files do not depend on what follows a `?`; neither do these. */
  has(url: URL): boolean {
    return this.keyOf(url) !== undefined
  }

  /** @throws Error if a file cannot be had as it was built, or the device is too full; then nothing is kept */
  async install(event: ExtendableEvent): Promise<void> {
    if (!(await hasRoomFor(this.bytes)))
      throw new Error('This device has too little room for Hearth to open without a network.')
    const cache = await caches.open(RELEASE)
    const before = new Set((await cache.keys()).map(({ url }) => url))
    try {
      await this.files.install(event)
    } catch (cause) {
      for (const request of await cache.keys()) if (!before.has(request.url)) await cache.delete(request)
      throw cause
    } finally {
      if (this.erased) await deleteCaches()
    }
  }

  async activate(event: ExtendableEvent): Promise<void> {
    await this.keepPrevious().catch(() => undefined)
    await this.files.activate(event)
  }

  /** From what is kept; from the network, if the browser has thrown it away. */
  async answer(url: URL, request: Request): Promise<Response> {
    const key = this.keyOf(url)
    const kept = key && (await (await caches.open(RELEASE)).match(key))
    return kept || fetch(request)
  }

  /** @param path of a file whose name holds its hash */
  async previous(path: string): Promise<Response | undefined> {
    return (await caches.has(PREVIOUS)) ? (await caches.open(PREVIOUS)).match(path) : undefined
  }

  erase(): void {
    this.erased = true
  }

  private keyOf({ origin, pathname }: URL): string | undefined {
    return this.files.getCacheKeyForURL(origin + pathname)
  }

  /** What is in the cache and not in this release belongs to the one that ran until now. */
  private async keepPrevious(): Promise<void> {
    const release = await caches.open(RELEASE)
    const ours = new Set(this.files.getURLsToCacheKeys().values())
    const left = (await release.keys()).filter(({ url }) => !ours.has(url))
    await caches.delete(PREVIOUS)
    const previous = await caches.open(PREVIOUS)
    for (const request of left) {
      const response = await release.match(request)
      // A key with a query is a name that means something else in each release; nobody may get the old one.
      if (response && !new URL(request.url).search) await previous.put(request, response)
    }
  }
}

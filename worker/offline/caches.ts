/** The caches of the service worker, and how full the device may get for their sake. */
import { CACHE_PREFIX } from '../protocol/offline.js'

const RELEASES = `${CACHE_PREFIX}release:`
/** The files of one release. */
export const releaseCache = (build: string): string => RELEASES + build
/** Of a name that `releaseCache` gave, the build. */
export const releaseOf = (cache: string): string | undefined =>
  cache.startsWith(RELEASES) ? cache.slice(RELEASES.length) : undefined
export const LISTS = `${CACHE_PREFIX}lists`
/** @param id as in the address of the app, percent-encoded */
export const appCache = (id: string): string => `${CACHE_PREFIX}app:${id}`

export async function deleteCaches(): Promise<void> {
  const ours = (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX))
  await Promise.all(ours.map((name) => caches.delete(name)))
}

/** Of what the browser grants an origin, this much is left to data: files can be fetched again. */
const LEFT_TO_DATA = 0.25

/** Whether so many bytes of files fit. True where the browser does not say. */
export async function hasRoomFor(bytes: number): Promise<boolean> {
  const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {}
  return usage + bytes < quota * (1 - LEFT_TO_DATA)
}

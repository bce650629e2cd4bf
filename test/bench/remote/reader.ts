/**
 * A device in a browser that is handed what another one wrote, as a peer would hand it: the worker's own parts on the
 * browser's own store, in a SharedWorker, without tabs.
 */
import { decode, encode } from 'cborg'
import * as Comlink from 'comlink'
import { openPlanes } from '../../../worker/planes.js'
import { browserPlatform } from '../../../worker/platform/browser.js'
import { floor } from './floor.js'
import { textOf, type Done, type Reader, type Work } from './shapes.js'

/** Bytes that a peer has on their way at once. */
const WINDOW = 8 << 20

/** A SharedWorker's. */
declare const self: { addEventListener(type: 'connect', run: (event: MessageEvent) => void): void }

const platform = browserPlatform()
platform.filesAt(undefined)
const opening = openPlanes(platform)

const toText = (value: unknown) =>
  btoa(Array.from(encode(value), (byte) => String.fromCharCode(byte)).join(''))
const fromText = (text: string): unknown => decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))

const reader: Reader = {
  introduce: async (space) => toText(await (await opening).halo.admissions.introduce(space, 'editor')),
  async join(log) {
    await (await opening).halo.admissions.join(fromText(log) as Uint8Array[])
    // A device that has written has this already.
    await platform.automerge()
  },
  floor: async (url) => floor(await entriesAt(url)),
  async read({ space, url, together }: Work): Promise<Done> {
    const entries = await entriesAt(url)
    const { echo } = await opening
    const began = performance.now()
    const underWay: { readonly bytes: number; readonly done: Promise<unknown> }[] = []
    let bytes = 0
    for (let at = 0; at < entries.length; at += together) {
      while (bytes > WINDOW) {
        const { done, bytes: less } = underWay.shift()!
        await done
        bytes -= less
      }
      const some = entries.slice(at, at + together)
      const more = some.reduce((sum, entry) => sum + entry.length, 0)
      underWay.push({ bytes: more, done: echo.exchange.receive(space, some) })
      bytes += more
    }
    await Promise.all(underWay.map(({ done }) => done))
    await echo.exchange.durable()
    const ms = performance.now() - began
    const records = echo.queries.matching({ space }).sorted.map(({ id, value }) => [id, value] as const)
    if (echo.damage.length > 0) throw new Error(JSON.stringify(echo.damage[0]))
    const digest = await platform.sha256(new TextEncoder().encode(textOf(records)))
    return { ms, entries: entries.length, digest: toText(digest) }
  },
}

async function entriesAt(url: string): Promise<Uint8Array[]> {
  const file = new Uint8Array(await (await fetch(url)).arrayBuffer())
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at < file.length;) {
    const end = at + 4 + view.getUint32(at)
    entries.push(file.slice(at + 4, end))
    at = end
  }
  return entries
}

self.addEventListener('connect', ({ ports: [port] }) => Comlink.expose(reader, port!))

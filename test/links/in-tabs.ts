/**
 * Direct links in tabs of two browsers: what holds them there is what users' tabs load, the connection is the browsers', and the worker's
 * side of each link is here. What is below a link is its tab, and what the tab says goes through the debugging protocol.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Chromium, ChromiumPage } from '../engines/chromium.js'
import { DirectLink } from '../../worker/mesh/direct/direct-link.js'
import type { Hosted } from '../../worker/mesh/platform.js'
import type { FromHost, IceServer, LinkOrder, ToHost } from '../../worker/protocol/hosting.js'
import { dist } from '../e2e/site.js'
import { realTime, type Hand, type LinkWorld, type Pair } from './world.js'

export interface Tabs {
  /** Where a KUBE serves the build to them. */
  readonly url: string
  readonly browsers: readonly [Chromium, Chromium]
  /** Servers for the next link. */
  ice(): readonly IceServer[]
  /** Ends what else there is. */
  end(): Promise<void>
}

export async function inTabs({ url, browsers, ice, end }: Tabs): Promise<LinkWorld> {
  const [one, two] = [await Tab.in(browsers[0], url), await Tab.in(browsers[1], url)]
  let asleep: (() => void) | undefined
  return {
    until: realTime.until,
    platform: {
      ...{ subtle: crypto.subtle, now: realTime.now, later: realTime.later },
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    },
    async end() {
      await Promise.allSettled(browsers.map((browser) => browser.close()))
      await end()
    },
    async pair(): Promise<Pair> {
      const hosted = [
        one.hold({ isInitiator: true, ice: ice() }),
        two.hold({ isInitiator: false, ice: ice() }),
      ] as const
      const ends = [new DirectLink(hosted[0]), new DirectLink(hosted[1])] as const
      let opened = 0
      for (const [link, other] of [ends, [ends[1], ends[0]] as const]) {
        link.onSignal = (text) => other.signal(text)
        link.onOpened = () => opened++
      }
      assert.ok(await realTime.until(() => opened === 2, 10_000), 'the browsers do not find each other')
      return {
        ends,
        meddle: (hand) => void (hosted[1].hand = hand),
        freeze: () => void (asleep = browsers[1].sleep()),
        async end() {
          asleep?.()
          asleep = undefined
          for (const link of ends) link.close()
        },
      }
    },
  }
}

/** A link in a tab, as its worker has it. */
class InTab implements Hosted {
  onGone = () => undefined
  release = () => undefined
  hand: Hand = (frame) => [frame]
  readonly port: Hosted['port']

  constructor(post: (message: ToHost) => void) {
    this.port = { onmessage: null, postMessage: (message: unknown) => post(message as ToHost) }
  }

  hear(message: FromHost): void {
    const tell = (data: FromHost) =>
      this.port.onmessage?.call(this.port as MessagePort, { data } as MessageEvent)
    if (message[0] !== 'frame') return tell(message)
    for (const frame of this.hand(new Uint8Array(message[1]))) tell(['frame', frame.slice().buffer])
  }
}

/** One message of a link, with bytes as base64. */
type Line = readonly [link: number, t: string, what?: string | number | undefined]

class Tab {
  private readonly links = new Map<number, InTab>()
  private waiting: Line[] = []
  private isTelling = false
  private count = 0

  private constructor(private readonly page: ChromiumPage) {}

  static async in(browser: Chromium, url: string): Promise<Tab> {
    const page = await browser.newPage()
    const tab = new Tab(page)
    await page.goto(`${url}/apps/alpha/blank.html`)
    await page.expose('toWorker', (text) => {
      for (const line of JSON.parse(text) as readonly Line[]) tab.hear(line)
    })
    const holder = readdirSync(`${dist}/hearth`).find((name) => /^peer-host-\w+\.js$/.test(name))
    assert.ok(holder, 'the build has nothing that holds links')
    await page.evaluate(serve, `/hearth/${holder}`)
    return tab
  }

  hold(order: LinkOrder): InTab {
    const link = ++this.count
    this.post([link, 'order', JSON.stringify(order)])
    const hosted = new InTab(([t, what]) => {
      if (t === 'frame') this.post([link, t, Buffer.from(what).toString('base64')])
      else this.post([link, t, what])
    })
    this.links.set(link, hosted)
    return hosted
  }

  private hear([link, t, what]: Line): void {
    const bytes = () => new Uint8Array(Buffer.from(String(what), 'base64')).buffer
    this.links.get(link)!.hear((t === 'frame' ? [t, bytes()] : [t, what]) as FromHost)
  }

  /** In order, and many at a time. */
  private post(line: Line): void {
    this.waiting.push(line)
    if (!this.isTelling) void this.tell()
  }

  private async tell(): Promise<void> {
    this.isTelling = true
    while (this.waiting.length > 0) {
      const lines = this.waiting.splice(0, 64)
      // Of a browser that is closed nothing more is asked.
      await this.page.evaluate(hear, lines).catch(() => (this.waiting = []))
    }
    this.isTelling = false
  }
}

interface InPage {
  toWorker(text: string): void
  hear(line: Line): void
}

/** Runs in the page. */
const hear = (lines: readonly Line[]) => {
  for (const line of lines) (globalThis as unknown as InPage).hear(line)
}

/** Runs in the page: a worker's side of ports, that says what it is told and tells what it hears. */
async function serve(holder: string): Promise<void> {
  const { hold } = (await import(holder)) as { hold(order: LinkOrder, port: MessagePort): void }
  const page = globalThis as unknown as InPage
  const ports = new Map<number, MessagePort>()
  const fromBytes = (bytes: ArrayBuffer) => {
    let text = ''
    for (let at = 0; at < bytes.byteLength; at += 4096)
      text += String.fromCharCode(...new Uint8Array(bytes, at, Math.min(4096, bytes.byteLength - at)))
    return btoa(text)
  }
  // Each call costs more than what it carries.
  let waiting: Line[] = []
  const post = (line: Line) => {
    waiting.push(line)
    if (waiting.length === 1)
      setTimeout(() => {
        page.toWorker(JSON.stringify(waiting))
        waiting = []
      })
  }
  const toBytes = (text: string) => {
    const plain = atob(text)
    const bytes = new Uint8Array(plain.length)
    for (let at = 0; at < plain.length; at++) bytes[at] = plain.charCodeAt(at)
    return bytes.buffer
  }
  page.hear = ([link, t, what]) => {
    if (t !== 'order')
      return ports.get(link)!.postMessage(t === 'frame' ? [t, toBytes(what as string)] : [t, what])
    const { port1, port2 } = new MessageChannel()
    ports.set(link, port1)
    port1.onmessage = ({ data: [t, what] }: MessageEvent<FromHost>) =>
      post([link, t, t === 'frame' ? fromBytes(what) : what])
    hold(JSON.parse(what as string) as LinkOrder, port2)
  }
}

/**
 * The tabs of this device that can hold a direct link to another one, as MESH needs them: shown ones before hidden ones, of these
 * the one that holds fewest, and last the one in which a link has just hung. So links are spread over what is looked at. A tab is asked
 * by its session whether it can; one that is gone, or stands still, holds none any more. One that is hidden for some time, while another
 * is shown, is to be relieved of its links: a browser may have it stand still whenever it likes.
 */
import type { Hosted, Hosts } from './mesh/platform.js'
import type { ClientId } from './protocol/ids.js'
import type { IceServer, LinkOrder, TabState } from './protocol/hosting.js'

/** A hidden tab is relieved when others have been shown for so long, in milliseconds: who only looks something up comes back. */
export const SETTLED_MS = 5_000
/** And so much later at the soonest than any was before: who goes to and fro has links moved seldom, in milliseconds. */
export const AGAIN_MS = 30_000

/** A tab in which a link has hung comes last for so long, in milliseconds. */
export const HUNG_MS = 60_000

interface Tab {
  readonly ask: () => void
  /** The port for hosting, once it has one. */
  port?: MessagePort
  state: TabState
  /** It says nothing any more. */
  isSilent: boolean
  readonly links: Set<Hosted>
}

export class TabHosts implements Hosts {
  private readonly tabs = new Map<ClientId, Tab>()
  private isWanted = false
  private couldHost = false
  /** In which a link has hung last: another one is taken if there is one. */
  private hung: Tab | undefined
  private cancelHung: (() => void) | undefined
  private relievedAt = -Infinity
  private cancelRelief: (() => void) | undefined

  /** @param changed whether there is one that can may be otherwise now */
  constructor(
    private readonly platform: { now(): number; later(run: () => void, ms: number): () => void },
    private readonly changed: () => void,
  ) {}

  get canHost(): boolean {
    return [...this.tabs.values()].some(isAble)
  }

  wanted(): void {
    if (this.isWanted) return
    this.isWanted = true
    for (const { ask } of this.tabs.values()) ask()
  }

  open(isInitiator: boolean, ice: readonly IceServer[]): Hosted | undefined {
    const rank = (tab: Tab) => [tab === this.hung, tab.state === 'hidden', tab.links.size].map(Number)
    const [found] = [...this.tabs]
      .filter(([, tab]) => isAble(tab))
      .sort(([, a], [, b]) => compare(rank(a), rank(b)))
    if (!found) return undefined
    const [client, tab] = found
    const { port1, port2 } = new MessageChannel()
    const order: LinkOrder = { isInitiator, ice }
    tab.port!.postMessage(order, [port2])
    const link: Hosted = {
      ...{ tab: client, port: port1 },
      onGone: () => undefined,
      onBetter: () => undefined,
      release: (hasHung) => {
        tab.links.delete(link)
        if (hasHung) this.hang(tab)
        this.watch()
      },
    }
    tab.links.add(link)
    this.watch()
    return link
  }

  private hang(tab: Tab): void {
    this.hung = tab
    this.cancelHung?.()
    this.cancelHung = this.platform.later(() => {
      this.hung = undefined
      this.watch()
    }, HUNG_MS)
  }

  // What becomes of tabs

  /** @param ask has it say whether it can: it answers with `offer` */
  came(client: ClientId, ask: () => void): void {
    this.tabs.set(client, { ask, state: 'away', isSilent: false, links: new Set() })
    if (this.isWanted) ask()
  }

  /** @returns the tab's end of its port for hosting */
  offer(client: ClientId): MessagePort | undefined {
    const tab = this.tabs.get(client)
    if (!tab) return undefined
    const { port1, port2 } = new MessageChannel()
    tab.port = port1
    port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.tabs.get(client) !== tab || tab.port !== port1) return
      tab.state = data === 'shown' || data === 'hidden' ? data : 'away'
      this.check(tab)
    }
    return port2
  }

  hush(client: ClientId, isSilent: boolean): void {
    const tab = this.tabs.get(client)
    if (!tab || tab.isSilent === isSilent) return
    tab.isSilent = isSilent
    this.check(tab)
  }

  left(client: ClientId): void {
    const tab = this.tabs.get(client)
    if (!tab) return
    this.tabs.delete(client)
    tab.state = 'away'
    this.check(tab)
  }

  private check(tab: Tab): void {
    if (!isAble(tab)) for (const link of [...tab.links]) link.onGone()
    this.watch()
    const { canHost } = this
    if (canHost === this.couldHost) return
    this.couldHost = canHost
    this.changed()
  }

  // Which tabs are relieved

  /** Those that hold links and are not looked at, while one is that could hold them. */
  private get burdened(): readonly Tab[] {
    const tabs = [...this.tabs.values()]
    const isBetter = (tab: Tab) => isAble(tab) && tab.state === 'shown' && tab !== this.hung
    if (!tabs.some(isBetter)) return []
    return tabs.filter(({ state, links }) => state === 'hidden' && links.size > 0)
  }

  private watch(): void {
    if (this.burdened.length === 0) {
      this.cancelRelief?.()
      this.cancelRelief = undefined
      return
    }
    const rest = this.relievedAt + AGAIN_MS - this.platform.now()
    this.cancelRelief ??= this.platform.later(() => this.relieve(), Math.max(SETTLED_MS, rest))
  }

  /** Links that could not be moved are tried again later. */
  private relieve(): void {
    this.cancelRelief = undefined
    this.relievedAt = this.platform.now()
    for (const { links } of this.burdened) for (const link of [...links]) link.onBetter()
    this.watch()
  }
}

const compare = (a: readonly number[], b: readonly number[]) =>
  a.map((one, i) => one - b[i]!).find((difference) => difference !== 0) ?? 0

const isAble = ({ port, state, isSilent }: Tab) => !!port && state !== 'away' && !isSilent

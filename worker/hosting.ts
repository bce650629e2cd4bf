/**
 * The tabs of this device that can hold a direct link to another one, as MESH needs them: shown ones before hidden ones, of these
 * the one that holds fewest, and last the one in which a link has just hung. A tab is asked by its session whether it can; one that is gone, or stands still, holds none any more.
 */
import type { Hosted, Hosts } from './mesh/platform.js'
import type { ClientId } from './protocol/ids.js'
import type { IceServer, LinkOrder, TabState } from './protocol/hosting.js'

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

  /** @param changed whether there is one that can may be otherwise now */
  constructor(private readonly changed: () => void) {}

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
    const [tab] = [...this.tabs.values()].filter(isAble).sort((a, b) => compare(rank(a), rank(b)))
    if (!tab) return undefined
    const { port1, port2 } = new MessageChannel()
    const order: LinkOrder = { isInitiator, ice }
    tab.port!.postMessage(order, [port2])
    const link: Hosted = {
      port: port1,
      onGone: () => undefined,
      release: (hasHung) => {
        tab.links.delete(link)
        if (hasHung) this.hung = tab
      },
    }
    tab.links.add(link)
    return link
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
    const { canHost } = this
    if (canHost === this.couldHost) return
    this.couldHost = canHost
    this.changed()
  }
}

const compare = (a: readonly number[], b: readonly number[]) =>
  a.map((one, i) => one - b[i]!).find((difference) => difference !== 0) ?? 0

const isAble = ({ port, state, isSilent }: Tab) => !!port && state !== 'away' && !isSilent

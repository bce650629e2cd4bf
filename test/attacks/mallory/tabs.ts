/** Tabs that hold direct links as those of browsers do: two find each other by what their devices pass on. The air between is in memory. */
import type { FromHost, LinkOrder, TabState, ToHost } from '../../../worker/protocol/hosting.js'
import { newId, type ClientId } from '../../../worker/protocol/ids.js'
import type { Person } from './world.js'

export class Air {
  /** Ends of links that wait for an answer, by what they have said. */
  readonly offers = new Map<string, LinkEnd>()
  private readonly tabs: Tab[] = []
  /** Of links that came about. */
  links = 0

  tab(person: Person, state: TabState = 'shown'): Tab {
    const tab = new Tab(this, person, state)
    this.tabs.push(tab)
    return tab
  }

  [Symbol.dispose](): void {
    for (const tab of this.tabs) tab.close()
  }
}

export class Tab {
  readonly ends = new Set<LinkEnd>()
  /** Of links that were ever handed to it. */
  readonly orders: LinkOrder[] = []
  private readonly client = newId<ClientId>()
  private port: MessagePort | undefined

  constructor(
    readonly air: Air,
    private readonly person: Person,
    state: TabState,
  ) {
    const { hosts } = person.planes.network
    hosts.came(this.client, () => {
      this.port = hosts.offer(this.client)
      this.port!.onmessage = ({ data, ports: [port] }: MessageEvent<LinkOrder>) => {
        this.orders.push(data)
        this.ends.add(new LinkEnd(this, data, port!))
      }
      this.port!.postMessage(state)
    })
  }

  say(state: TabState): void {
    this.port!.postMessage(state)
  }

  /** It is busy: nothing comes or goes. */
  hang(): void {
    for (const end of this.ends) end.isHung = true
  }

  /** It is gone, and its device notices. */
  close(): void {
    this.person.planes.network.hosts.left(this.client)
    for (const end of [...this.ends]) end.end()
    this.port?.close()
  }
}

export class LinkEnd {
  isHung = false
  private other: LinkEnd | undefined

  constructor(
    private readonly tab: Tab,
    { isInitiator }: LinkOrder,
    private readonly port: MessagePort,
  ) {
    port.onmessage = ({ data }: MessageEvent<ToHost>) => this.hear(data)
    if (!isInitiator) return
    const offer = newId<string>()
    tab.air.offers.set(offer, this)
    this.say(['signal', offer])
  }

  end(): void {
    if (!this.tab.ends.delete(this)) return
    this.say(['close'])
    this.port.close()
    this.other?.end()
  }

  private say(message: FromHost, transfer: Transferable[] = []): void {
    if (!this.isHung) this.port.postMessage(message, transfer)
  }

  private hear([t, what]: ToHost): void {
    if (t === 'close') return this.end()
    if (this.isHung) return
    if (t === 'signal') this.find(what)
    else if (t === 'frame') {
      this.say(['credit', what.byteLength])
      this.other?.say(['frame', what], [what])
    }
  }

  private find(offer: string): void {
    const other = this.tab.air.offers.get(offer)
    if (!other) return
    this.other = other
    other.other = this
    this.tab.air.links++
    this.say(['open'])
    other.say(['open'])
  }
}

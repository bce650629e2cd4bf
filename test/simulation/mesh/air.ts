/**
 * Tabs that hold direct links as those of browsers do: two find each other by what their devices pass on. What is between them is of the
 * world: it takes its time, and nothing passes a wall.
 */
import type { FromHost, LinkOrder, TabState, ToHost } from '../../../worker/protocol/hosting.js'
import { newId, type ClientId } from '../../../worker/protocol/ids.js'
import type { TabHosts } from '../../../worker/hosting.js'
import type { Chaos } from './chaos.js'
import type { World } from './world.js'

/** Later than what came before it, by so much at least, in milliseconds. */
const A_BIT = 0.001

export class Air {
  /** Ends of links that wait for an answer, by what they have said. */
  readonly offers = new Map<string, LinkEnd>()
  /** Links that came about. */
  links = 0

  constructor(
    readonly world: World,
    readonly chaos: Chaos,
  ) {}
}

export class HostTab {
  readonly ends = new Set<LinkEnd>()
  state: TabState = 'shown'
  private readonly client = newId<ClientId>()
  private port: MessagePort | undefined

  constructor(
    readonly air: Air,
    /** Of its device. */
    readonly name: string,
    private readonly hosts: TabHosts,
  ) {
    hosts.came(this.client, () => {
      this.port = hosts.offer(this.client)
      this.port!.onmessage = ({ data, ports: [port] }: MessageEvent<LinkOrder>) => {
        this.ends.add(new LinkEnd(this, data, port!))
      }
      this.port!.postMessage(this.state)
    })
  }

  say(state: TabState): void {
    this.state = state
    this.port?.postMessage(state)
    if (state === 'away') for (const end of [...this.ends]) end.end()
  }

  /** It stands still: nothing comes or goes over the links that it holds. */
  hang(): void {
    for (const end of this.ends) end.isHung = true
  }

  /** It is gone. @param isNoticed whether the other sides hear of it */
  close(isNoticed = true): void {
    this.hosts.left(this.client)
    for (const end of [...this.ends]) {
      if (!isNoticed) end.isHung = true
      end.end()
    }
    this.port?.close()
  }
}

class LinkEnd {
  isHung = false
  private other: LinkEnd | undefined
  /** When what was last sent to it comes. */
  private last = 0

  constructor(
    private readonly tab: HostTab,
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
    const { other } = this
    if (other && !this.isHung) other.later(() => other.end())
  }

  private say(message: FromHost): void {
    if (!this.isHung) this.port.postMessage(message)
  }

  private hear([t, what]: ToHost): void {
    if (t === 'close') return this.end()
    if (this.isHung) return
    if (t === 'signal') this.find(what)
    else if (t === 'frame') {
      const { other } = this
      other?.later(() => {
        other.say(['frame', what])
        this.say(['credit', what.byteLength])
      })
    }
  }

  private find(offer: string): void {
    const { air } = this.tab
    const other = air.offers.get(offer)
    if (!other || !air.offers.delete(offer)) return
    this.other = other
    other.other = this
    air.links++
    for (const end of [this, other]) end.later(() => end.say(['open']))
  }

  /** What comes to it over the air. A channel loses nothing: where nothing passes, it stands still for good. */
  private later(run: () => void): void {
    const { air, name } = this.tab
    const { world, chaos } = air
    if (chaos.walls.has(name) !== chaos.walls.has(this.other!.tab.name))
      for (const end of [this, this.other!]) end.isHung = true
    this.last = Math.max(this.last + A_BIT, world.time + world.random.between(1, chaos.delayMs))
    world.at(this.last, () => {
      if (!this.isHung) run()
    })
  }
}

/** Who is who, as tabs ask for it: answered at once, and told again when it has changed. */
import type { Place } from './ephemera.js'
import type { Planes } from './planes.js'
import { HearthError } from './protocol/errors.js'
import type { ClientId, IdentityId, SpaceId } from './protocol/ids.js'
import type { Facts, What } from './protocol/facts.js'

/** Asked for by one tab at most. */
const MAX_ASKED = 1000

export class Asked {
  private readonly open = new Map<number, { readonly what: What; last: string }>()

  constructor(
    private readonly client: ClientId,
    private readonly planes: Pick<Planes, 'halo' | 'network'>,
    private readonly tell: (q: number, value: Facts[keyof Facts]) => void,
  ) {}

  /** @throws HearthError `echo/too-large`, `rpc/malformed` */
  ask(q: number, what: What): void {
    if (this.open.size >= MAX_ASKED)
      throw new HearthError('echo/too-large', { reason: `more than ${MAX_ASKED} facts asked for in one tab` })
    if (what[0] === 'channel')
      this.planes.network.ephemera.listen(this.client, q, placeOf(what[1]), (said) => this.tell(q, said))
    this.open.set(q, { what, last: '' })
    this.say(q)
  }

  drop(q: number): void {
    if (this.open.get(q)?.what[0] === 'channel') this.planes.network.ephemera.unlisten(this.client, q)
    this.open.delete(q)
  }

  /** Something may be different now. */
  changed(): void {
    for (const q of this.open.keys()) this.say(q)
  }

  private say(q: number): void {
    const asked = this.open.get(q)!
    if (asked.what[0] === 'channel') return
    const value = this.find(asked.what)
    const text = JSON.stringify(value)
    if (text === asked.last) return
    asked.last = text
    this.tell(q, value)
  }

  private find([fact, of = '']: What): Facts[keyof Facts] {
    const { halo, network } = this.planes
    switch (fact) {
      case 'identity':
        return halo.identity
      case 'devices':
        return halo.devices.map((one) => (one.current ? one : { ...one, lastSeen: network.lastSeen(one.id) }))
      case 'members':
        // Of a space that was left, nobody is known.
        return halo.get(of as SpaceId)?.members ?? []
      case 'hosts':
        return network.keepersOf(of as SpaceId)
      case 'profile':
        return halo.profile(of as IdentityId)
      case 'invitation':
        return network.stateOf(of) ?? null
      case 'joining':
        return network.joinOf(of) ?? { at: 'failed' }
      case 'presence':
        return network.ephemera.others(this.client, placeOf(of))
      default:
        throw new HearthError('rpc/malformed', { reason: 'ask' })
    }
  }
}

/** @param text `<space>/<name>` */
function placeOf(text = ''): Place {
  const [space = '', ...name] = text.split('/')
  return { space: space as SpaceId, name: name.join('/') }
}

/** Who is who, as tabs ask for it: answered at once, and told again when it has changed. */
import type { Halo } from './halo/halo.js'
import { HearthError } from './protocol/errors.js'
import type { IdentityId, SpaceId } from './protocol/ids.js'
import type { Facts, What } from './protocol/rpc.js'

/** Asked for by one tab at most. */
const MAX_ASKED = 1000

export class Asked {
  private readonly open = new Map<number, { readonly what: What; last: string }>()

  constructor(
    private readonly halo: Halo,
    private readonly tell: (q: number, value: Facts[keyof Facts]) => void,
  ) {}

  /** @throws HearthError `echo/too-large`, `rpc/malformed` */
  ask(q: number, what: What): void {
    if (this.open.size >= MAX_ASKED)
      throw new HearthError('echo/too-large', { reason: `more than ${MAX_ASKED} facts asked for in one tab` })
    this.open.set(q, { what, last: '' })
    this.say(q)
  }

  drop(q: number): void {
    this.open.delete(q)
  }

  /** Something may be different now. */
  changed(): void {
    for (const q of this.open.keys()) this.say(q)
  }

  private say(q: number): void {
    const asked = this.open.get(q)!
    const value = this.find(asked.what)
    const text = JSON.stringify(value)
    if (text === asked.last) return
    asked.last = text
    this.tell(q, value)
  }

  private find([fact, of = '']: What): Facts[keyof Facts] {
    switch (fact) {
      case 'identity':
        return this.halo.identity
      case 'devices':
        return this.halo.devices
      case 'members':
        // Of a space that was left, nobody is known.
        return this.halo.get(of as SpaceId)?.members ?? []
      case 'profile':
        return this.halo.profile(of as IdentityId)
      default:
        throw new HearthError('rpc/malformed', { reason: 'ask' })
    }
  }
}

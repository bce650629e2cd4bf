/**
 * Batches that were refused. Their clients' marks count them as done, so that a tab which sleeps through a refusal would
 * take it for an acknowledgement when it wakes: it is told again until it has seen it, be it by the next worker.
 */
import type { WireError } from '../protocol/errors.js'
import type { ClientId } from '../protocol/ids.js'

export type Refused = readonly (readonly [n: number, error: WireError])[]

/** Kept for one client, the latest ones: a tab that sleeps writes no more, and one that floods is on its own. */
const MAX_KEPT = 1000

interface Client {
  highest: number
  readonly unheard: Map<number, WireError>
}

export class Refusals {
  private readonly clients = new Map<ClientId, Client>()

  add(client: ClientId, refused: Refused): void {
    if (refused.length === 0) return
    let entry = this.clients.get(client)
    if (!entry) this.clients.set(client, (entry = { highest: 0, unheard: new Map() }))
    for (const [n, error] of refused) {
      entry.highest = Math.max(entry.highest, n)
      entry.unheard.set(n, error)
      if (entry.unheard.size > MAX_KEPT) entry.unheard.delete(entry.unheard.keys().next().value!)
    }
  }

  /** The tab has seen that batch `n` was refused. */
  heard(client: ClientId, n: number): void {
    this.clients.get(client)?.unheard.delete(n)
  }

  /** The highest batch of this client that was refused: its number is never given again. */
  highest(client: ClientId): number {
    return this.clients.get(client)?.highest ?? 0
  }

  /** What the client's tab may not have heard. */
  unheard(client: ClientId): Refused {
    return [...(this.clients.get(client)?.unheard ?? [])]
  }
}

/** Who is where, in memory and nowhere else: a topic is there as long as somebody is at it. */

/** Bytes as the key of a map. */
export const keyOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** Somebody at one topic. */
export interface Presence<Who> {
  readonly who: Who
  readonly peer: Uint8Array
  readonly hint: Uint8Array
}

/** How many of those who have left are remembered. */
const REMEMBERED = 1 << 16

const nobody = new Map<string, never>()

export class Topics<Who> {
  readonly #topics = new Map<string, Map<string, Presence<Who>>>()
  readonly #left = new Set<string>()
  #size = 0

  /** How many presences there are. */
  get size(): number {
    return this.#size
  }

  /** How many topics have anybody. */
  get count(): number {
    return this.#topics.size
  }

  /** By the keys of their peer ids. */
  at(topic: string): ReadonlyMap<string, Presence<Who>> {
    return this.#topics.get(topic) ?? nobody
  }

  /** Somebody comes, or tells another hint. */
  put(topic: string, presence: Presence<Who>): void {
    let peers = this.#topics.get(topic)
    if (!peers) this.#topics.set(topic, (peers = new Map()))
    const before = peers.size
    peers.set(keyOf(presence.peer), presence)
    this.#size += peers.size - before
  }

  remove(topic: string, peer: string): void {
    const peers = this.#topics.get(topic)
    if (!peers?.delete(peer)) return
    this.#size--
    if (peers.size === 0) this.#topics.delete(topic)
    // defence: former-peers-remembered
    this.#left.add(topic + peer)
    const [first] = this.#left
    if (this.#left.size > REMEMBERED) this.#left.delete(first!)
  }

  /** Whether somebody with this id has left not so long ago. */
  hasLeft(topic: string, peer: string): boolean {
    return this.#left.has(topic + peer)
  }
}

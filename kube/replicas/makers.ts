/** Which key has had how many spaces kept here. */
import type { Rows } from './rows.js'

export class Makers {
  readonly #of = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  constructor(database: Rows) {
    for (const { key, value } of database.rows(['maker']))
      this.add(key[1] as string, Buffer.from(value).toString())
  }

  countOf(maker: string): number {
    return this.#counts.get(maker) ?? 0
  }

  add(replica: string, maker: string): void {
    this.#of.set(replica, maker)
    this.#counts.set(maker, this.countOf(maker) + 1)
  }

  remove(replica: string): void {
    const maker = this.#of.get(replica)
    if (maker === undefined) return
    this.#of.delete(replica)
    this.#counts.set(maker, this.countOf(maker) - 1)
    if (this.countOf(maker) === 0) this.#counts.delete(maker)
  }
}

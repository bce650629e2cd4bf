/** Who is who, as the worker tells it: asked for when somebody first looks, and followed for as long as somebody does. */
import type { What } from '../worker/protocol/facts.js'
import type { TabMessage } from '../worker/protocol/rpc.js'
import { LiveValue } from './live.js'

/** What these need of the home that they are of. */
export interface Telling {
  readonly told: Map<number, Followed>
  next(): number
  send(message: TabMessage): void
}

/** One of them, whatever it is about. */
interface Followed {
  ask(): void
  set(value: never): void
  fail(e: unknown): void
}

export class Told<T> extends LiveValue<T> implements Followed {
  #q = 0

  constructor(
    private readonly home: Telling,
    private readonly what: What,
    initial: T,
  ) {
    super(initial)
  }

  /** Of a worker that does not know of it. */
  ask(): void {
    this.home.send({ t: 'ask', q: this.#q, what: this.what })
  }

  protected override open(): void {
    if (this.#q) return
    this.home.told.set((this.#q = this.home.next()), this)
    this.ask()
  }

  protected override release(): void {
    this.home.told.delete(this.#q)
    this.home.send({ t: 'unask', q: this.#q })
    this.#q = 0
  }
}

/**
 * Reads the pages of a space while it is already in use. Pages with the earliest objects come first, each in a turn of
 * its own, so that the worker is never away for long; and few at a time, so that tabs and commits come first, until
 * somebody waits for what is not here. How far reading has come is one creation order, the `horizon`: every object
 * before it is here.
 */
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Layout } from './pages.js'
import type { Store } from '../store.js'
import type { Recovery } from './recovery.js'

/** Pages asked for at once: as long as nobody waits for them, and when somebody does. */
const AHEAD = 2
const AT_ONCE = 32

export interface LoadingEvents {
  /** These are here from now on. */
  came(records: readonly ObjectRecord[]): void
  /** Nothing is missing any more. */
  ended(): void
}

export class Loading {
  /** Every object of an earlier creation order is here. */
  horizon = -Infinity
  /** Pages to be read, those with the earliest objects first. */
  private readonly queue: number[]
  private readonly order: readonly number[]
  private readonly missing: Set<number>
  /** All of `order` before this index is here. */
  private come = 0
  private readonly damaged = new Map<number, number>()
  private reading: Promise<void> | undefined
  private pace = AHEAD
  private readonly readers = new Set<Promise<void>>()
  private failure: unknown
  private next = signal()
  private ended: Error | undefined

  /** @param ahead rows of pages that were asked for before, by number */
  constructor(
    private readonly store: Store,
    private readonly recovery: Recovery,
    private readonly layout: Layout,
    private readonly events: LoadingEvents,
    private readonly ahead = new Map<number, Promise<unknown>>(),
  ) {
    const { lows } = layout
    this.order = [...lows.keys()].sort((a, b) => lows[a]! - lows[b]! || a - b)
    this.queue = [...this.order]
    this.missing = new Set(this.order)
  }

  /** Asks for the first pages. */
  begin(): void {
    for (const page of this.queue.slice(0, AHEAD)) {
      const row = this.read(page)
      // Whoever comes to take it hears of a failure.
      row.catch(() => undefined)
      this.ahead.set(page, row)
    }
  }

  /** As `rest`, for one who waits for it: as fast as it can be. @throws HearthError */
  hurry(): Promise<void> {
    this.pace = AT_ONCE
    if (this.reading) this.fill()
    return this.rest()
  }

  /**
   * Resolves when everything is here; another call after a failure tries again. For one who has time.
   * @throws HearthError
   */
  rest(): Promise<void> {
    return (this.reading ??= this.run().catch((e: unknown) => {
      this.reading = undefined
      throw e
    }))
  }

  /** Resolves when more is here than now; the first pages are on their way. @throws HearthError */
  more(): Promise<void> {
    return Promise.race([this.come < AHEAD ? this.rest() : this.hurry(), this.next.reached])
  }

  stop(error: Error): void {
    this.ended = error
  }

  private async run(): Promise<void> {
    this.failure = undefined
    this.fill()
    while (this.readers.size > 0) await Promise.all(this.readers)
    if (this.failure) throw this.failure
    const records = await this.recovery.mend(this.damaged)
    if (this.ended) throw this.ended
    this.horizon = Infinity
    this.events.came(records)
    this.events.ended()
  }

  private fill(): void {
    for (let more = this.queue.length; more > 0 && this.readers.size < this.pace; more--) {
      const reader = this.readPages()
        .catch((e: unknown) => void (this.failure ??= e))
        .finally(() => this.readers.delete(reader))
      this.readers.add(reader)
    }
  }

  private async readPages(): Promise<void> {
    for (let page; (page = this.queue.shift()) !== undefined;) {
      try {
        const row = await (this.ahead.get(page) ?? this.read(page))
        if (this.ended) throw this.ended
        this.take(page, row)
      } catch (e) {
        this.queue.unshift(page)
        throw e
      } finally {
        this.ahead.delete(page)
      }
    }
  }

  private take(page: number, row: unknown): void {
    const { shown, whole } = this.recovery.place(page, row)
    if (whole) this.missing.delete(page)
    else this.damaged.set(page, this.layout.lows[page]!)
    const { order, missing } = this
    while (this.come < order.length && !missing.has(order[this.come]!)) this.come++
    const low = this.layout.lows[order[this.come] ?? -1] ?? Infinity
    this.horizon = Math.min(low, this.recovery.horizon)
    this.events.came(shown)
    const { reach } = this.next
    this.next = signal()
    reach()
  }

  /** A page that the browser cannot read is damaged; a store that answers nothing is no longer there. */
  private async read(page: number): Promise<unknown> {
    const { id } = this.recovery.space
    try {
      return await this.store.get('pages', [id, page])
    } catch {
      await this.store.get('spaces', id)
      return undefined
    }
  }
}

function signal(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach!: () => void
  const reached = new Promise<void>((resolve) => (reach = resolve))
  return { reached, reach }
}

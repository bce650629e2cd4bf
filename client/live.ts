/** `Live<T>`: the one shape of everything that changes. */
import { toHearthError, type HearthError } from '../worker/protocol/errors.js'

/** A value that changes: read it, subscribe to it, or await it. Follows Svelte's store contract. */
export interface Live<T> {
  /** The latest, synchronously; a new reference on each change. */
  readonly value: T
  readonly status: 'loading' | 'ready' | 'error'
  /** Why `status` is `error`. */
  readonly error?: HearthError | undefined
  /** Resolves once the first real value is in; rejects with a coded error. */
  readonly ready: Promise<void>
  /** Calls `run` at once with the value, then on each change. Returns a way to stop. */
  subscribe(run: (value: T) => void): () => void
  [Symbol.asyncIterator](): AsyncIterator<T>
  /** Ends it; what is open for it in the worker is let go. */
  close(): void
}

/** What the last subscriber leaves open for a while, so that a re-render costs nothing; in milliseconds. */
const LINGER_MS = 10_000

/** Subscribers hear of changes once a microtask, whatever happened in it. */
export class LiveValue<T> implements Live<T> {
  status: 'loading' | 'ready' | 'error' = 'loading'
  error: HearthError | undefined
  #current: T
  readonly #runs = new Set<(value: T) => void>()
  readonly #iterators = new Set<() => void>()
  #told = true
  #ended = false
  #settle!: [() => void, (e: HearthError) => void]
  readonly #settled = new Promise<void>((...settle) => (this.#settle = settle))
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(initial: T, ready = false) {
    this.#current = initial
    // Whoever awaits `ready` hears of a failure; nobody else has to.
    this.#settled.catch(() => undefined)
    if (ready) this.arrive()
  }

  get value(): T {
    this.open()
    return this.#current
  }

  get ready(): Promise<void> {
    this.open()
    return this.#settled
  }

  set(value: T): void {
    this.#current = value
    this.arrive()
    this.tell()
  }

  fail(e: unknown): void {
    this.error = toHearthError(e)
    this.status = 'error'
    this.#settle[1](this.error)
    this.tell()
  }

  subscribe(run: (value: T) => void): () => void {
    clearTimeout(this.#timer)
    // A wrapper for each call: the same function may subscribe twice.
    const own = (value: T) => run(value)
    this.#runs.add(own)
    run(this.value)
    return () => {
      if (this.#runs.delete(own) && this.#runs.size === 0)
        this.#timer = setTimeout(() => this.release(), LINGER_MS)
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    let changed!: () => void
    let next = new Promise<void>((resolve) => (changed = resolve))
    const wake = () => changed()
    const stop = this.subscribe(wake)
    this.#iterators.add(wake)
    try {
      for (;;) {
        await next
        if (this.#ended) return
        if (this.error) throw this.error
        next = new Promise<void>((resolve) => (changed = resolve))
        yield this.value
      }
    } finally {
      this.#iterators.delete(wake)
      stop()
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#runs.clear()
    this.#ended = true
    for (const wake of this.#iterators) wake()
    this.release()
  }

  /** Called before the value is used: what costs something begins here. */
  protected open(): void {}
  /** Nobody looks any more. */
  protected release(): void {}

  protected arrive(): void {
    this.status = 'ready'
    this.#settle[0]()
  }

  protected tell(): void {
    if (!this.#told || this.#runs.size === 0) return
    this.#told = false
    queueMicrotask(() => {
      this.#told = true
      for (const run of [...this.#runs]) run(this.value)
    })
  }
}

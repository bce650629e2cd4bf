/**
 * Two ends of a message channel, as much as a session uses of one. What is posted is cloned, and comes in order in a turn of its own; Node's
 * own come when its event loop gets to them, which depends on what else it has to do.
 */
export class End {
  onmessage: ((event: { readonly data: unknown; readonly ports: readonly unknown[] }) => void) | null = null
  isClosed = false
  other!: End

  /** @param turns counts what is on its way */
  constructor(private readonly turns: { underway: number }) {}

  /** @param transfer ports go along, and all else is cloned */
  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (this.isClosed || this.other.isClosed) return
    const data: unknown = structuredClone(message)
    const ports = transfer.filter((one) => one instanceof End)
    this.turns.underway++
    setImmediate(() => {
      this.turns.underway--
      if (!this.other.isClosed) this.other.onmessage?.({ data, ports })
    })
  }

  close(): void {
    this.isClosed = true
  }
}

export function channelOf(turns: { underway: number }): { port1: MessagePort; port2: MessagePort } {
  const [one, two] = [new End(turns), new End(turns)]
  one.other = two
  two.other = one
  return { port1: one as unknown as MessagePort, port2: two as unknown as MessagePort }
}

const nodes = globalThis.MessageChannel

/** From now on, until it is called again, all new channels are such; undefined: Node's own. */
export function channelsBy(turns: { underway: number } | undefined): void {
  if (!turns) return void (globalThis.MessageChannel = nodes)
  const made = function () {
    return channelOf(turns)
  }
  globalThis.MessageChannel = made as unknown as typeof MessageChannel
}

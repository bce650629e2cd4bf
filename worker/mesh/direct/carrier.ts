/** A session for as long as what is shared goes over it. One that is left stands by, or ends, and carries nothing of that any more. */
import type { LinkInfo } from '../../protocol/status.js'
import type { Lane, Message } from '../../protocol/wire.js'
import { silent, type Link } from '../link.js'
import type { Session } from '../session.js'

export class Carrier {
  onClosed = silent
  /** After that; also of one that was left. */
  onEnded = silent
  /** Before a message is taken. */
  onHeard: (message: Message) => void = silent
  private isLeft = false

  /** @param from what comes is taken from then on: until then, the other side says something over another session */
  constructor(
    private readonly session: Session,
    private readonly from?: Promise<void>,
  ) {
    session.onClosed = () => {
      this.onClosed()
      this.onEnded()
    }
  }

  get isOpen(): boolean {
    return this.session.isOpen
  }

  get kind(): Link['kind'] {
    return this.session.kind
  }

  /** What others are told of it. */
  get told(): Omit<LinkInfo, 'device'> {
    const { kind, host, roundTrip } = this.session
    const { toldMs } = roundTrip
    return { kind, ...(host !== undefined && { host }), ...(toldMs !== undefined && { rttMs: toldMs }) }
  }

  /** That is otherwise now. */
  set onTold(run: () => void) {
    this.session.roundTrip.onTold = () => this.isLeft || run()
  }

  get waiting(): number {
    return this.session.waiting
  }

  /** What is still being done for one that was left is not said: the other side would take it for a return. */
  send(message: Message, lane?: Lane): Promise<void> {
    return this.isLeft ? Promise.resolve() : this.session.send(message, lane)
  }

  listen(run: (message: Message) => Promise<void> | void): void {
    const hear = (message: Message) => {
      this.onHeard(message)
      return run(message)
    }
    if (!this.from) return this.session.listen(hear)
    void this.from.then(() => this.isLeft || this.session.listen(hear))
  }

  close(): void {
    this.session.close()
  }

  leave(): void {
    this.isLeft = true
  }
}

/** A tab that says what it is told to say, and keeps what it hears. */
import type { Planes } from '../../worker/planes.js'
import { newId, type ClientId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import {
  RPC_VERSION,
  type Item,
  type TabMessage,
  type WorkerFrame,
  type WorkerMessage,
} from '../../worker/protocol/rpc.js'
import { Session } from '../../worker/session.js'

type Of<T extends WorkerMessage['t']> = Extract<WorkerMessage, { t: T }>

export class RawTab {
  readonly client = newId<ClientId>()
  readonly heard: WorkerMessage[] = []
  private readonly port: MessagePort
  private seen = 0
  private batches = 0

  constructor(planes: Planes, rpc = RPC_VERSION) {
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    port1.onmessage = ({ data: { f, m } }: MessageEvent<WorkerFrame>) => {
      this.seen = f
      this.heard.push(...m)
    }
    const hello = { rpc, build: 'test', app: 'simulation', client: this.client, held: false }
    new Session(planes, port2, hello, {
      later: (run, ms) => void setTimeout(run, ms),
      isFree: () => Promise.resolve(true),
      whenFree: () => new Promise(() => undefined),
      requests: () => undefined,
      left: () => undefined,
    })
  }

  say(...m: TabMessage[]): void {
    this.port.postMessage({ seen: this.seen, m })
  }

  /** Writes one batch; its number. */
  write(space: SpaceId, ...items: Item[]): number {
    this.say({ t: 'batch', n: ++this.batches, space, items })
    return this.batches
  }

  all<T extends WorkerMessage['t']>(t: T): Of<T>[] {
    return this.heard.filter((message): message is Of<T> => message.t === t)
  }

  /** The first such message, within a bound. */
  async hears<T extends WorkerMessage['t']>(
    t: T,
    like: (message: Of<T>) => boolean = () => true,
  ): Promise<Of<T>> {
    for (let turn = 0; turn < 1000; turn++) {
      const found = this.all(t).find(like)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    throw new Error(`no ${t}; heard ${this.heard.map((message) => message.t).join(' ')}`)
  }

  /** What a query shows, of all its results and differences so far. */
  shown(q: number): ObjectId[] | undefined {
    let ids: ObjectId[] | undefined
    for (const message of this.heard) {
      if (message.t === 'result' && message.q === q) ids = [...message.ids]
      if (message.t !== 'diff' || message.q !== q || !ids) continue
      const out = new Set(message.out)
      ids = ids.filter((id) => !out.has(id))
      for (const [index, id] of message.into) ids.splice(index, 0, id)
    }
    return ids
  }

  close(): void {
    this.port.close()
  }
}

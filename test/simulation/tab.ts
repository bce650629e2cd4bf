/** A tab in a simulation: the client's own tables over a real session, on a stream whose delays are seeded. */
import type { Planes } from '../../worker/planes.js'
import { newId, type ClientId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { HearthError, fromWire } from '../../worker/protocol/errors.js'
import type { Op } from '../../worker/protocol/operations.js'
import {
  RPC_VERSION,
  type TabMessage,
  type WorkerFrame,
  type WorkerMessage,
} from '../../worker/protocol/rpc.js'
import type { StoredRecord } from '../../worker/protocol/values.js'
import { Session } from '../../worker/session.js'
import { ObjectTable, type TabObject } from '../../client/objects.js'
import { Writes } from '../../client/writes.js'
import type { Random } from '../e2e/random.js'

export class SimulatedTab {
  readonly table: ObjectTable
  readonly refused: string[] = []
  readonly writes: Writes
  private readonly port: MessagePort
  private readonly session: Session
  private seen = 0
  private readonly outbox: TabMessage[] = []
  private late: Promise<void> = Promise.resolve()

  constructor(
    planes: Planes,
    private readonly random: Random,
    /** A world may have a time of its own. */
    private readonly later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms),
    { port1, port2 }: Pick<MessageChannel, 'port1' | 'port2'> = new MessageChannel(),
  ) {
    const client = newId<ClientId>()
    this.table = new ObjectTable(client)
    this.port = port1
    const hello = { rpc: RPC_VERSION, build: 'test', client, app: 'simulation', held: false }
    this.session = new Session(planes, port2, hello, {
      later: (run, ms) => this.later(run, ms),
      isFree: () => Promise.resolve(true),
      whenFree: () => new Promise(() => undefined),
      requests: () => undefined,
      left: () => undefined,
    })
    port1.onmessage = ({ data }: MessageEvent<WorkerFrame>) => this.slowly(() => this.receive(data))
    const refuse = (_: unknown, error: { code: string }) => void this.refused.push(error.code)
    this.writes = new Writes(
      this.table,
      (message) => this.send(message),
      refuse,
      () => undefined,
    )
  }

  load(id: ObjectId): void {
    this.send({ t: 'load', q: 1, id })
  }

  add(space: SpaceId, id: ObjectId, value: StoredRecord): void {
    this.writes.create(this.table.create(id, space, 'note', value))
  }

  edit(id: ObjectId, make: (view: StoredRecord) => Op): void {
    const object = this.table.get(id)
    if (object?.current) this.writes.write(object, [make(object.view)])
  }

  get(id: ObjectId): TabObject | undefined {
    return this.table.get(id)
  }

  close(): void {
    this.session.end(new HearthError('rpc/closed'))
    this.port.close()
  }

  /** Everything of one microtask in one frame, as the line of a tab does. */
  private send(message: TabMessage): void {
    if (this.outbox.push(message) > 1) return
    queueMicrotask(() => this.port.postMessage({ seen: this.seen, m: this.outbox.splice(0) }))
  }

  /** In order, each after a while: so edits are made on states that are no more. */
  private slowly(run: () => void): void {
    this.late = this.late.then(async () => {
      if (this.random.next() < 0.5)
        await new Promise<void>((resolve) => this.later(resolve, this.random.between(0, 4)))
      run()
    })
  }

  private receive({ f, m }: WorkerFrame): void {
    this.seen = f
    for (const message of m) this.handle(message)
  }

  private handle(m: WorkerMessage): void {
    if (m.t === 'records') for (const row of m.rows) this.table.received(m.of, row)
    else if (m.t === 'ops') this.table.get(m.id)?.received(m.ops, m.updatedAt, m.by, m.from)
    else if (m.t === 'applied') this.writes.applied(m.n, m.at, m.created)
    else if (m.t === 'durable') this.writes.durable(m.n)
    else if (m.t === 'refused') this.writes.refused(m.n, fromWire(m.error))
    else if (m.t === 'void') for (const id of m.ids) this.table.get(id)?.replace(undefined)
    else if (m.t === 'end') throw new Error(m.error.code)
  }
}

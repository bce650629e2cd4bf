/** Objects of Hearth's own, in the personal space unless another one is named, as the worker itself reads and writes them; tabs have no part in it. */
import type { Echo } from './echo/echo.js'
import type { Halo } from './halo/halo.js'
import { fromWire } from './protocol/errors.js'
import type { ClientId, SpaceId } from './protocol/ids.js'
import type { Item, ObjectRecord } from './protocol/rpc.js'

/** As which the worker writes. */
const WORKER = 'worker................' as ClientId

export class OwnObjects {
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly halo: Halo,
    private readonly echo: Echo,
  ) {}

  /** The personal space. */
  get space(): SpaceId {
    return this.halo.identity.id as string as SpaceId
  }

  /** Those that are there, in order of creation. @throws HearthError `store/…` if not everything can be read */
  async all(type: string, space = this.space): Promise<ObjectRecord[]> {
    await this.echo.loadAll()
    return this.echo.objectsOf(space, type)
  }

  /** Durable when it resolves. @throws HearthError `echo/…`, `store/…` */
  write(items: readonly Item[], space = this.space): Promise<void> {
    const next = this.last.then(() => this.writeNow(items, space))
    this.last = next.catch(() => undefined)
    return next
  }

  private async writeNow(items: readonly Item[], space: SpaceId): Promise<void> {
    if (items.length === 0) return
    const { echo } = this
    const n = echo.mark(WORKER) + 1
    echo.accept(WORKER, n, space, items)
    await echo.settled(WORKER)
    const refused = echo.refused(WORKER).find(([one]) => one === n)
    echo.heard(WORKER, n)
    if (refused) throw fromWire(refused[1])
  }
}

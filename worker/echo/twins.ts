/**
 * A device that exists twice, as one whose profile was copied or restored does. Nobody can tell the two apart, so each comes in as
 * another device, and writes again what others do not take from the one that both were.
 */
import { fromWire } from '../protocol/errors.js'
import type { ClientId, DeviceId, SpaceId } from '../protocol/ids.js'
import type { Item } from '../protocol/rpc.js'
import type { Write } from '../store.js'
import type { Asides } from './asides.js'
import { formerRow, type Former } from './former.js'
import type { Gate } from './gate.js'
import type { Refused } from './refusals.js'
import type { Space } from './space.js'
import { DONE, MADE, type Tail, type Tails } from './tails.js'

/** As a tab would write. */
interface Writing {
  loadAll(): Promise<void>
  mark(client: ClientId): number
  refused(client: ClientId): Refused
  heard(client: ClientId, n: number): void
  accept(client: ClientId, n: number, space: SpaceId, items: readonly Item[]): unknown
  settled(client: ClientId): Promise<void>
}

export class Twins {
  private former: readonly Former[] = []
  private release: (() => void) | undefined

  constructor(
    private readonly echo: Writing,
    private readonly spaces: ReadonlyMap<SpaceId, Space>,
    private readonly asides: Asides,
    private readonly gate: Gate,
    private readonly tails: Tails,
    /** Nothing more is written, until what this returns is called. */
    private readonly hold: () => () => void,
  ) {}

  /** What an earlier life has kept. */
  restore({ former, tails }: { readonly former: readonly Former[]; readonly tails: readonly Tail[] }): void {
    this.former = former
    this.tails.restore(tails)
  }

  /** Somebody else writes as this device, or has. */
  met(): void {
    this.release ??= this.hold()
  }

  /** Whether nothing is written here any more, because somebody else writes as this device. */
  get isHeld(): boolean {
    return this.release !== undefined
  }

  /** It goes on as the one that it is: what it writes from now on is its own, too. */
  released(): void {
    for (const space of this.spaces.values()) space.copiedAt = undefined
    this.release?.()
    this.release = undefined
  }

  /** Whether others take nothing more from this device as the one that it is. */
  isCopied(device: DeviceId): boolean {
    return (
      [...this.spaces.values()].some(({ copiedAt }) => copiedAt !== undefined) ||
      this.tails.all.some((tail) => tail.isForked && tail.device === device) ||
      this.asides.forks.some((fork) => fork.device === device)
    )
  }

  /** What is kept of it when it comes in as another one. What was received by now is stored when it resolves. */
  async formerRow(device: DeviceId): Promise<Write> {
    await this.gate.run(async () => undefined)
    return formerRow(this.former, device, this.spaces.values())
  }

  /**
   * What was taken out because somebody else wrote as this device, too, is written again. For before tabs are let in.
   * @throws HearthError `store/…`, `echo/…`: what is left is tried again at the next opening
   */
  async writeTails(): Promise<void> {
    for (const tail of this.tails.all) {
      await this.echo.loadAll()
      const space = this.spaces.get(tail.space)
      // What it wrote as the one that it still is would go the same way.
      if (space && ((tail.isForked && space.device === tail.device) || !space.keeper.mayWrite)) continue
      if (space) await this.writeTail(space, tail)
      await this.tails.ended(tail)
    }
  }

  private async writeTail(space: Space, tail: Tail): Promise<void> {
    const entries = await this.tails.entriesOf(space, tail)
    await this.write(space, tail.client, MADE, this.tails.madeBy(space, entries))
    await this.write(space, tail.client, DONE, await this.tails.doneBy(space, entries))
  }

  /** Once, whenever the power fails. */
  private async write(space: Space, client: ClientId, n: number, items: readonly Item[]): Promise<void> {
    const { echo } = this
    const refused = () => echo.refused(client).find(([one]) => one === n)
    if (items.length === 0 || (echo.mark(client) >= n && !refused())) return
    echo.heard(client, n)
    echo.accept(client, n, space.id, items)
    await echo.settled(client)
    const why = refused()
    if (why) throw fromWire(why[1])
  }
}

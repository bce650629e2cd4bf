/** Checkpoints that this device makes: when, and what goes then. */
import type { DeviceId } from '../../protocol/ids.js'
import type { Store, Write } from '../../store.js'
import type { Gate } from '../gate.js'
import { hashText } from '../hash-text.js'
import type { EchoPlatform } from '../platform.js'
import type { Receiving } from '../receiving.js'
import { deviceOf, type Space } from '../space.js'
import { isWanting } from './bare.js'
import { Base, storedPieces, type BaseRow } from './base.js'
import type { Covering } from './covering.js'
import { countOf, readHead, type Covered } from './head.js'
import { make } from './making.js'
import { rowsOf } from './taking.js'

/**
 * One is made when so many entries have come that none stands for, and as a share of those that one stands for, so that it pays; when nothing
 * was written for so long, or, while more and more is, this long at the most, in milliseconds.
 */
const BUSY = { least: 1024, share: 0.5, quietMs: 3_000, longestMs: 60_000 } as const
/** Of fewer, when nobody has written for a while: whoever comes in next goes through what none stands for. */
const IDLE = { least: 256, share: 0.05, quietMs: 10_000, longestMs: Infinity } as const
/** Where none could be made, it is tried again with so many more entries, as a share: it may cost as much, and come to nothing again. */
const AGAIN = 0.25
export class Renewals {
  private readonly due = new Map<Space, { readonly since: number; cancel: () => void }>()
  private readonly making = new Set<Space>()
  /** While one is made, another one was wanted. */
  private readonly again = new Set<Space>()
  /** How many entries there were when none could be made. */
  private readonly failed = new WeakMap<Space, number>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly receiving: Receiving,
    private readonly gate: Gate,
    private readonly covering: Covering,
  ) {}

  /** More is here: a checkpoint may be due. */
  look(space: Space): void {
    const occasion = [BUSY, IDLE].find(({ least, share }) => this.isDue(space, least, share))
    if (occasion) this.schedule(space, occasion)
  }

  private schedule(
    space: Space,
    { quietMs, longestMs }: Pick<typeof BUSY | typeof IDLE, 'quietMs' | 'longestMs'>,
  ): void {
    const now = this.platform.now()
    const known = this.due.get(space)
    known?.cancel()
    const since = known?.since ?? now
    const wait = Math.max(0, Math.min(quietMs, since + longestMs - now))
    const cancel = this.platform.later(() => {
      this.due.delete(space)
      void this.make(space).catch(() => undefined)
    }, wait)
    this.due.set(space, { since, cancel })
  }

  /** What is to be kept is otherwise now, and a checkpoint says so. */
  lookAgain(space: Space): void {
    this.schedule(space, BUSY)
  }

  stop(): void {
    for (const { cancel } of this.due.values()) cancel()
    this.due.clear()
  }

  private isDue(space: Space, least: number, share: number): boolean {
    const { keeper, device, base } = space
    if (!keeper.isAdmin(device)) return false
    const all = entriesIn(space)
    if (all < (this.failed.get(space) ?? 0) * (1 + AGAIN)) return false
    if (isWanting(space)) return true
    const covered = base ? countOf(base.head) : 0
    return all - covered >= Math.max(this.platform.checkpointAfter ?? least, covered * share)
  }

  private async make(space: Space): Promise<void> {
    if (this.covering.ended()) return
    if (this.making.has(space)) return void this.again.add(space)
    this.making.add(space)
    try {
      await this.covering.loaded()
      await this.gate.idle()
      const covers = coversOf(space)
      if (!covers || (await this.isForked(space))) return
      const { withdrawals, base } = space
      const mayDrop = this.covering.mayDrop(space)
      const made = await make(this.platform, this.store, space, covers, mayDrop, this.pause)
      if (!made) return void this.failed.set(space, entriesIn(space))
      const isHere = await this.gate.run(async () => {
        // What it stands for may count no more by now, or another one have come.
        if (space.withdrawals !== withdrawals || space.base !== base) return false
        if (!this.covering.isHere(space)) return false
        const { gone = new Map<DeviceId, number>(), standsAlone = false } = space.base ?? {}
        const row: BaseRow = { ...made.row, gone: [...gone], isUnpacked: !standsAlone }
        await this.store.write(rowsOf(space, row, made.pieces), 'strict')
        const head = await readHead(row.head, (b) => this.platform.sha256(b))
        space.base = new Base(storedPieces(this.store, space.id), space, head, row)
        return true
      })
      if (isHere) this.covering.covered(space)
      if (isHere && mayDrop) await this.drop(space)
    } finally {
      this.making.delete(space)
    }
    // More may have come meanwhile.
    if (this.again.delete(space)) this.schedule(space, BUSY)
    else this.look(space)
  }

  /** Deletes the entries that the checkpoint here stands for, once nothing that is derived needs them. */
  private async drop(space: Space): Promise<void> {
    const { base } = space
    if (!base) return
    for await (const { id, history } of base.objects())
      if (history) await this.gate.run(() => this.covering.save(space, id, base.covers))
    const { withdrawals } = space
    // A position is written with a page: it has to say that pages have all of it.
    space.pages.touch(0)
    await this.covering.writePages()
    await this.gate.run(async () => {
      // Without a position, entries alone say what there is.
      if (space.base !== base || space.withdrawals !== withdrawals) return
      const row = base.alone
      await this.store.write(
        [
          ...base.head.covers.map(({ feed, seq }): Write => ({
            table: 'entries',
            under: [space.id, feed],
            upTo: seq,
          })),
          { table: 'checkpoints', key: [space.id], put: row },
        ],
        'strict',
      )
      space.base = new Base(storedPieces(this.store, space.id), space, base.head, row)
    })
    this.covering.covered(space)
  }

  /** Which of two branches counts is for whoever has the entries to say. */
  private async isForked(space: Space): Promise<boolean> {
    return ((await this.receiving.known(space))?.judge.forks().length ?? 0) > 0
  }

  private readonly pause = (): Promise<void> => new Promise((resolve) => void this.platform.later(resolve, 0))
}

const entriesIn = ({ feeds }: Space): number => [...feeds.values()].reduce((sum, { seq }) => sum + seq, 0)

/** @returns undefined where something stands in the way: a branch, or entries that do not count */
function coversOf(space: Space): Covered[] | undefined {
  const covers: Covered[] = []
  if (space.aside.size > 0 || space.copiedAt !== undefined) return undefined
  for (const [feed, { seq, head }] of space.feeds) {
    if (deviceOf(feed) !== feed) return undefined
    if (seq === 0) continue
    if (!head) return undefined
    covers.push({ feed, seq, id: hashText(head) })
  }
  return covers.length > 0 ? covers.sort((a, b) => (a.feed < b.feed ? -1 : 1)) : undefined
}

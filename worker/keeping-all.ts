/**
 * Whoever wants everything kept wants that of spaces, too, that come later: made or joined, on any device of theirs. The personal space
 * says so, in the object that says where it is kept itself: `all`, and in `done` the spaces that were seen to. What somebody has taken
 * from a KUBE since is not brought back there.
 */
import type { Halo } from './halo/halo.js'
import type { NetworkPlatform } from './network.js'
import type { OwnObjects } from './own-objects.js'
import { toHearthError, type ErrorCode } from './protocol/errors.js'
import type { ObjectId, SpaceId } from './protocol/ids.js'
import type { HostInfo } from './protocol/facts.js'
import type { ObjectRecord } from './protocol/rpc.js'

/** What a KUBE has not taken is tried again after this time, doubled each time, in milliseconds. */
const AGAIN_MS = 2_000
const LONGEST_AGAIN_MS = 10 * 60_000

interface Wish {
  /** Two devices that had not met may each have said it. */
  readonly ids: readonly ObjectId[]
  readonly done: ReadonlySet<SpaceId>
}

/** What is kept where, and the way to have it kept. */
export interface Places {
  urlsOf(space: SpaceId): readonly string[]
  /** @throws HearthError as `Keeping.addNew` */
  addNew(space: SpaceId, url: string, isWanted: () => boolean): Promise<void>
}

export class KeepingAll {
  /** By address. */
  private wishes: ReadonlyMap<string, Wish> = new Map()
  /** Why a space is not kept there yet, by both. */
  private readonly reasons = new Map<string, ErrorCode>()
  private isWorking = false
  private isDue = false
  private failures = 0
  private cancel: (() => void) | undefined

  constructor(
    private readonly platform: Pick<NetworkPlatform, 'later'>,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
    private readonly places: Places,
    /** What people see of it may be otherwise now. */
    private readonly changed: () => void,
  ) {}

  /** @param records of the personal space, that say where it is kept and count */
  heard(records: readonly ObjectRecord[]): void {
    const wishes = new Map<string, Wish>()
    for (const { id, value } of records) {
      if (value['all'] !== true) continue
      const url = value['url'] as string
      const { ids = [], done = [] } = wishes.get(url) ?? {}
      const more = Object.keys((value['done'] ?? {}) as object) as SpaceId[]
      wishes.set(url, { ids: [...ids, id], done: new Set([...done, ...more]) })
    }
    this.wishes = wishes
    this.due()
  }

  /** From now on. @param records as `heard`, of this address @throws HearthError `store/…` */
  begin(records: readonly ObjectRecord[]): Promise<void> {
    return this.objects.write(
      records.flatMap(({ id }) => [
        { id, op: { t: 'put', at: ['all'], v: true } },
        { id, op: { t: 'put', at: ['done'], v: {} } },
      ]),
    )
  }

  /** It is not to be kept there, whatever is wanted of all others. @throws HearthError `store/…` */
  async except(space: SpaceId, url: string): Promise<void> {
    const wish = this.wishes.get(url)
    if (!wish || wish.done.has(space)) return
    await this.note(url, space)
  }

  isWanted(url: string): boolean {
    return this.wishes.has(url)
  }

  /** KUBEs that are to keep a space, and do not. */
  lacking(space: SpaceId): HostInfo[] {
    return this.open(space).map((url): HostInfo => {
      const code = this.reasons.get(key(space, url))
      if (code === undefined) return { url, state: 'syncing' }
      return code === 'mesh/host-away' ? { url, state: 'away' } : { url, state: 'refused', code }
    })
  }

  /** There may be a space that was not seen to. */
  due(): void {
    this.isDue = true
    if (this.isWorking) return
    this.isWorking = true
    void this.work().finally(() => (this.isWorking = false))
  }

  stop(): void {
    this.cancel?.()
    this.wishes = new Map()
  }

  private async work(): Promise<void> {
    let isMissing = false
    while (this.isDue) {
      this.isDue = false
      isMissing = false
      const away = new Set<string>()
      for (const { id } of this.halo.spaces)
        for (const url of this.open(id)) isMissing = !(await this.seenTo(id, url, away)) || isMissing
    }
    this.cancel?.()
    if (!isMissing) return void (this.failures = 0)
    const wait = Math.min(AGAIN_MS * 2 ** this.failures++, LONGEST_AGAIN_MS)
    this.cancel = this.platform.later(() => this.due(), wait)
  }

  /** @param away those that were not reached a moment ago: nobody waits for them again */
  private async seenTo(space: SpaceId, url: string, away: Set<string>): Promise<boolean> {
    const name = key(space, url)
    let code: ErrorCode | undefined = away.has(url) ? 'mesh/host-away' : undefined
    try {
      const isWanted = () => this.open(space).includes(url)
      if (!code) await this.places.addNew(space, url, isWanted)
      if (!code && isWanted()) await this.note(url, space)
    } catch (e) {
      code = toHearthError(e, 'mesh/host-away').code
    }
    if (code === 'mesh/host-away') away.add(url)
    if (code) this.reasons.set(name, code)
    else this.reasons.delete(name)
    this.changed()
    return !code
  }

  /** Where a space is to be kept, and was not seen to: of one that this device may have kept. */
  private open(space: SpaceId): string[] {
    const known = this.halo.get(space)
    if (!known || known.isPersonal || !known.kept.mayRegister) return []
    return [...this.wishes].filter(([, { done }]) => !done.has(space)).map(([url]) => url)
  }

  private async note(url: string, space: SpaceId): Promise<void> {
    const { ids, done } = this.wishes.get(url) ?? { ids: [], done: new Set() }
    await this.objects.write(ids.map((id) => ({ id, op: { t: 'put', at: ['done', space], v: true } })))
    if (this.wishes.has(url))
      this.wishes = new Map(this.wishes).set(url, { ids, done: new Set([...done, space]) })
  }
}

const key = (space: SpaceId, url: string): string => `${space} ${url}`

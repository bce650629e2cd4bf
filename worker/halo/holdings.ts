/**
 * What this device holds: itself, its spaces, and how changes of them are kept. Everything is done one thing after the other, for
 * each entry builds on the heads that the one before has left; and nothing is taken before it is durable.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import type { Store, Write } from '../store.js'
import type { EpochKeys } from './epochs/epoch.js'
import { freshKeys, type Loaded } from './loading.js'
import type { Enclosed } from './log/payload.js'
import type { SignedEntry } from './log/signed.js'
import type { Action, Cut } from './membership/actions.js'
import type { OwnDevice } from './own-device.js'
import type { HaloPlatform } from './platform.js'
import type { HaloSpace } from './space.js'

/** Where a device's feed was last accepted; seq 0 and null where it has none. */
export type FeedPosition = Pick<Cut, 'seq' | 'hash' | 'heads'>
/** What HALO asks ECHO when a device is to go. @throws HearthError `store/…` */
export type FeedPositions = (space: SpaceId, device: DeviceId) => Promise<FeedPosition>

/** An entry for one space, and the key that it brings. */
export interface Step {
  readonly space: HaloSpace
  readonly signed: SignedEntry
  readonly key?: Uint8Array | undefined
}

export class Holdings {
  readonly own: OwnDevice
  /** The personal one first, then in order of creation. */
  private readonly all: Map<SpaceId, HaloSpace>
  /** Spaces that were left, or deleted. */
  readonly left: Set<SpaceId>
  /** What was known of these. */
  readonly departed: Map<SpaceId, HaloSpace>
  private readonly listeners = new Set<() => void>()
  private last: Promise<unknown> = Promise.resolve()
  positions: FeedPositions = async () => ({ seq: 0, hash: null, heads: [] })

  constructor(
    readonly platform: HaloPlatform,
    private readonly store: Store,
    { own, spaces, left, departed }: Loaded,
  ) {
    this.departed = new Map(departed.map((space) => [space.log.id, space]))
    this.own = own
    this.left = new Set(left)
    this.all = new Map(spaces.map((space) => [space.log.id, space]))
  }

  get spaces(): HaloSpace[] {
    return [...this.all.values()].sort((a, b) => Number(b.isPersonal) - Number(a.isPersonal))
  }

  get personal(): HaloSpace {
    return this.all.get(this.own.identity as string as SpaceId)!
  }

  get(space: SpaceId): HaloSpace | undefined {
    return this.all.get(space)
  }

  /** @throws HearthError `echo/unknown-space`, `halo/unknown-member` */
  known(id: SpaceId, member?: IdentityId): HaloSpace {
    const space = this.all.get(id)
    if (!space) throw new HearthError('echo/unknown-space')
    if (member !== undefined && !space.log.state.members.has(member))
      throw new HearthError('halo/unknown-member')
    return space
  }

  async cut({ log }: HaloSpace, device: DeviceId): Promise<Cut> {
    return { device, ...(await this.positions(log.id, device)) }
  }

  /** Keys of another device, which the store was seen to keep. @throws HearthError `halo/keys-lost`, `store/…` */
  freshKeys(): ReturnType<typeof freshKeys> {
    return freshKeys(this.platform, this.store)
  }

  /** An entry on everything that is here; not taken yet. @throws HearthError `halo/not-allowed`, `halo/keys-lost` */
  async step(space: HaloSpace, action: Action, enclosed: Enclosed, key?: Uint8Array): Promise<Step> {
    const { signer } = await this.own.keys()
    return { space, signed: await space.log.write(signer, action, enclosed), key }
  }

  /**
   * All of these are durable, and taken, or none is. At most one for each space.
   * @param also what is written with it
   * @param then what follows from that, before anybody hears of it
   * @throws HearthError `store/…`
   */
  async write(
    steps: readonly Step[],
    also: readonly Write[] = [],
    then: () => void = () => undefined,
  ): Promise<void> {
    const rows = steps.flatMap(({ space: { log }, signed, key }): Write[] => [
      { table: 'log', key: [log.id, log.size], put: signed.bytes },
      ...(key ? [{ table: 'keys', key: [log.id, signed.entry.id], put: key } satisfies Write] : []),
    ])
    await this.store.write([...rows, ...also], 'strict')
    for (const { space, signed, key } of steps) {
      space.log.take(signed)
      space.keyring.meet(signed)
      if (key) space.keyring.restore(signed.entry.id, key)
    }
    then()
    this.changed()
  }

  /** An entry from elsewhere that was verified, and keys that it opened. @throws HearthError `store/…` */
  async take(space: HaloSpace, signed: SignedEntry, keys: EpochKeys): Promise<void> {
    const { log } = space
    const learnt = [...keys].map(([epoch, put]): Write => ({ table: 'keys', key: [log.id, epoch], put }))
    await this.write([{ space, signed }], learnt, () => {
      for (const [epoch, key] of keys) space.keyring.restore(epoch, key)
    })
  }

  /** A space that is new here, with all that it has. @param also what is written with it @throws HearthError `store/…` */
  async add(space: HaloSpace, createdAt: number, also: readonly Write[] = []): Promise<void> {
    const { id, entries } = space.log
    const rows: Write[] = [{ table: 'spaces', key: id, put: { id, createdAt } }]
    let n = 0
    for (const { bytes, entry } of entries) {
      rows.push({ table: 'log', key: [id, n++], put: bytes })
      const key = space.keyring.get(entry.id)
      if (key) rows.push({ table: 'keys', key: [id, entry.id], put: key })
    }
    await this.store.write([...rows, ...also], 'strict')
    this.all.set(id, space)
    this.left.delete(id)
    this.departed.delete(id)
    this.changed()
  }

  /** Nothing of it is shown here any more. Its log stays: others have yet to hear of what was done. */
  async drop(space: HaloSpace): Promise<void> {
    const { id } = space.log
    await this.store.write([{ table: 'spaces', key: id, put: { id, left: true } }], 'strict')
    this.all.delete(id)
    this.left.add(id)
    this.departed.set(id, space)
    this.changed()
  }

  onChange(run: () => void): void {
    this.listeners.add(run)
  }

  exclusive<T>(run: () => Promise<T>): Promise<T> {
    const next = this.last.then(run)
    this.last = next.catch(() => undefined)
    return next
  }

  private changed(): void {
    for (const run of this.listeners) run()
  }
}

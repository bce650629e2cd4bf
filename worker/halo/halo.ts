/**
 * HALO on one device: its keys, the identity that it belongs to, and the spaces that this identity is a member of. What it
 * does is an entry in the membership log of each space concerned, kept before anybody hears of it.
 */
import { HearthError, invalid } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import type { Damage, DeviceInfo, IdentityInfo, MemberInfo, ProfileInfo, SpaceInfo } from '../protocol/rpc.js'
import type { Store, Write } from '../store.js'
import { beginSpace } from './genesis.js'
import { keptSpace, loadHalo, type Loaded } from './loading.js'
import type { Enclosed, Profile } from './log/payload.js'
import type { SignedEntry } from './log/signed.js'
import { ROLES, writes, type Action, type Cut, type Role } from './membership/actions.js'
import type { OwnDevice } from './own-device.js'
import type { HaloPlatform } from './platform.js'
import { HaloSpace } from './space.js'
import { recoveryWords } from './suite/recovery.js'

/** Where a device's feed was last accepted; seq 0 and null where it has none. */
export type FeedPosition = Pick<Cut, 'seq' | 'hash' | 'heads'>
/** What HALO asks ECHO when a device is to go. */
export type FeedPositions = (space: SpaceId, device: DeviceId) => FeedPosition

/** UTF-16 units. */
const MAX_NAME = 256

/** An entry for one space, and the key that it brings. */
interface Step {
  readonly space: HaloSpace
  readonly signed: SignedEntry
  readonly key?: Uint8Array | undefined
}

export class Halo {
  readonly damage: readonly Damage[]
  private readonly own: OwnDevice
  private readonly all: Map<SpaceId, HaloSpace>
  private readonly recovery: Uint8Array | undefined
  private readonly listeners = new Set<() => void>()
  /** One thing after the other: each builds on the heads that the one before has left. */
  private last: Promise<unknown> = Promise.resolve()
  positions: FeedPositions = () => ({ seq: 0, hash: null, heads: [] })

  private constructor(
    private readonly platform: HaloPlatform,
    private readonly store: Store,
    { own, spaces, recovery, damage, moving }: Loaded,
  ) {
    this.own = own
    this.all = new Map(spaces.map((space) => [space.log.id, space]))
    this.recovery = recovery
    this.damage = damage
    this.moving = moving
  }

  /**
   * Spaces that the first builds wrote, which are to be written anew: what they were called, and what they are.
   */
  readonly moving: Loaded['moving']

  /**
   * On a first visit it makes an identity, durably.
   * @throws HearthError `store/…`, `halo/keys-lost`
   */
  static async open(platform: HaloPlatform, store: Store): Promise<Halo> {
    return new Halo(platform, store, await loadHalo(platform, store))
  }

  get device(): DeviceId {
    return this.own.id
  }

  get identityId(): IdentityId {
    return this.own.identity
  }

  /** The personal one first, then in order of creation. */
  get spaces(): HaloSpace[] {
    return [...this.all.values()]
  }

  get(space: SpaceId): HaloSpace | undefined {
    return this.all.get(space)
  }

  /** Runs after every change of who is in what, and of what it is called. */
  onChange(run: () => void): void {
    this.listeners.add(run)
  }

  // What there is

  get identity(): IdentityInfo {
    const { id: deviceId, identity: id } = this.own
    const { log } = this.personal
    const displayName = log.profile(id)?.displayName ?? ''
    return { id, displayName, deviceId, deviceName: log.deviceName(deviceId) ?? '' }
  }

  get devices(): DeviceInfo[] {
    const { log } = this.personal
    const { devices, cuts } = log.state
    return [...new Set([...devices.keys(), ...cuts.keys()])].map((id) => ({
      ...{ id, name: log.deviceName(id) ?? '', current: id === this.device },
      ...{ lastSeen: id === this.device ? this.platform.now() : null, revoked: !devices.has(id) },
    }))
  }

  /** @throws HearthError `echo/unknown-space` */
  members(space: SpaceId): MemberInfo[] {
    return this.known(space).members
  }

  /** Of anyone met, by what they have said in any space; the own one by the identity's own log. */
  profile(id: IdentityId): ProfileInfo {
    const said = this.spaces.map(({ log }) => log.profile(id)).find((profile) => profile)
    return { id, displayName: said?.displayName ?? '' }
  }

  // What can be done

  /** Durable when it resolves. @throws HearthError `echo/invalid`, `store/…`, `halo/keys-lost` */
  createSpace(name: string): Promise<SpaceInfo> {
    return this.exclusive(async () => {
      checkName(name)
      const { platform, own, personal } = this
      const keys = await own.keys()
      const { genesis, key } = await beginSpace(platform, keys, personal.log, name)
      const createdAt = platform.now()
      const space = keptSpace(platform, own, [genesis], createdAt)
      space.keyring.restore(genesis.entry.id, key)
      const { id } = space.log
      const steps: Step[] = [{ space, signed: genesis, key }]
      await this.store.write(
        [{ table: 'spaces', key: id, put: { id, createdAt } }, ...this.rows(steps, 0)],
        'strict',
      )
      this.all.set(id, space)
      const { displayName } = this.identity
      if (displayName !== '') await this.write([await this.say(space, { displayName })])
      this.changed()
      return space.info
    })
  }

  /** @throws HearthError `echo/invalid`, `store/…`, `halo/keys-lost` */
  setProfile(profile: { readonly displayName?: string; readonly deviceName?: string }): Promise<void> {
    return this.exclusive(async () => {
      const { identity } = this
      const { displayName = identity.displayName, deviceName = identity.deviceName } = profile ?? {}
      for (const name of [displayName, deviceName])
        if (typeof name !== 'string' || name.length > MAX_NAME)
          invalid(`a name is a text of up to ${MAX_NAME}`)
      const steps: Step[] = [await this.say(this.personal, { displayName, deviceName })]
      for (const space of this.spaces) {
        const said = space.log.profile(identity.id)?.displayName ?? ''
        if (!space.isPersonal && said !== displayName && space.role)
          steps.push(await this.say(space, { displayName }))
      }
      await this.write(steps)
    })
  }

  /** The words that give this identity back. @throws HearthError `halo/no-words-here` */
  recoveryPhrase(): string {
    if (!this.recovery) throw new HearthError('halo/no-words-here')
    return recoveryWords(this.recovery)
  }

  /**
   * The device is out of this identity and of all its spaces, whose keys are changed.
   * @throws HearthError `halo/unknown-device`, `halo/current-device`, `halo/key-missing`, `store/…`
   */
  revokeDevice(device: DeviceId): Promise<void> {
    return this.exclusive(async () => {
      if (device === this.device) throw new HearthError('halo/current-device')
      if (!this.personal.log.state.devices.has(device)) throw new HearthError('halo/unknown-device')
      const steps: Step[] = []
      for (const space of this.spaces) {
        const { member } = space.log.state.devices.get(device) ?? {}
        if (!member) continue
        const cut = this.cut(space, device)
        steps.push(await this.end(space, { t: 'revoke-device', member, cut }, [device]))
      }
      await this.write(steps)
    })
  }

  /** @throws HearthError `echo/unknown-space`, `halo/unknown-member`, `halo/not-allowed`, `halo/last-owner`, `store/…` */
  setRole(id: SpaceId, member: IdentityId, role: Role): Promise<void> {
    return this.exclusive(async () => {
      const space = this.known(id, member)
      if (!ROLES.includes(role)) invalid(`a role is one of ${ROLES.join(', ')}`)
      if (space.log.state.members.get(member)!.role === role) return
      if (role !== 'owner') staysOwned(space, member)
      const devices = writes(role) ? [] : space.devicesOf(member)
      const cuts = devices.length > 0 ? { cuts: devices.map((device) => this.cut(space, device)) } : {}
      await this.write([await this.step(space, { t: 'set-role', member, role, ...cuts }, {})])
    })
  }

  /**
   * A member is out, and the space's keys are changed; or this identity leaves.
   * @throws HearthError as `setRole`, and `halo/personal-space`, `halo/key-missing`
   */
  removeMember(id: SpaceId, member: IdentityId): Promise<void> {
    return this.exclusive(async () => {
      const space = this.known(id, member)
      if (space.isPersonal) throw new HearthError('halo/personal-space')
      staysOwned(space, member)
      const devices = space.devicesOf(member)
      const cuts = devices.map((device) => this.cut(space, device))
      const action: Action = { t: 'remove-member', member, cuts }
      // Who goes would know the key: somebody who stays makes it.
      const leaves = member === this.own.identity
      await this.write([await (leaves ? this.step(space, action, {}) : this.end(space, action, devices))])
      if (leaves) await this.drop(space)
    })
  }

  /** @throws HearthError as `removeMember` */
  leaveSpace(id: SpaceId): Promise<void> {
    return this.removeMember(id, this.own.identity)
  }

  /** @throws HearthError as `setRole` */
  rename(id: SpaceId, name: string): Promise<void> {
    return this.exclusive(async () => {
      checkName(name)
      const space = this.known(id)
      await this.write([await this.step(space, { t: 'rename' }, { name })])
    })
  }

  /** For everyone, and by owners only. @throws HearthError as `setRole`, and `halo/personal-space` */
  deleteSpace(id: SpaceId): Promise<void> {
    return this.exclusive(async () => {
      const space = this.known(id)
      if (space.isPersonal) throw new HearthError('halo/personal-space')
      await this.write([await this.step(space, { t: 'delete' }, {})])
      await this.drop(space)
    })
  }

  private get personal(): HaloSpace {
    return this.all.get(this.own.identity as string as SpaceId)!
  }

  private known(id: SpaceId, member?: IdentityId): HaloSpace {
    const space = this.all.get(id)
    if (!space) throw new HearthError('echo/unknown-space')
    if (member !== undefined && !space.log.state.members.has(member))
      throw new HearthError('halo/unknown-member')
    return space
  }

  private cut({ log }: HaloSpace, device: DeviceId): Cut {
    return { device, ...this.positions(log.id, device) }
  }

  private say(space: HaloSpace, profile: Profile): Promise<Step> {
    return this.step(space, { t: 'profile' }, { profile })
  }

  /** An entry by which devices go, with a key for those that stay. */
  private async end(space: HaloSpace, action: Action, devices: readonly DeviceId[]): Promise<Step> {
    const { key, epoch } = await space.epochWithout(new Set(devices))
    return this.step(space, action, { epoch }, key)
  }

  private async step(space: HaloSpace, action: Action, enclosed: Enclosed, key?: Uint8Array): Promise<Step> {
    const { signer } = await this.own.keys()
    return { space, signed: await space.log.write(signer, action, enclosed), key }
  }

  /** All of these are durable, or none is. */
  private async write(steps: readonly Step[]): Promise<void> {
    await this.store.write(this.rows(steps), 'strict')
    for (const { space, signed, key } of steps) {
      space.log.take(signed)
      space.keyring.meet(signed)
      if (key) space.keyring.restore(signed.entry.id, key)
    }
    this.changed()
  }

  private rows(steps: readonly Step[], at?: number): Write[] {
    return steps.flatMap(({ space: { log }, signed, key }): Write[] => [
      { table: 'log', key: [log.id, at ?? log.size], put: signed.bytes },
      ...(key ? [{ table: 'keys', key: [log.id, signed.entry.id], put: key } satisfies Write] : []),
    ])
  }

  /** Nothing of it is shown here any more. Its log stays: others have yet to hear of what was done. */
  private async drop(space: HaloSpace): Promise<void> {
    const { id } = space.log
    await this.store.write([{ table: 'spaces', key: id, put: { id, left: true } }], 'strict')
    this.all.delete(id)
    this.changed()
  }

  private changed(): void {
    for (const run of this.listeners) run()
  }

  private exclusive<T>(run: () => Promise<T>): Promise<T> {
    const next = this.last.then(run)
    this.last = next.catch(() => undefined)
    return next
  }
}

function checkName(name: string): void {
  if (typeof name !== 'string' || name.trim() === '') invalid('a space needs a name')
  if (name.length > MAX_NAME) invalid(`a name has up to ${MAX_NAME} characters`)
}

/** @throws HearthError `halo/last-owner`: nobody could ever remove or promote anybody again */
function staysOwned(space: HaloSpace, member: IdentityId): void {
  const owners = space.members.filter(({ role }) => role === 'owner')
  if (owners.length === 1 && owners[0]!.id === member) throw new HearthError('halo/last-owner')
}

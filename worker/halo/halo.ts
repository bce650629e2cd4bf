/**
 * HALO on one device, as tabs ask it: the identity that the device belongs to, the spaces that this identity is a member of, and
 * what can be done about who is in them. Each deed is an entry in the membership log of each space concerned.
 */
import { HearthError, invalid } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import type { DeviceInfo, IdentityInfo, ProfileInfo, SpaceInfo } from '../protocol/facts.js'
import type { Damage } from '../protocol/status.js'
import { checkString } from '../protocol/values.js'
import type { Store } from '../store.js'
import { Admissions } from './admissions.js'
import { Delegated } from './delegated.js'
import { beginSpace } from './genesis.js'
import { Holdings, type FeedPositions, type Step } from './holdings.js'
import { keptSpace, loadHalo, type Loaded, type Move } from './loading.js'
import type { Profile } from './log/payload.js'
import { ROLES, writes, type Action, type Role } from './membership/actions.js'
import type { HaloPlatform } from './platform.js'
import type { HaloSpace } from './space.js'
import { sameBytes } from '../protocol/same-bytes.js'
import type { DeviceKeys } from './suite/device-keys.js'
import type { Recovery } from './suite/recovery.js'

/** UTF-16 units. */
const MAX_NAME = 256

export class Halo {
  readonly damage: readonly Damage[]
  /** Spaces that the first builds wrote, which are to be written anew: what they were called, and what they are. */
  readonly moving: readonly Move[]
  /** How devices and members come in. */
  readonly admissions: Admissions
  /** Invitations that any admin may answer. */
  readonly delegated: Delegated
  private readonly held: Holdings

  private constructor(platform: HaloPlatform, store: Store, loaded: Loaded) {
    this.held = new Holdings(platform, store, loaded)
    this.admissions = new Admissions(this.held)
    this.delegated = new Delegated(this.held)
    this.damage = loaded.damage
    this.moving = loaded.moving
  }

  /**
   * On a first visit it makes an identity, durably.
   * @throws HearthError `store/…`, `halo/keys-lost`
   */
  static async open(platform: HaloPlatform, store: Store): Promise<Halo> {
    return new Halo(platform, store, await loadHalo(platform, store))
  }

  set positions(positions: FeedPositions) {
    this.held.positions = positions
  }

  get device(): DeviceId {
    return this.held.own.id
  }

  /** The personal one first, then in order of creation. */
  get spaces(): HaloSpace[] {
    return this.held.spaces
  }

  get(space: SpaceId): HaloSpace | undefined {
    return this.held.get(space)
  }

  /** Spaces that were left, or deleted. */
  get left(): ReadonlySet<SpaceId> {
    return this.held.left
  }

  /** The same, for others who have not heard of it. */
  get departed(): HaloSpace[] {
    return [...this.held.departed.values()]
  }

  /** Runs after every change of who is in what, and of what it is called. */
  onChange(run: () => void): void {
    this.held.onChange(run)
  }

  /** @throws HearthError `halo/keys-lost` */
  keys(): Promise<DeviceKeys> {
    return this.held.own.keys()
  }

  /** Whose X25519 key this is, by the logs that are here. */
  deviceOf(key: Uint8Array): DeviceId | undefined {
    for (const { log } of [...this.spaces, ...this.departed])
      for (const [device, known] of log.everyAgreement()) if (sameBytes(known, key)) return device
    return undefined
  }

  /** X25519, of a device that some log here names. */
  keyOf(device: DeviceId): Uint8Array | undefined {
    const spaces = [...this.spaces, ...this.departed]
    return spaces.map(({ log }) => log.everyAgreement().get(device)).find((key) => key)
  }

  // What there is

  get identity(): IdentityInfo {
    const { id: deviceId, identity: id } = this.held.own
    const { log } = this.held.personal
    const displayName = log.profile(id)!.displayName
    return { id, displayName, deviceId, deviceName: log.deviceName(deviceId) ?? '' }
  }

  get devices(): DeviceInfo[] {
    const { log } = this.held.personal
    const { devices, cuts } = log.state
    return [...new Set([...devices.keys(), ...cuts.keys()])].map((id) => ({
      ...{ id, name: log.deviceName(id) ?? '', current: id === this.device },
      ...{ lastSeen: id === this.device ? this.held.platform.now() : null, revoked: !devices.has(id) },
    }))
  }

  /** Whether it is a device of this identity; of one that is in nothing any more, whether it was. */
  isOwn(device: DeviceId): boolean {
    const members = this.spaces.flatMap(({ log }) => log.state.devices.get(device)?.member ?? [])
    return members.length > 0
      ? members.includes(this.held.own.identity)
      : this.held.personal.log.state.cuts.has(device)
  }

  /** Of anyone met, by what they have said in any space; the own one by the identity's own log. */
  profile(id: IdentityId): ProfileInfo {
    const said = this.spaces.map(({ log }) => log.profile(id)).find((profile) => profile)
    return { id, displayName: said?.displayName ?? '' }
  }

  /** The words that give this identity back. @throws HearthError `halo/no-words-here` */
  async recoveryPhrase(): Promise<string> {
    const secret = this.held.own.recovery.get(this.held.own.identity)
    if (!secret) throw new HearthError('halo/no-words-here')
    const { recoveryWords } = await import('./suite/recovery-words.js')
    return recoveryWords(secret)
  }

  /** What they can do, if they are kept here. */
  words(): Promise<Recovery | undefined> {
    return this.held.own.words()
  }

  // What can be done

  /** Durable when it resolves. @throws HearthError `echo/invalid`, `store/…`, `halo/keys-lost` */
  createSpace(name: string): Promise<SpaceInfo> {
    return this.held.exclusive(async () => {
      checkName(name)
      const { platform, own, personal } = this.held
      const { genesis, key } = await beginSpace(platform, await own.keys(), personal.log, name)
      const createdAt = platform.now()
      const space = keptSpace(platform, own, [genesis], createdAt)
      space.keyring.restore(genesis.entry.id, key)
      await this.held.add(space, createdAt)
      const { displayName } = this.identity
      if (displayName !== '') await this.held.write([await this.say(space, { displayName })])
      return space.info
    })
  }

  /** @throws HearthError `echo/invalid`, `store/…`, `halo/keys-lost` */
  setProfile(profile: { readonly displayName?: string; readonly deviceName?: string }): Promise<void> {
    return this.held.exclusive(async () => {
      const { identity } = this
      const { displayName = identity.displayName, deviceName = identity.deviceName } = profile ?? {}
      for (const name of [displayName, deviceName]) checkText(name)
      const steps: Step[] = [await this.say(this.held.personal, { displayName, deviceName })]
      for (const space of this.spaces) {
        const said = space.log.profile(identity.id)?.displayName ?? ''
        if (!space.isPersonal && said !== displayName && space.role)
          steps.push(await this.say(space, { displayName }))
      }
      await this.held.write(steps)
    })
  }

  /**
   * The device is out of this identity and of all its spaces, whose keys are changed.
   * @throws HearthError `halo/unknown-device`, `halo/current-device`, `halo/key-missing`, `store/…`
   */
  revokeDevice(device: DeviceId): Promise<void> {
    return this.held.exclusive(async () => {
      if (device === this.device) throw new HearthError('halo/current-device')
      if (!this.held.personal.log.state.devices.has(device)) throw new HearthError('halo/unknown-device')
      const steps: Step[] = []
      for (const space of this.spaces) {
        const { member } = space.log.state.devices.get(device) ?? {}
        if (!member) continue
        const cut = await this.held.cut(space, device)
        steps.push(await this.end(space, { t: 'revoke-device', member, cut }, [device]))
      }
      await this.held.write(steps)
    })
  }

  /** @throws HearthError `echo/unknown-space`, `halo/unknown-member`, `halo/not-allowed`, `halo/last-owner`, `store/…` */
  setRole(id: SpaceId, member: IdentityId, role: Role): Promise<void> {
    return this.held.exclusive(async () => {
      const space = this.held.known(id, member)
      if (!ROLES.includes(role)) invalid(`a role is one of ${ROLES.join(', ')}`)
      if (space.log.state.members.get(member)!.role === role) return
      staysOwned(space, member)
      const devices = writes(role) ? [] : space.devicesOf(member)
      const cuts =
        devices.length > 0
          ? { cuts: await Promise.all(devices.map((device) => this.held.cut(space, device))) }
          : {}
      await this.held.write([await this.held.step(space, { t: 'set-role', member, role, ...cuts }, {})])
    })
  }

  /**
   * A member is out, and the space's keys are changed; or this identity leaves.
   * @throws HearthError as `setRole`, and `halo/personal-space`, `halo/key-missing`
   */
  removeMember(id: SpaceId, member: IdentityId): Promise<void> {
    return this.held.exclusive(async () => {
      const space = this.held.known(id, member)
      if (space.log.isOwn) throw new HearthError('halo/personal-space')
      staysOwned(space, member)
      const devices = space.devicesOf(member)
      const cuts = await Promise.all(devices.map((device) => this.held.cut(space, device)))
      const action: Action = { t: 'remove-member', member, cuts }
      // Who goes would know the key: somebody who stays makes it.
      const leaves = member === this.held.own.identity
      const step = leaves ? this.held.step(space, action, {}) : this.end(space, action, devices)
      await this.held.write([await step])
      if (leaves) await this.held.drop(space)
    })
  }

  /** Of one from which this identity was removed, only what is here goes. @throws HearthError as `removeMember` */
  leaveSpace(id: SpaceId): Promise<void> {
    const space = this.get(id)
    const isOut = space && !space.log.isOwn && !space.log.state.members.has(this.held.own.identity)
    if (isOut) return this.held.exclusive(() => this.held.drop(space))
    return this.removeMember(id, this.held.own.identity)
  }

  /** @throws HearthError as `setRole`, and `echo/invalid` */
  rename(id: SpaceId, name: string): Promise<void> {
    return this.held.exclusive(async () => {
      checkName(name)
      const space = this.held.known(id)
      await this.held.write([await this.held.step(space, { t: 'rename' }, { name })])
    })
  }

  /** For everyone, and by owners only. @throws HearthError as `setRole`, and `halo/personal-space` */
  deleteSpace(id: SpaceId): Promise<void> {
    return this.held.exclusive(async () => {
      const space = this.held.known(id)
      if (space.log.isOwn) throw new HearthError('halo/personal-space')
      await this.held.write([await this.held.step(space, { t: 'delete' }, {})])
      await this.held.drop(space)
    })
  }

  private say(space: HaloSpace, profile: Profile): Promise<Step> {
    return this.held.step(space, { t: 'profile' }, { profile })
  }

  /** An entry by which devices go, with a key for those that stay. */
  private async end(space: HaloSpace, action: Action, devices: readonly DeviceId[]): Promise<Step> {
    const { key, epoch } = await space.epochWithout(new Set(devices))
    return this.held.step(space, action, { epoch }, key)
  }
}

function checkName(name: string): void {
  if (typeof name !== 'string' || name.trim() === '') invalid('a space needs a name')
  checkText(name)
}

function checkText(name: string): void {
  if (typeof name !== 'string' || name.length > MAX_NAME)
    invalid(`a name is text, of up to ${MAX_NAME} characters`)
  checkString(name)
}

/** @throws HearthError `halo/last-owner`: nobody could ever remove or promote anybody again */
function staysOwned(space: HaloSpace, member: IdentityId): void {
  const owners = space.members.filter(({ role }) => role === 'owner')
  if (owners.length === 1 && owners[0]!.id === member) throw new HearthError('halo/last-owner')
}

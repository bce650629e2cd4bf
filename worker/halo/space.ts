/** A space, as this device has it: who is in, its keys, and what entries of its feeds are signed and sealed with. */
import { HearthError } from '../protocol/errors.js'
import { fromBase64Url, type DeviceId, type IdentityId, type SpaceId } from '../protocol/ids.js'
import type { MemberInfo, SpaceInfo } from '../protocol/rpc.js'
import { Acceptance } from './acceptance/acceptance.js'
import { beginEpoch, writeKey, type EpochKeys } from './epochs/epoch.js'
import type { Keyring } from './epochs/keyring.js'
import type { Agreements } from './log/evidence.js'
import type { Epoch } from './log/payload.js'
import { logBytes } from './log/signed.js'
import type { SpaceLog } from './log/space-log.js'
import { levelOf, type LogEntryId, type Role } from './membership/actions.js'
import type { OwnDevice } from './own-device.js'
import { decrypt, encrypt, type Ciphertext } from './suite/cipher.js'
import { derive } from './suite/derive.js'
import { pad, unpad } from './suite/padding.js'
import type { SuitePlatform } from './suite/platform.js'
import { verify } from './suite/signing.js'

const EDITOR = levelOf('editor')
const ADMIN = levelOf('admin')

export class HaloSpace {
  private readonly writing = new Map<string, Uint8Array>()
  private knownReplica: Uint8Array | undefined

  constructor(
    private readonly platform: SuitePlatform,
    readonly log: SpaceLog,
    readonly keyring: Keyring,
    private readonly own: OwnDevice,
    private readonly createdAt: number,
  ) {}

  get info(): SpaceInfo {
    const { id, name } = this.log
    const role = this.role ?? 'reader'
    return { id, name, personal: this.isPersonal, createdAt: this.createdAt, role }
  }

  get isPersonal(): boolean {
    return (this.log.id as string) === this.own.identity
  }

  /** This device's; undefined if it is not in (any more). */
  get role(): Role | undefined {
    const { devices, members } = this.log.state
    const device = devices.get(this.own.id)
    return device && members.get(device.member)?.role
  }

  get members(): MemberInfo[] {
    const { members } = this.log.state
    return [...members.values()].map(({ member, role }) => ({
      ...{ id: member, role, displayName: this.log.profile(member)?.displayName ?? '' },
      devices: this.devicesOf(member),
    }))
  }

  /** Devices of a member that are in. */
  devicesOf(member: IdentityId): DeviceId[] {
    return [...this.log.state.devices].filter(([, of]) => of.member === member).map(([device]) => device)
  }

  /**
   * A new epoch for all that are in but these.
   * @throws HearthError `halo/key-missing`
   */
  async epochWithout(gone: ReadonlySet<DeviceId>): Promise<{ key: Uint8Array; epoch: Epoch }> {
    const to: Agreements = new Map([...this.log.agreements()].filter(([device]) => !gone.has(device)))
    return beginEpoch(this.platform, this.bytes, to, this.latestKeys(), this.log.recovery)
  }

  /** Whether somebody who has gone knows the latest keys, and this device may and can do something about it. */
  get owesEpoch(): boolean {
    const { owesEpoch } = this.log.state
    return owesEpoch && !!this.role && levelOf(this.role) >= ADMIN && this.hasKeys
  }

  /** Devices that are in, and to which nobody has sealed one of the latest keys, all of which are here. */
  devicesWithoutKey(): Agreements {
    if (!this.role || !this.hasKeys) return new Map()
    const { epochs } = this.log.state
    const has = new Map(epochs.map((epoch) => [epoch, new Set(this.log.sealedTo(epoch))]))
    return new Map(
      [...this.log.agreements()].filter(([device]) => epochs.some((epoch) => !has.get(epoch)!.has(device))),
    )
  }

  private get hasKeys(): boolean {
    return this.log.state.epochs.every((epoch) => this.keyring.has(epoch))
  }

  // What ECHO asks for each entry

  get id(): SpaceId {
    return this.log.id
  }

  get device(): DeviceId {
    return this.own.id
  }

  /** Devices that were ever in. */
  get feeds(): DeviceId[] {
    return this.log.everyDevice()
  }

  /** The device that moved this space from the first builds, and what it was called before. */
  get moved(): { readonly device: DeviceId; readonly formerly: DeviceId } | undefined {
    const { formerly, author } = this.log
    return formerly === undefined ? undefined : { device: author, formerly: formerly as DeviceId }
  }

  /** What was last said of who is in, as far as it has come here. */
  get heads(): readonly string[] {
    return this.log.membership.heads
  }

  judge(): Acceptance {
    return new Acceptance(this.log.membership)
  }

  /** Whether what this device writes is heeded. */
  get mayWrite(): boolean {
    return !!this.role && levelOf(this.role) >= EDITOR
  }

  /** The space, as those know it who cannot read it. @throws HearthError `halo/key-missing` */
  replica(): Uint8Array {
    return (this.knownReplica ??= derive('replica-id', this.bytes, this.epochKey(this.log.membership.id)))
  }

  /**
   * What an entry says in the clear of the space that it is written in.
   * @throws HearthError `halo/key-missing`
   */
  async context(): Promise<{
    replica: Uint8Array
    heads: readonly LogEntryId[]
    epochs: readonly LogEntryId[]
  }> {
    const { heads } = this.log.membership
    return { replica: this.replica(), heads, epochs: [...this.latestKeys().keys()] }
  }

  /** @throws HearthError `halo/key-missing` */
  async encrypt(epochs: readonly LogEntryId[], clear: Uint8Array, text: Uint8Array): Promise<Ciphertext> {
    return encrypt(this.platform, this.key(epochs), this.bodyOf(clear), pad(text))
  }

  /** @throws HearthError `halo/key-missing`, `halo/unreadable` */
  async decrypt(epochs: readonly LogEntryId[], clear: Uint8Array, text: Ciphertext): Promise<Uint8Array> {
    return unpad(await decrypt(this.platform, this.key(epochs), this.bodyOf(clear), text))
  }

  /** A host checks it without knowing the space: it is bound to the replica. @throws HearthError `halo/keys-lost` */
  async sign(replica: Uint8Array, header: Uint8Array): Promise<Uint8Array> {
    const { signer } = await this.own.keys()
    return signer.sign('feed-entry', replica, header)
  }

  async verify(
    feed: DeviceId,
    replica: Uint8Array,
    header: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    return verify(this.platform, fromBase64Url(feed), 'feed-entry', replica, header, signature)
  }

  private get bytes(): Uint8Array {
    return logBytes(this.log.membership.id)!
  }

  /** @throws HearthError `halo/key-missing`: without all of them, somebody who was left out could read along */
  latestKeys(): EpochKeys {
    return new Map(this.log.state.epochs.map((epoch) => [epoch, this.epochKey(epoch)]))
  }

  private epochKey(epoch: LogEntryId): Uint8Array {
    const key = this.keyring.get(epoch)
    if (!key) throw new HearthError('halo/key-missing')
    return key
  }

  private key(epochs: readonly LogEntryId[]): Uint8Array {
    const name = epochs.join()
    const known = this.writing.get(name)
    if (known) return known
    const made = writeKey(
      this.bytes,
      epochs.map((epoch) => this.epochKey(epoch)),
    )
    this.writing.set(name, made)
    return made
  }

  private bodyOf(clear: Uint8Array) {
    return { label: 'feed-body', log: this.bytes, header: clear } as const
  }
}

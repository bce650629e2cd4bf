/** A space, as this device has it: who is in, its keys, and what entries of its feeds are signed and sealed with. */
import { HearthError } from '../protocol/errors.js'
import { fromBase64Url, type DeviceId, type IdentityId, type SpaceId } from '../protocol/ids.js'
import type { MemberInfo, SpaceInfo } from '../protocol/facts.js'
import { Acceptance } from './acceptance/acceptance.js'
import { KeptKeys, replicaOf } from './kept/kept-keys.js'
import { KeptSpace } from './kept/kept-space.js'
import { beginEpoch, writeKey, type EpochKeys } from './epochs/epoch.js'
import type { Keyring } from './epochs/keyring.js'
import type { Agreements } from './log/evidence.js'
import type { Epoch } from './log/payload.js'
import { logBytes } from './log/signed.js'
import type { SpaceLog } from './log/space-log.js'
import { levelOf, type LogEntryId, type Role } from './membership/actions.js'
import type { OwnDevice } from './own-device.js'
import { decrypt, encrypt, type Ciphertext } from './suite/cipher.js'
import { sameBytes } from '../protocol/same-bytes.js'
import { derive } from './suite/derive.js'
import type { EncryptLabel, Purpose } from './suite/labels.js'
import { pad, unpad } from './suite/padding.js'
import type { SuitePlatform } from './suite/platform.js'
import { verify } from './suite/signing.js'

const EDITOR = levelOf('editor')
const ADMIN = levelOf('admin')
/** Epochs before the latest by which a space is still to be found. */
const MAX_PAST = 32
/** No topic. */
const NOWHERE = new Uint8Array()

/** What is sealed for ECHO, and what is signed. */
type Sealing = Extract<EncryptLabel, 'feed-body' | 'checkpoint-piece'>
type Signing = Extract<Purpose, 'feed-entry' | 'checkpoint'>

export class HaloSpace {
  private readonly writing = new Map<string, Uint8Array>()
  private readonly met = new Map<LogEntryId, { readonly topic: Uint8Array; readonly secret: Uint8Array }>()
  private knownReplica: Uint8Array | undefined
  private knownKept: KeptSpace | undefined

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

  /** Whether a device is an admin's, or an owner's, now. */
  isAdmin(device: DeviceId): boolean {
    const { devices, members } = this.log.state
    const of = devices.get(device)
    const role = of && members.get(of.member)?.role
    return !!role && levelOf(role) >= ADMIN
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
    if (!this.role || levelOf(this.role) < ADMIN || !this.hasKeys) return false
    return this.log.state.owesEpoch || this.isKnownOutside
  }

  /** Somebody who is out has all of the latest keys: it was let in at the same time as whoever let it in lost the right to. */
  private get isKnownOutside(): boolean {
    const { epochs, devices } = this.log.state
    const [first, ...others] = epochs.map((epoch) => new Set(this.log.sealedTo(epoch)))
    return [...first!].some((device) => !devices.has(device) && others.every((sealed) => sealed.has(device)))
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

  /** Whether the latest keys are here. */
  get hasKeys(): boolean {
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

  /**
   * Where those meet who have this space: by the latest epochs, and by some before, so that a device that was away is found. The
   * latest come first.
   */
  meetings(): { readonly topic: Uint8Array; readonly secret: Uint8Array }[] {
    const latest = this.log.state.epochs
    const before = this.log.epochs.filter((epoch) => !latest.includes(epoch)).slice(-MAX_PAST)
    return [...latest, ...before.reverse()].flatMap((epoch) => this.meetingBy(epoch) ?? [])
  }

  /**
   * Whether nobody can know the secret of this meeting who is out, as far as this device has heard: who knows it and is in no log here
   * was let in by others.
   */
  isOfMembers(topic: Uint8Array): boolean {
    const { epochs, devices, owesEpoch } = this.log.state
    const isMetBy = (epoch: LogEntryId) => sameBytes(topic, this.meetingBy(epoch)?.topic ?? NOWHERE)
    const epoch = this.log.epochs.find(isMetBy)
    if (!this.role || !epoch) return false
    // Whoever was removed knows those of its time, and of all the time before.
    // defence: latest-topic
    if (!epochs.includes(epoch)) return false
    const isOut = (device: DeviceId) => !devices.has(device)
    // Who has left, or whose admission fell, has a key that no other has followed yet; and of two epochs that began at the same time,
    // each may have been sealed to somebody whom the other one shut out.
    // defence: latest-key-of-those-in
    if (owesEpoch || this.log.sealedTo(epoch).some(isOut)) return false
    return true
  }

  private meetingBy(
    epoch: LogEntryId,
  ): { readonly topic: Uint8Array; readonly secret: Uint8Array } | undefined {
    const known = this.met.get(epoch)
    if (known) return known
    const key = this.keyring.get(epoch)
    if (!key) return undefined
    const meeting = {
      topic: derive('topic', this.bytes, key),
      secret: derive('topic-secret', this.bytes, key),
    }
    this.met.set(epoch, meeting)
    return meeting
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
    return (this.knownReplica ??= replicaOf(this.bytes, this.firstKey))
  }

  /** As a KUBE is to keep it. @throws HearthError `halo/key-missing` */
  get kept(): KeptSpace {
    const { firstKey } = this
    return (this.knownKept ??= new KeptSpace(
      ...([this, this.own, new KeptKeys(this.platform, this.bytes, firstKey)] as const),
    ))
  }

  /** That of the first epoch, by which the space is found where it is kept. @throws HearthError `halo/key-missing` */
  get firstKey(): Uint8Array {
    return this.epochKey(this.log.membership.id)
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
  async encrypt(
    what: Sealing,
    epochs: readonly LogEntryId[],
    clear: Uint8Array,
    text: Uint8Array,
  ): Promise<Ciphertext> {
    return encrypt(this.platform, this.key(epochs), this.contextOf(what, clear), pad(text))
  }

  /** @throws HearthError `halo/key-missing`, `halo/unreadable` */
  async decrypt(
    what: Sealing,
    epochs: readonly LogEntryId[],
    clear: Uint8Array,
    text: Ciphertext,
  ): Promise<Uint8Array> {
    return unpad(await decrypt(this.platform, this.key(epochs), this.contextOf(what, clear), text))
  }

  /** A host checks it without knowing the space: it is bound to the replica. @throws HearthError `halo/keys-lost` */
  async sign(what: Signing, replica: Uint8Array, header: Uint8Array): Promise<Uint8Array> {
    const { signer } = await this.own.keys()
    return signer.sign(what, replica, header)
  }

  async verify(
    what: Signing,
    author: DeviceId,
    replica: Uint8Array,
    header: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    return verify(this.platform, fromBase64Url(author), what, replica, header, signature)
  }

  knows(heads: readonly LogEntryId[]): boolean {
    return heads.every((id) => this.log.membership.has(id))
  }

  private get bytes(): Uint8Array {
    return logBytes(this.log.membership.id)!
  }

  /** @throws HearthError `halo/key-missing`: without all of them, somebody who was left out could read along */
  latestKeys(): EpochKeys {
    return new Map(this.log.state.epochs.map((epoch) => [epoch, this.epochKey(epoch)]))
  }

  /** Of these, those that are here: whoever comes in by the words may not have all of them yet. */
  knownKeys(): EpochKeys {
    return new Map(
      this.log.state.epochs.flatMap((epoch) => {
        const key = this.keyring.get(epoch)
        return key ? [[epoch, key] as const] : []
      }),
    )
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

  private contextOf(label: Sealing, clear: Uint8Array) {
    return { label, log: this.bytes, header: clear }
  }
}

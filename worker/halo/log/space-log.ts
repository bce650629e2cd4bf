/**
 * The membership log of one space: its entries as they were signed, what they come to, and what they bring. Entries are checked
 * when they come, and believed when they were kept.
 */
import { HearthError } from '../../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../../protocol/ids.js'
import type { Action, LogEntryId, Role } from '../membership/actions.js'
import { MembershipLog } from '../membership/log.js'
import type { State } from '../membership/state.js'
import { undoingOf } from '../membership/undoing.js'
import type { SuitePlatform } from '../suite/platform.js'
import type { Signer } from '../suite/signing.js'
import { agreementsIn, checkEvidence, type Agreements } from './evidence.js'
import type { Enclosed, Profile } from './payload.js'
import { refuse } from './shapes.js'
import { signEntry, verifyEntry, type SignedEntry } from './signed.js'

export class SpaceLog {
  readonly membership: MembershipLog
  private readonly signed = new Map<LogEntryId, SignedEntry>()
  private readonly agreed = new Map<DeviceId, Uint8Array>()
  /** Entries whose agreements are not among these yet: to look into one is to decode the log that it encloses. */
  private unread: SignedEntry[]
  /** By which entries devices are out that have asked: it takes its time to find that, and next to nothing to ask. */
  private readonly farewells = new Map<DeviceId, readonly LogEntryId[]>()

  private constructor(private readonly genesis: SignedEntry) {
    this.membership = new MembershipLog(genesis.entry)
    this.signed.set(genesis.entry.id, genesis)
    this.unread = [genesis]
  }

  /** Entries from elsewhere, parents first. @throws HearthError `halo/refused` */
  static async read(platform: SuitePlatform, entries: readonly Uint8Array[]): Promise<SpaceLog> {
    const signed: SignedEntry[] = []
    for (const bytes of entries) {
      const one = await verifyEntry(platform, bytes)
      await checkEvidence(platform, one)
      signed.push(one)
    }
    return SpaceLog.of(signed)
  }

  /** Entries that are good, parents first. @throws HearthError `halo/refused` */
  static of(entries: readonly SignedEntry[]): SpaceLog {
    const [genesis, ...rest] = entries
    if (genesis?.entry.action.t !== 'genesis') refuse('genesis')
    const log = new SpaceLog(genesis)
    for (const signed of rest) log.take(signed)
    return log
  }

  /** That of its genesis; an identity's own log has that of the identity. */
  get id(): SpaceId {
    return this.membership.id as string as SpaceId
  }

  /** An identity's own log: that of its personal space. */
  get isOwn(): boolean {
    return this.state.kind === 'identity'
  }

  get state(): State {
    return this.membership.state()
  }

  get size(): number {
    return this.signed.size
  }

  /** All entries, parents first. */
  get entries(): Iterable<SignedEntry> {
    return this.signed.values()
  }

  /**
   * An entry from elsewhere. It is not taken yet.
   * @returns undefined if it is here
   * @throws HearthError `halo/refused`
   */
  async verify(platform: SuitePlatform, bytes: Uint8Array): Promise<SignedEntry | undefined> {
    const signed = await verifyEntry(platform, bytes)
    if (this.signed.has(signed.entry.id)) return undefined
    await this.check(platform, signed)
    return signed
  }

  /** What others will check before they take it. @throws HearthError `halo/refused` */
  async check(platform: SuitePlatform, signed: SignedEntry): Promise<void> {
    await checkEvidence(platform, signed)
    this.checkPlace(signed)
  }

  /**
   * An entry of this device's own, on everything that is here. It is not taken yet.
   * @throws HearthError `halo/not-allowed`: nobody would heed it
   */
  async write(signer: Signer, action: Action, enclosed: Enclosed): Promise<SignedEntry> {
    const { heads, id } = this.membership
    const signed = await signEntry(signer, { log: id, parents: heads, action, enclosed })
    if (!this.membership.allows(signed.entry)) throw new HearthError('halo/not-allowed')
    return signed
  }

  /** An entry that is good. @throws HearthError `halo/refused` */
  take(signed: SignedEntry): void {
    this.checkPlace(signed)
    this.membership.add(signed.entry)
    this.farewells.clear()
    this.signed.set(signed.entry.id, signed)
    this.unread.push(signed)
  }

  private checkPlace({ entry, enclosed, log }: SignedEntry): void {
    const { membership } = this
    // defence: entry-of-this-log
    if (log !== membership.id) refuse('log')
    if (membership.missing(entry).length > 0) refuse('parents')
    // defence: epoch-brings-its-key
    if (membership.begins(entry) && !enclosed.epoch) refuse('epoch')
  }

  /** What somebody lacks who has these, and all that they build on; parents first. Heads that are not here tell nothing. */
  since(heads: readonly string[]): Uint8Array[] {
    return this.between(heads, this.membership.heads)
  }

  /** The part of it by which a device is out: what it has to know, and nothing that came after it. */
  farewell(device: DeviceId, heads: readonly string[]): Uint8Array[] {
    const known = this.farewells.get(device) ?? this.endsOf(device)
    this.farewells.set(device, known)
    return known.length > 0 ? this.between(heads, known) : []
  }

  private endsOf(device: DeviceId): readonly LogEntryId[] {
    const { cuts, deleted, devices } = this.state
    const ends = deleted ? this.membership.standing('delete').map(({ entry }) => entry.id) : []
    if (devices.has(device)) return ends
    ends.push(...(cuts.get(device) ?? []).map(({ by }) => by))
    const admissions = [...this.signed.values()]
      .filter(({ entry: { action } }) =>
        action.t === 'admit-device'
          ? action.device === device
          : action.t === 'admit-member' && action.devices.includes(device),
      )
      .map(({ entry }) => entry.id)
    if (deleted || admissions.length === 0) return ends
    return [...ends, ...undoingOf(this.membership, device, admissions, ends)]
  }

  private between(heads: readonly string[], upTo: readonly LogEntryId[]): Uint8Array[] {
    const { membership } = this
    const known = (heads as readonly LogEntryId[]).filter((id) => membership.has(id))
    const lacked = [...this.signed.values()].filter(
      ({ entry: { id } }) => membership.includes(upTo, id) && !membership.includes(known, id),
    )
    return lacked.map(({ bytes }) => bytes)
  }

  /** Entries that began an epoch, in the order in which they came. */
  get epochs(): LogEntryId[] {
    return [...this.signed.values()].filter(({ enclosed }) => enclosed.epoch).map(({ entry }) => entry.id)
  }

  /** Devices that somebody has ever let in. */
  everyDevice(): DeviceId[] {
    return [...this.everyAgreement().keys()]
  }

  /** X25519 keys of all of these. */
  everyAgreement(): Agreements {
    for (const signed of this.unread)
      for (const [device, key] of agreementsIn(signed)) this.agreed.set(device, key)
    this.unread = []
    return this.agreed
  }

  /** X25519 keys of the devices that are in. */
  agreements(): Agreements {
    const known = this.everyAgreement()
    return new Map([...this.state.devices.keys()].map((device) => [device, known.get(device)!]))
  }

  /** Devices to which the key of an epoch was sealed, when it began or since. */
  sealedTo(epoch: LogEntryId): DeviceId[] {
    const first = this.signed.get(epoch)!.enclosed.epoch!.sealed.map(([device]) => device)
    const later = [...this.signed.values()].flatMap(({ enclosed }) => enclosed.keys ?? [])
    return [...first, ...later.filter((one) => one.epoch === epoch).map(({ device }) => device)]
  }

  /** Whether an epoch began by an entry that is here, and others have followed it. */
  isPast(epoch: string): boolean {
    const id = epoch as LogEntryId
    return this.signed.has(id) && !this.state.epochs.includes(id)
  }

  /** Invitations that stand: by which device, for which role, and what those have to know who let others in. */
  get invitations(): { id: LogEntryId; author: DeviceId; role: Role; terms: Uint8Array }[] {
    return this.membership.standing('invitation').flatMap(({ entry: { id, author, action } }) => {
      const { terms } = this.signed.get(id)!.enclosed
      return action.t === 'invitation' && terms ? [{ id, author, role: action.role, terms }] : []
    })
  }

  /** Who was let in by an invitation, and by which entries: in an order that is the same everywhere. */
  cameBy(invitation: LogEntryId): { member: IdentityId; by: LogEntryId }[] {
    return this.membership.standing('admit-member').flatMap(({ entry: { id, action } }) => {
      const isBy = this.signed.get(id)!.enclosed.invitation === invitation
      return action.t === 'admit-member' && isBy ? [{ member: action.member, by: id }] : []
    })
  }

  get name(): string {
    return this.signed.get(this.state.named)!.enclosed.name!
  }

  /** What the member says of itself, last. */
  profile(member: IdentityId): Profile | undefined {
    const last = this.membership
      .standing('profile')
      .filter((one) => one.member === member)
      .at(-1)
    return last ? this.signed.get(last.entry.id)!.enclosed.profile : this.firstProfile(member)
  }

  /** What a device has said of itself, last: in an identity's own log it has a name. */
  deviceName(device: DeviceId): string | undefined {
    const last = this.membership
      .standing('profile')
      .filter(({ entry }) => entry.author === device)
      .at(-1)
    const said = last ? this.signed.get(last.entry.id)! : this.genesis
    return said.entry.author === device ? said.enclosed.profile?.deviceName : undefined
  }

  /** X25519 of the recovery words, in an identity's own log. */
  get recovery(): Uint8Array | undefined {
    return this.genesis.enclosed.recovery
  }

  /** Device id, of 22 characters, under which the first builds wrote this space. */
  get formerly(): string | undefined {
    return this.genesis.enclosed.formerly
  }

  /** By whose word a device is in: another device, or recovery words. */
  admitterOf(device: DeviceId): DeviceId | undefined {
    return this.state.devices.get(device)?.admission.author
  }

  /** The device that began it. */
  get author(): DeviceId {
    return this.genesis.entry.author
  }

  private firstProfile(member: IdentityId): Profile | undefined {
    const { action } = this.genesis.entry
    return action.t === 'genesis' && action.member === member ? this.genesis.enclosed.profile : undefined
  }
}

/**
 * How devices and members come in: what a guest shows, what a host signs on top of it, and what each takes over from the other. How
 * the two meet, and whether they should, is not decided here.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import { sealKey, type EpochKeys } from './epochs/epoch.js'
import type { Holdings, Step } from './holdings.js'
import { keptAs, keptSpace, recoveryRow } from './loading.js'
import { consent, consentToRebind, possess, readProof } from './log/evidence.js'
import type { SealedKey } from './log/payload.js'
import { refuse } from './log/shapes.js'
import { deviceIdOf, logBytes, type SignedEntry } from './log/signed.js'
import { SpaceLog } from './log/space-log.js'
import type { LogEntryId, Role } from './membership/actions.js'
import type { HaloSpace } from './space.js'
import type { DeviceKeys } from './suite/device-keys.js'
import { recoveryOf, type Recovery } from './suite/recovery.js'
import type { Write } from '../store.js'

/** What an identity shows to whoever is to admit it to a space. */
export interface Introduction {
  /** Entries of its own log. */
  readonly proof: readonly Uint8Array[]
  /** Its agreement to this role in this space, by one of its devices. */
  readonly consent: readonly [DeviceId, Uint8Array]
}

/** What a device shows to whoever is to admit it to an identity. */
export interface Candidate {
  readonly device: DeviceId
  /** X25519. */
  readonly agreement: Uint8Array
  /** Its signature over that, for this identity. */
  readonly possession: Uint8Array
}

export class Admissions {
  constructor(private readonly held: Holdings) {}

  // The guest

  /** @throws HearthError `halo/keys-lost` */
  async introduce(space: SpaceId, role: Role): Promise<Introduction> {
    const { own } = this.held
    const { signer } = await own.keys()
    const agreed = await consent(signer, asLog(space), { member: own.identity, role })
    return { proof: this.proof, consent: [own.id, agreed] }
  }

  /** @param identity whose log this device is to be in @throws HearthError `halo/keys-lost` */
  async offer(identity: IdentityId): Promise<Candidate> {
    const { own } = this.held
    const { signer, opener } = await own.keys()
    const agreement = opener.publicKey
    return {
      ...{ device: own.id, agreement },
      possession: await possess(signer, asLog(identity), agreement),
    }
  }

  /**
   * A space that this device was admitted to: all entries of its log, parents first.
   * @param id if it is to be this one and no other
   * @throws HearthError `halo/refused`: they are not good, or it is not in
   */
  join(entries: readonly Uint8Array[], id?: SpaceId): Promise<HaloSpace> {
    return this.held.exclusive(async () => {
      const space = await this.read(entries)
      // defence: space-of-the-terms
      if (id !== undefined && space.log.id !== id) refuse('another space')
      const known = this.held.get(space.log.id)
      if (known) {
        // It was in before, say, and has been let in again.
        await this.takeAll(known, entries)
        return known
      }
      if (!space.role) refuse('this device is not in')
      await this.held.add(space, this.held.platform.now())
      await this.tend(space)
      await this.sayName(space)
      return space
    })
  }

  /** In a space that was joined, the others know this identity by its id only. */
  private async sayName(space: HaloSpace): Promise<void> {
    const { identity } = this.held.own
    const { displayName } = this.held.personal.log.profile(identity)!
    if (displayName === '' || space.log.isOwn || space.log.profile(identity)?.displayName === displayName)
      return
    await this.held.write([await this.held.step(space, { t: 'profile' }, { profile: { displayName } })])
  }

  /**
   * This device becomes one of another identity's, whose own log has admitted it. What the identity that it had is a member of
   * goes over to the new one; the former personal space stays as it is.
   * @param entries of the new identity's own log
   * @param identity if it is to be this one and no other
   * @throws HearthError `halo/refused`, `halo/key-missing`, `store/…`
   */
  become(entries: readonly Uint8Array[], identity?: IdentityId): Promise<void> {
    return this.held.exclusive(async () => {
      const personal = await this.read(entries)
      if (!personal.log.isOwn || !personal.role) refuse('this device is not in')
      const to = personal.log.id as string as IdentityId
      // defence: identity-of-the-terms
      if (identity !== undefined && to !== identity) refuse('another identity')
      if (to !== this.held.own.identity) await this.goOver(personal)
    })
  }

  /** @param also what is written with it */
  private async goOver(personal: HaloSpace, also: readonly Write[] = []): Promise<void> {
    const { held } = this
    const { own } = held
    const to = personal.log.id as string as IdentityId
    const { signer } = await own.keys()
    const { recovery } = personal.log.state.members.get(to)!
    const proof = [...personal.log.entries].map(({ bytes }) => bytes)
    const steps: Step[] = []
    for (const space of held.spaces) {
      const member = own.identity
      if (space.log.isOwn || !space.role || space.log.state.members.has(to)) continue
      const agreed = await consentToRebind(signer, space.log.membership.id, { member, to })
      const action = { t: 'rebind-member', member, to, recovery } as const
      steps.push(await held.step(space, action, { proof, consents: [[own.id, agreed]] }))
    }
    await held.add(personal, held.platform.now())
    const rows: Write[] = [{ table: 'keys', key: 'identity', put: to }, ...also]
    await held.write(steps, rows, () => (own.identity = to))
    await this.admitEverywhere()
    const displayName = personal.log.profile(to)!.displayName
    const profile = { displayName, deviceName: held.platform.deviceName() }
    await held.write([await held.step(personal, { t: 'profile' }, { profile })])
  }

  // By the recovery words

  /**
   * This device becomes one of the identity that the words are of; what it has goes over, as with `become`. The words are kept here then.
   * @param entries of the identity's own log, wherever they come from, parents first
   * @param secret what the words stand for
   * @param also what is written with it
   * @throws HearthError `halo/refused`, `store/…`
   */
  recover(
    entries: readonly Uint8Array[],
    identity: IdentityId,
    secret: Uint8Array,
    also: readonly Write[] = [],
  ): Promise<void> {
    return this.held.exclusive(async () => {
      const { held } = this
      const { platform, own } = held
      const words = await recoveryOf(platform, secret)
      const isHere = own.identity === identity
      if (isHere) await this.takeAll(held.personal, entries)
      const personal = isHere ? held.personal : await this.read(entries)
      // defence: identity-of-the-capsule
      if ((personal.log.id as string) !== identity) refuse('another identity')
      for (const epoch of personal.log.epochs)
        for (const [id, key] of await personal.keyring.learnByWords(epoch, words.opener))
          personal.keyring.restore(id, key)
      const rows = [recoveryRow(identity, secret), ...also]
      const steps = personal.role ? [] : [await this.comeInByWords(personal, words)]
      if (isHere) await held.write(steps, rows)
      else {
        for (const { signed } of steps) take(personal, signed)
        await this.goOver(personal, rows)
      }
      own.recovery.set(identity, secret)
    })
  }

  /** This device, in the log of the identity that the words are of. */
  private async comeInByWords(personal: HaloSpace, words: Recovery): Promise<Step> {
    const { own } = this.held
    const { id } = own
    const { signer, opener } = await own.keys()
    const agreement = opener.publicKey
    const member = personal.log.id as string as IdentityId
    const possession = await possess(signer, asLog(member), agreement)
    const keys = await this.sealTo(personal, new Map([[id, agreement]]), personal.knownKeys())
    const action = { t: 'admit-device', member, device: id } as const
    const enclosed = { agreement, possession, keys }
    return { space: personal, signed: await personal.log.write(words.signer, action, enclosed) }
  }

  /**
   * A space of this identity's that this device is not in: it comes in by the words, which have to be kept here.
   * @param entries of its log, parents first
   * @param keys of its epochs, as far as they are known
   * @param also what is written with it
   * @throws HearthError `halo/refused`: they are not good, or this identity is not in; `halo/no-words-here`, `store/…`
   */
  joinByWords(
    entries: readonly Uint8Array[],
    id: SpaceId,
    keys: ReadonlyMap<string, Uint8Array>,
    also: readonly Write[] = [],
  ): Promise<void> {
    return this.held.exclusive(async () => {
      const { held } = this
      const { own } = held
      if (held.get(id)) return
      const space = await this.read(entries)
      // defence: space-of-the-belonging
      if (space.log.id !== id) refuse('another space')
      if (!space.log.state.members.has(own.identity) || space.log.state.deleted)
        refuse('this identity is not in')
      for (const epoch of space.log.epochs) {
        const key = keys.get(epoch)
        if (!key) continue
        for (const [under, found] of await space.keyring.unlock(epoch, key))
          space.keyring.restore(under, found)
      }
      if (!space.role) {
        const words = await own.words()
        if (!words) throw new HearthError('halo/no-words-here')
        const { opener } = await own.keys()
        const known = new Map([[own.id, opener.publicKey]])
        const action = { t: 'admit-device', member: own.identity, device: own.id } as const
        const enclosed = { proof: this.proof, keys: await this.sealTo(space, known, space.knownKeys()) }
        take(space, await space.log.write(words.signer, action, enclosed))
      }
      await held.add(space, held.platform.now(), also)
      await this.tend(space)
      await this.sayName(space)
    })
  }

  // The host

  /**
   * @param invitation by which it came, if that is in the log
   * @throws HearthError `halo/refused`, `halo/not-allowed`, `halo/key-missing`, `store/…`
   */
  admitMember(
    id: SpaceId,
    { proof, consent }: Introduction,
    role: Role,
    invitation?: LogEntryId,
  ): Promise<void> {
    return this.held.exclusive(async () => {
      const space = this.held.known(id)
      const { identity: member, recovery, devices } = await readProof(this.held.platform, proof)
      const keys = await this.sealTo(space, devices)
      const action = { t: 'admit-member', member, role, recovery, devices: [...devices.keys()] } as const
      const step = await this.held.step(space, action, {
        ...{ proof, consents: [consent], keys },
        ...(invitation && { invitation }),
      })
      await space.log.check(this.held.platform, step.signed)
      await this.held.write([step])
    })
  }

  /**
   * A device of this identity's, from now on, in all its spaces.
   * @throws HearthError `halo/refused`, `halo/key-missing`, `store/…`
   */
  admitDevice({ device, agreement, possession }: Candidate): Promise<void> {
    return this.held.exclusive(async () => {
      const { personal, own, platform } = this.held
      const keys = await this.sealTo(personal, new Map([[device, agreement]]))
      const action = { t: 'admit-device', member: own.identity, device } as const
      const step = await this.held.step(personal, action, { agreement, possession, keys })
      await personal.log.check(platform, step.signed)
      await this.held.write([step])
      await this.admitEverywhere()
    })
  }

  /**
   * Somebody else writes as this device, as a copied profile does: it comes in once more, with keys of its own, by the word of the
   * one that it was. All of that is durable, or nothing is; the store is then that of another device, and has to be opened anew.
   * @param also what is written with it
   * @throws HearthError `halo/not-allowed` if this device is out, `halo/key-missing`, `halo/keys-lost`, `store/…`
   */
  enrolAnew(also: readonly Write[] = []): Promise<void> {
    return this.held.exclusive(async () => {
      const { held } = this
      const { personal, own } = held
      if (!personal.role) throw new HearthError('halo/not-allowed')
      const { kept, keys } = await held.freshKeys()
      const device = deviceIdOf(keys.signer)
      const first = await this.admitAnew(personal, device, keys)
      const steps = [first]
      const proof = [...this.proof, first.signed.bytes]
      for (const space of held.spaces) {
        if (space === personal || !space.role) continue
        const step = space.log.isOwn
          ? this.admitAnew(space, device, keys)
          : this.admitByProof(space, device, keys.opener.publicKey, proof)
        steps.push(await step)
      }
      const deviceName = personal.log.deviceName(own.id) ?? held.platform.deviceName()
      await held.write(steps, [...keptAs(kept), ...also])
      const { displayName } = personal.log.profile(own.identity)!
      const profile = { displayName, deviceName }
      const named = await personal.log.write(keys.signer, { t: 'profile' }, { profile })
      await held.write([{ space: personal, signed: named }])
    })
  }

  /** In an identity's own log. */
  private async admitAnew(space: HaloSpace, device: DeviceId, { signer, opener }: DeviceKeys): Promise<Step> {
    const agreement = opener.publicKey
    const member = space.log.id as string as IdentityId
    const possession = await possess(signer, asLog(member), agreement)
    const keys = await this.sealTo(space, new Map([[device, agreement]]))
    const action = { t: 'admit-device', member, device } as const
    const step = await this.held.step(space, action, { agreement, possession, keys })
    await space.log.check(this.held.platform, step.signed)
    return step
  }

  // Both

  /**
   * Entries of a log that is here, as they come from others: parents first.
   * @returns how many were new
   * @throws HearthError `echo/unknown-space`, `halo/refused`, `store/…`; those before the bad one are taken
   */
  receive(id: SpaceId, entries: readonly Uint8Array[]): Promise<number> {
    return this.held.exclusive(() => this.takeAll(this.held.known(id), entries))
  }

  private async takeAll(space: HaloSpace, entries: readonly Uint8Array[]): Promise<number> {
    const { opener } = await this.held.own.keys()
    let count = 0
    for (const bytes of entries) {
      const signed = await space.log.verify(this.held.platform, bytes)
      if (!signed) continue
      count++
      space.keyring.meet(signed)
      const learnt = await space.keyring.learn(signed, this.held.own.id, opener)
      await this.held.take(space, signed, learnt)
    }
    // An owner has deleted it for everyone.
    if (space.log.state.deleted) await this.held.drop(space)
    else if (count > 0) await this.tend(space)
    return count
  }

  /**
   * What follows for the keys from what has come: whoever has gone knows the latest one, or a device came in of which the author of
   * an epoch had not heard. Any admin may begin another epoch, and any member may seal a key once more; that several do so does
   * no harm.
   */
  private async tend(space: HaloSpace): Promise<void> {
    const { held } = this
    if (space.owesEpoch) {
      const { key, epoch } = await space.epochWithout(new Set())
      await held.write([await held.step(space, { t: 'rotate-epoch' }, { epoch }, key)])
    }
    const without = space.devicesWithoutKey()
    if (without.size > 0)
      await held.write([await held.step(space, { t: 'reseal' }, { keys: await this.sealTo(space, without) })])
  }

  /** All entries of a space's log, parents first. @throws HearthError `echo/unknown-space` */
  entriesOf(id: SpaceId): Uint8Array[] {
    return [...this.held.known(id).log.entries].map(({ bytes }) => bytes)
  }

  private get proof(): Uint8Array[] {
    return [...this.held.personal.log.entries].map(({ bytes }) => bytes)
  }

  /** A log from elsewhere, and what of its keys this device can open. */
  private async read(entries: readonly Uint8Array[]): Promise<HaloSpace> {
    const { platform, own } = this.held
    const log = await SpaceLog.read(platform, entries)
    const space = keptSpace(platform, own, [...log.entries], 0)
    const { opener } = await own.keys()
    for (const signed of log.entries)
      for (const [epoch, key] of await space.keyring.learn(signed, own.id, opener))
        space.keyring.restore(epoch, key)
    return space
  }

  /** Devices of this identity's that a space does not have yet come in by the word of this one. */
  private async admitEverywhere(): Promise<void> {
    const { held } = this
    const mine = held.personal.log.agreements()
    for (const device of mine.keys()) {
      const steps: Step[] = []
      for (const space of held.spaces) {
        const { devices } = space.log.state
        if (space.log.isOwn || !space.role || devices.has(device)) continue
        steps.push(await this.admitByProof(space, device, mine.get(device)!, this.proof))
      }
      if (steps.length > 0) await held.write(steps)
    }
  }

  /**
   * Devices that the words have let into this identity come into its other spaces, too, by the word of this one: they may have no other
   * way there. One that was in a space before, and is not any more, is not let in again.
   * @throws HearthError `store/…`
   */
  letInByWords(): Promise<void> {
    return this.held.exclusive(async () => {
      const { held } = this
      const { personal, own } = held
      const { recovery } = personal.log.state.members.get(own.identity)!
      const mine = personal.log.agreements()
      const devices = [...personal.log.entries].flatMap(({ entry: { author, action } }) =>
        author === recovery && action.t === 'admit-device' && mine.has(action.device) ? action.device : [],
      )
      if (devices.length === 0 || !personal.role) return
      for (const space of held.spaces) {
        if (space.log.isOwn || !space.role) continue
        const known = new Set(space.log.everyDevice())
        for (const device of devices)
          if (!known.has(device)) await this.letIn(space, device, mine.get(device)!)
      }
    })
  }

  /** A space whose latest key this device has not is for others. */
  private async letIn(space: HaloSpace, device: DeviceId, agreement: Uint8Array): Promise<void> {
    if (!space.hasKeys) return
    await this.held.write([await this.admitByProof(space, device, agreement, this.proof)])
  }

  /** A device of this identity's, in another log than that of the identity. */
  private async admitByProof(
    space: HaloSpace,
    device: DeviceId,
    agreement: Uint8Array,
    proof: readonly Uint8Array[],
  ): Promise<Step> {
    const keys = await this.sealTo(space, new Map([[device, agreement]]))
    const action = { t: 'admit-device', member: this.held.own.identity, device } as const
    return this.held.step(space, action, { proof, keys })
  }

  /**
   * The keys of the latest epochs, with which all others open.
   * @param keys of these, those that are known, where not all need be
   * @throws HearthError `halo/key-missing`, `halo/weak-key`
   */
  private async sealTo(
    space: HaloSpace,
    devices: ReadonlyMap<DeviceId, Uint8Array>,
    keys: EpochKeys = space.latestKeys(),
  ): Promise<SealedKey[]> {
    const { platform } = this.held
    const log = logBytes(space.log.membership.id)
    const sealing = [...keys].flatMap(([epoch, key]) =>
      [...devices].map(async ([device, theirs]) => ({
        ...{ epoch, device },
        sealed: await sealKey(platform, log, key, theirs),
      })),
    )
    return Promise.all(sealing)
  }
}

/** Into a space that is not kept yet. */
function take({ log, keyring }: HaloSpace, signed: SignedEntry): void {
  log.take(signed)
  keyring.meet(signed)
}

const asLog = (id: SpaceId | IdentityId): LogEntryId => id as string as LogEntryId

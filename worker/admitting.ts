/** What invitations need of HALO: who this is, how others come in, and how this device takes over what it is let into. */
import type { Halo } from './halo/halo.js'
import { isPossessed, readProof } from './halo/log/evidence.js'
import { MAX_ENTRY_BYTES } from './halo/log/payload.js'
import { refuse } from './halo/log/shapes.js'
import type { LogEntryId } from './halo/membership/actions.js'
import type { SuitePlatform } from './halo/suite/platform.js'
import { sameBytes } from './protocol/same-bytes.js'
import type { Admitting, Candidate, Introduction, Joining, Terms } from './mesh/invitations/terms.js'
import { HearthError } from './protocol/errors.js'
import type { IdentityId, SpaceId } from './protocol/ids.js'
import type { Role } from './protocol/facts.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES, MAX_LOGS } from './protocol/wire.js'

export class HaloAdmitting implements Admitting, Joining {
  constructor(
    private readonly platform: SuitePlatform,
    private readonly halo: Halo,
  ) {}

  // The host

  get identity(): IdentityId {
    return this.halo.identity.id
  }

  get proof(): readonly Uint8Array[] {
    return this.halo.admissions.entriesOf(this.identity as string as SpaceId)
  }

  nameOf(space: SpaceId): string {
    return this.halo.get(space)?.info.name ?? ''
  }

  async guestOf(guest: Introduction | Candidate, key: Uint8Array): Promise<string> {
    if ('proof' in guest) {
      const { identity, devices } = await readProof(this.platform, guest.proof)
      const known = devices.get(guest.consent[0])
      // Proofs are no secrets: every member of a space has those of the others.
      // defence: guest-of-the-session
      if (!known || !sameBytes(known, key)) refuse('guest')
      return identity
    }
    // defence: guest-of-the-session
    if (!sameBytes(guest.agreement, key)) refuse('guest')
    // One that is in already is told what it is in, and signs nothing else for that.
    // defence: candidate-has-its-key
    if (!(await isPossessed(this.platform, this.identity, guest))) refuse('possession')
    return guest.device
  }

  isIn({ space, role }: Terms, guest: string): boolean {
    if (role) return !!this.halo.get(space)?.log.state.members.has(guest as IdentityId)
    return this.halo.devices.some(({ id, revoked }) => (id as string) === guest && !revoked)
  }

  usedBy(space: SpaceId, entry: string): readonly string[] {
    return this.halo.delegated.usedBy(space, entry as LogEntryId)
  }

  async admit(
    { space, role }: Terms,
    guest: Introduction | Candidate,
    entry?: string,
  ): Promise<readonly Uint8Array[][]> {
    const { admissions } = this.halo
    if ('proof' in guest) {
      const { identity } = await readProof(this.platform, guest.proof)
      if (!this.isIn({ space, role }, identity)) {
        checkRoom(admissions.entriesOf(space))
        await admissions.admitMember(space, guest, role!, entry as LogEntryId | undefined)
      }
      return [admissions.entriesOf(space)]
    }
    if (!this.isIn({ space, role }, guest.device)) {
      checkRoom(this.proof)
      await admissions.admitDevice(guest)
    }
    const logs = this.halo.spaces
      .filter(({ log }) => log.state.devices.has(guest.device))
      .map(({ id }) => admissions.entriesOf(id))
    return fitting(logs)
  }

  // The guest

  async hostOf(proof: readonly Uint8Array[], key: Uint8Array): Promise<IdentityId> {
    const { identity, devices } = await readProof(this.platform, proof)
    // defence: session-of-the-host
    if (![...devices.values()].some((known) => sameBytes(known, key)))
      throw new HearthError('halo/invite-forged')
    return identity
  }

  introduce({ space, role }: Terms): Promise<Introduction> {
    return this.halo.admissions.introduce(space, role!)
  }

  offer(identity: IdentityId): Promise<Candidate> {
    return this.halo.admissions.offer(identity)
  }

  async enter({ space, role }: Terms, logs: readonly (readonly Uint8Array[])[]): Promise<void> {
    const { admissions } = this.halo
    if (role) return void (await admissions.join(logs[0] ?? [], space))
    await admissions.become(logs[0] ?? [], space as string as IdentityId)
    for (const log of logs.slice(1)) await admissions.join(log)
  }

  /** @param as with which role; null: as another device of this identity */
  mayInvite(space: SpaceId, as: Role | null): boolean {
    const own = this.halo.get(space)?.role
    if (!own || as === null) return !!own
    return own === 'owner' || (own === 'admin' && as !== 'owner')
  }
}

/** Whether a log can be told when one more entry lets somebody in. @throws HearthError `halo/log-too-large` */
function checkRoom(log: readonly Uint8Array[]): void {
  if (log.length >= MAX_LOG_ENTRIES || sizeOf(log) + MAX_ENTRY_BYTES > MAX_LOG_BYTES)
    throw new HearthError('halo/log-too-large')
}

/** The first, and of the others those that can be told as well: a device hears of the rest when it is in. */
function fitting([first, ...others]: readonly Uint8Array[][]): Uint8Array[][] {
  let entries = first!.length
  let bytes = sizeOf(first!)
  const told = others.filter((log) => {
    const fits = entries + log.length <= MAX_LOG_ENTRIES && bytes + sizeOf(log) <= MAX_LOG_BYTES
    if (fits) {
      entries += log.length
      bytes += sizeOf(log)
    }
    return fits
  })
  return [first!, ...told.slice(0, MAX_LOGS - 1)]
}

const sizeOf = (log: readonly Uint8Array[]): number => log.reduce((sum, { length }) => sum + length, 0)

/** A space of this device as a KUBE is to keep it: as others replicate it, but for the log, which goes sealed. */
import type { Capsules } from './capsules.js'
import type { HaloSpace } from './halo/space.js'
import type { Arriving, Checkpoint, Holding, Meeting, Replica } from './mesh/platform.js'
import type { KeptReplica, PasskeyLead, Registered } from './mesh/keeping/kept-replica.js'
import { HearthError } from './protocol/errors.js'
import type { DeviceId, SpaceId } from './protocol/ids.js'
import type { CheckpointWish } from './protocol/wire.js'

export class HostedReplica implements KeptReplica {
  readonly space: SpaceId
  readonly ref: Uint8Array
  readonly meetings: readonly Meeting[] = []

  constructor(
    private readonly halo: HaloSpace,
    private readonly local: Replica,
    private readonly capsules?: Pick<Capsules, 'own' | 'ofPasskeys'>,
    /** It is kept there only until it is deleted. */
    private readonly isLeaving = false,
  ) {
    this.space = local.space
    this.ref = local.ref
  }

  /** Whose feeds there may be: a KUBE may have the first entry of one before this device has. */
  isIn(device: DeviceId): boolean {
    return this.local.isIn(device)
  }

  // What a KUBE is not asked, for it is in nothing

  isOfMembers(): boolean {
    return false
  }

  farewell(): readonly Uint8Array[] {
    return []
  }

  // The membership log

  get heads(): readonly string[] {
    return this.local.heads
  }

  async logSince(heads: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.halo.kept.seal([...(await this.local.logSince(heads))])
  }

  /** Whoever was in may have brought what does not open, or is refused: to ask for it again would bring the same. */
  async takeLog(sealed: readonly Uint8Array[]): Promise<void> {
    try {
      await this.local.takeLog(await this.halo.kept.keys.open(sealed))
    } catch (e) {
      if (!(e instanceof HearthError) || !e.code.startsWith('halo/')) throw e
    }
  }

  access(said: Uint8Array): Promise<readonly [publicKey: Uint8Array, signature: Uint8Array]> {
    return this.halo.kept.keys.access(said)
  }

  async registration(): Promise<Registered | undefined> {
    const { kept } = this.halo
    if (!kept.mayRegister || this.isLeaving) return undefined
    const said = kept.registration(this.local.positions)
    const [signer, signature] = await kept.sign(said)
    return { ...said, signer, signature }
  }

  get isPersonal(): boolean {
    return this.halo.isPersonal && !this.isLeaving
  }

  async capsule() {
    const capsule = await this.capsules?.own()
    return capsule && ([capsule.words, capsule.replica, capsule.sealed, capsule.signature] as const)
  }

  async passkeys(): Promise<readonly PasskeyLead[]> {
    const capsules = (await this.capsules?.ofPasskeys()) ?? []
    return capsules.map(({ finder, replica, sealed, signature, words, voucher }) => [
      ...(['passkey', finder, replica, sealed, signature, words, voucher] as const),
    ])
  }

  async forgetting(said: Uint8Array): Promise<readonly [signer: string, signature: Uint8Array]> {
    return this.halo.kept.signForgetting(said)
  }

  // The feeds

  holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return this.local.holdings()
  }

  durable(): Promise<void> {
    return this.local.durable()
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return this.local.positions
  }

  get counted(): ReadonlyMap<DeviceId, number> {
    return this.local.counted
  }

  lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    return this.local.lackedBy(theirs)
  }

  wanted(): Promise<readonly string[]> {
    return this.local.wanted()
  }

  named(names: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.local.named(names)
  }

  receive(entries: readonly Uint8Array[]): Promise<void> {
    return this.local.receive(entries)
  }
  // Checkpoints

  get wish(): CheckpointWish {
    return this.local.wish
  }

  get checkpoint(): Checkpoint | undefined {
    return this.local.checkpoint
  }

  get floors(): ReadonlyMap<DeviceId, number> {
    return this.local.floors
  }

  piece(checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    return this.local.piece(checkpoint, n)
  }

  begin(head: Uint8Array): Promise<Arriving | undefined> {
    return this.local.begin(head)
  }
}

/**
 * A space that is not here yet and that a KUBE keeps: first its log comes, as much as the KUBE says that there is; then somebody decides
 * what it is worth. Entries of feeds wait until that is known, in the window of the session.
 */
import { KeptKeys } from './halo/kept/kept-keys.js'
import { readKept } from './halo/log/signed.js'
import type { SuitePlatform } from './halo/suite/platform.js'
import type { KeptReplica } from './mesh/keeping/kept-replica.js'
import type { Arriving, Checkpoint, Holding } from './mesh/platform.js'
import { HearthError } from './protocol/errors.js'
import { fromBase64Url, type DeviceId, type SpaceId } from './protocol/ids.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES, type CheckpointWish } from './protocol/wire.js'

const NOTHING: ReadonlyMap<DeviceId, Holding & number> = new Map()

export class ArrivingReplica implements KeptReplica {
  readonly ref: Uint8Array
  readonly meetings = []
  private readonly keys: KeptKeys
  private readonly log = new Map<string, Uint8Array>()
  private bytes = 0
  private isTaken = false
  /** What came after it was taken, sealed. */
  private readonly late: Uint8Array[] = []
  /** It is here from then on; undefined if it never will be. */
  private readonly settled: Promise<KeptReplica | undefined>
  private settle!: (here: KeptReplica | undefined) => void
  private here: KeptReplica | undefined

  /** @param first the key of its first epoch */
  constructor(
    platform: SuitePlatform,
    readonly space: SpaceId,
    first: Uint8Array,
    /** Bytes of its log, at most. */
    private readonly most = MAX_LOG_BYTES,
  ) {
    this.keys = new KeptKeys(platform, fromBase64Url(space), first)
    this.ref = this.keys.replica
    this.settled = new Promise((resolve) => (this.settle = resolve))
  }

  /** What has come of its log, parents first, by ids: what comes from here on goes to what it becomes. */
  take(): ReadonlyMap<string, Uint8Array> {
    this.isTaken = true
    return this.log
  }

  hasAll(heads: readonly string[]): boolean {
    return heads.length > 0 && heads.every((id) => this.log.has(id))
  }

  /** It is here, as this; or it is not wanted any more. */
  become(here: KeptReplica | undefined): void {
    this.here = here
    this.settle(here)
    if (here && this.late.length > 0) void here.takeLog(this.late.splice(0)).catch(() => undefined)
  }

  access(said: Uint8Array): Promise<readonly [publicKey: Uint8Array, signature: Uint8Array]> {
    return this.keys.access(said)
  }

  async takeLog(sealed: readonly Uint8Array[]): Promise<void> {
    if (this.here) return this.here.takeLog(sealed)
    if (this.isTaken) return void this.late.push(...sealed)
    for (const entry of await this.keys.open(sealed)) {
      // defence: arriving-log-bounded
      if (this.log.size >= MAX_LOG_ENTRIES || this.bytes + entry.length > this.most) return
      const id = idOf(entry)
      if (id === undefined || this.log.has(id)) continue
      this.log.set(id, entry)
      this.bytes += entry.length
    }
  }

  async receive(entries: readonly Uint8Array[]): Promise<void> {
    await (await this.settled)?.receive(entries)
  }

  async begin(head: Uint8Array): Promise<Arriving | undefined> {
    return (await this.settled)?.begin(head)
  }

  /** There is nothing of it here. */
  get wish(): CheckpointWish {
    return this.here?.wish ?? 'instead'
  }

  // Before it is here, there is nothing of it

  get heads(): readonly string[] {
    return this.here?.heads ?? []
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return this.here?.positions ?? NOTHING
  }

  get counted(): ReadonlyMap<DeviceId, number> {
    return this.here?.counted ?? NOTHING
  }

  async registration() {
    return this.here?.registration()
  }

  get isPersonal(): boolean {
    return this.here?.isPersonal ?? false
  }

  async capsule() {
    return this.here?.capsule()
  }

  async passkeys() {
    return (await this.here?.passkeys()) ?? []
  }

  async forgetting(said: Uint8Array): Promise<readonly [signer: string, signature: Uint8Array]> {
    if (!this.here) throw new HearthError('halo/not-allowed')
    return this.here.forgetting(said)
  }

  isIn(device: DeviceId): boolean {
    return this.here?.isIn(device) ?? false
  }

  isOfMembers(): boolean {
    return false
  }

  farewell(): readonly Uint8Array[] {
    return []
  }

  async logSince(heads: readonly string[]): Promise<Iterable<Uint8Array>> {
    return (await this.here?.logSince(heads)) ?? []
  }

  async holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return (await this.here?.holdings()) ?? NOTHING
  }

  async durable(): Promise<void> {
    await this.here?.durable()
  }

  async *lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    if (this.here) yield* this.here.lackedBy(theirs)
  }

  async wanted(): Promise<readonly string[]> {
    return (await this.here?.wanted()) ?? []
  }

  async named(names: readonly string[]): Promise<readonly Uint8Array[]> {
    return (await this.here?.named(names)) ?? []
  }

  get checkpoint(): Checkpoint | undefined {
    return this.here?.checkpoint
  }

  get floors(): ReadonlyMap<DeviceId, number> {
    return this.here?.floors ?? NOTHING
  }

  async piece(checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    return this.here?.piece(checkpoint, n)
  }
}

function idOf(entry: Uint8Array): string | undefined {
  try {
    return readKept(entry).entry.id
  } catch {
    return undefined
  }
}

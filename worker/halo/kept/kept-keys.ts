/**
 * What everybody has of a space who was ever in, and never changes: the key of its first epoch, and what is derived from that. It is
 * enough to be let in at a KUBE that keeps the space, and to read there who is in.
 */
import { derive } from '../suite/derive.js'
import type { SuitePlatform } from '../suite/platform.js'
import { signerOf, signingKeyFromSeed, type Signer } from '../suite/signing.js'
import { openLogEntry, sealLogEntry, type SealingPlace } from './sealed-log.js'

export class KeptKeys {
  /** By which those know the space who cannot read it: 32 bytes. */
  readonly replica: Uint8Array
  private signer: Promise<Signer> | undefined
  private readonly place: SealingPlace

  /**
   * @param log its id
   * @param first the key of its first epoch
   */
  constructor(
    private readonly platform: SuitePlatform,
    private readonly log: Uint8Array,
    readonly first: Uint8Array,
  ) {
    this.replica = replicaOf(log, first)
    this.place = { replica: this.replica, key: derive('replica-log', log, first) }
  }

  /** By which a KUBE knows those who are in: the public key, and a signature of what is said once. */
  async access(said: Uint8Array): Promise<readonly [publicKey: Uint8Array, signature: Uint8Array]> {
    const { platform } = this
    this.signer ??= signingKeyFromSeed(platform, derive('replica-access', this.log, this.first)).then((key) =>
      signerOf(platform, key),
    )
    const signer = await this.signer
    return [signer.publicKey, await signer.sign('replica-access', this.replica, said)]
  }

  /** Entries of the log, as they go there. @param signer who brings them */
  seal(signer: Signer, entries: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return Promise.all(entries.map((entry) => sealLogEntry(this.platform, this.place, signer, entry)))
  }

  /** What of it can be opened: anybody who was in can have brought something else. */
  async open(sealed: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const opened = sealed.map((one) => openLogEntry(this.platform, this.place, one).catch(() => undefined))
    return (await Promise.all(opened)).filter((one) => one !== undefined)
  }
}

/** The name of a space among those who cannot read it. @param first the key of its first epoch */
export const replicaOf = (log: Uint8Array, first: Uint8Array): Uint8Array => derive('replica-id', log, first)

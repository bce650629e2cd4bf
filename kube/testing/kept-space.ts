/**
 * A space as a KUBE keeps it, made by hand: keys of its devices, entries that say what they should and hold nothing, and checkpoints of them.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { encodeHead, encodeHeader, type CheckpointHeader } from '../../worker/echo/checkpoints/head.js'
import { signRegistration, type Registration } from '../../worker/halo/kept/registration.js'
import { generateSigningKey, signerOf, type Signer } from '../../worker/halo/suite/signing.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import type { KeptFeed } from '../../worker/protocol/wire.js'
import { platform, sha256 } from '../platform.js'
import type { Database } from '../replicas/database.js'
import { Makers } from '../replicas/makers.js'
import { KeptReplica } from '../replicas/replica.js'
import type { Limits, Room } from '../replicas/room.js'

export interface Written {
  readonly id: string
  readonly bytes: Uint8Array
}
/** A checkpoint, with all that belongs to it. */
export interface Made {
  readonly head: Uint8Array
  readonly pieces: readonly Uint8Array[]
}
/** What is to be otherwise than it should. */
export type Otherwise = Partial<CheckpointHeader> & {
  readonly by?: Signer
  /** Bytes of each piece. */
  readonly sizes?: readonly number[]
}

const random = (bytes: number) => platform.random(bytes)
const cbor = (value: unknown) => encode(value, rfc8949EncodeOptions)
export const idOf = (signer: Signer) => toBase64Url(signer.publicKey) as DeviceId
export const signer = async (): Promise<Signer> => signerOf(platform, await generateSigningKey(platform))

export class KeptSpace {
  readonly ref = random(32)
  readonly name = toBase64Url(this.ref)
  /** An entry of its membership log. */
  readonly said = toBase64Url(random(32))
  readonly feeds = new Map<DeviceId, Written[]>()

  private constructor(
    readonly admin: Signer,
    readonly writer: Signer,
  ) {}

  /** Of an admin and somebody who writes. */
  static async make(): Promise<KeptSpace> {
    return new KeptSpace(await signer(), await signer())
  }

  /** Kept there, and registered. */
  async keptIn(room: Room): Promise<KeptReplica> {
    const replica = await KeptReplica.make(this.ref, room, random(32), 'maker')
    await this.begin(replica)
    return replica
  }

  /** Its log there, and whose feeds to take. */
  async begin(replica: KeptReplica): Promise<void> {
    await replica.takeLog([await this.logEntry()])
    await this.register(
      replica,
      [this.admin],
      [
        [idOf(this.admin), null],
        [idOf(this.writer), null],
      ],
    )
  }

  async register(replica: KeptReplica, admins: readonly Signer[], feeds: readonly KeptFeed[]): Promise<void> {
    const members = [idOf(this.admin), idOf(this.writer)]
    const said: Registration = { asOf: [this.said], admins: admins.map(idOf), members, feeds }
    await replica.register(said, idOf(this.admin), await signRegistration(this.admin, this.ref, said))
  }

  private async logEntry(): Promise<Uint8Array> {
    const text = random(64)
    const ids = [this.ref, fromBase64Url(this.said as DeviceId), [], this.admin.publicKey]
    const header = cbor([1, ...ids, random(32), random(32), await sha256(text)])
    return cbor([header, await this.admin.sign('replica-log', this.ref, header), text])
  }

  /** So many entries more of that feed. */
  async write(by: Signer, count: number, bytes = 100): Promise<Written[]> {
    const feed = this.feeds.get(idOf(by)) ?? []
    this.feeds.set(idOf(by), feed)
    const fresh: Written[] = []
    for (let n = 0; n < count; n++) {
      const prev = feed.at(-1)
      const text = random(bytes)
      const place = [by.publicKey, feed.length + 1, prev ? fromBase64Url(prev.id as DeviceId) : null]
      const clear = cbor([2, this.ref, ...place, [], [], []])
      const header = cbor([clear, random(32), random(32), await sha256(text)])
      const signature = await by.sign('feed-entry', this.ref, header)
      const one = { id: toBase64Url(await sha256(header)), bytes: cbor([header, signature, text]) }
      feed.push(one)
      fresh.push(one)
    }
    return fresh
  }

  /** Of all that was written up to there. */
  async checkpoint(upTo: readonly (readonly [Signer, number])[], otherwise: Otherwise = {}): Promise<Made> {
    const { by = this.admin, sizes = [3_000, 2_000], ...rest } = otherwise
    const pieces = sizes.map((size) => random(size))
    const covers = upTo
      .map(([of, seq]) => ({ feed: idOf(of), seq, id: this.feeds.get(idOf(of))![seq - 1]!.id }))
      .sort((a, b) => (a.feed < b.feed ? -1 : 1))
    const { replica = this.ref } = rest
    const header = encodeHeader({
      ...{ replica, author: idOf(by), heads: [this.said], epochs: [], covers, mayDrop: false },
      pieces: await Promise.all(pieces.map(async (one) => ({ hash: await sha256(one), bytes: one.length }))),
      ...rest,
    })
    return { head: encodeHead(header, await by.sign('checkpoint', replica, header)), pieces }
  }
}

export function roomIn(database: Database, limits: Partial<Limits> = {}): Room {
  return {
    database,
    limits: { replica: Infinity, total: Infinity, perKey: Infinity, ...limits },
    ...{ used: 0, count: 0, makers: new Makers(database) },
  }
}

export const bytesOf = (written: readonly Written[]): Uint8Array[] => written.map(({ bytes }) => bytes)

/** @returns whether it was wanted */
export async function bring(replica: KeptReplica, { head, pieces }: Made): Promise<boolean> {
  const arriving = await replica.begin(head)
  if (!arriving) return false
  for (const [n, piece] of pieces.entries()) await arriving.take(n, piece)
  await arriving.end()
  return true
}

/** A device in Node that writes what others read: real keys, real entries, on a disk in memory. */
import { decode, encode } from 'cborg'
import { createHash } from 'node:crypto'
import type { Introduction } from '../../../worker/halo/admissions.js'
import type { ObjectId, SpaceId } from '../../../worker/protocol/ids.js'
import type { Item } from '../../../worker/protocol/rpc.js'
import { Random } from '../../e2e/random.js'
import { automerge } from '../../simulation/device.js'
import { Disk } from '../../simulation/disk.js'
import { Device } from '../../simulation/people-and-feeds.js'
import { randomId } from '../../simulation/script.js'
import { textOf } from './shapes.js'

export class Author {
  private n = 0
  private readonly random = new Random(7)
  private readonly ids: ObjectId[] = []

  private constructor(
    private readonly device: Device,
    readonly space: SpaceId,
  ) {}

  static async begin(): Promise<Author> {
    await automerge()
    // It is never crashed, and copying all of it for each write is what such a disk is slow at.
    const device = await Device.on(new Disk({ ignoreStrict: true }), 1)
    const { id } = await device.halo.createSpace('Bench')
    return new Author(device, id)
  }

  /** Objects, and then each of them edited so often, one edit in an entry: a title, or a word of text. */
  async edits(objects: number, times: number): Promise<void> {
    for (let n = 0; n < objects; n++)
      await this.write([{ id: this.fresh(), type: 'note', value: { title: '', body: { '@text': '' } } }])
    for (const id of this.ids)
      for (let time = 0; time < times; time++)
        await this.write([
          time % 2 === 0
            ? { id, op: { t: 'put', at: ['title'], v: `Title ${time} of a note` } }
            : { id, op: { t: 'text', at: ['body'], i: 0, n: 0, v: `word ${time} ` } },
        ])
  }

  /** Entries of 64 objects of 1 KiB each. */
  async batches(count: number): Promise<void> {
    for (let n = 0; n < count; n++)
      await this.write(
        Array.from({ length: 64 }, (): Item => {
          const body = Buffer.from(this.bytes(768)).toString('base64')
          return { id: this.fresh(), type: 'note', value: { body } }
        }),
      )
  }

  /** @returns the log that a guest joins with */
  async admit(introduction: string): Promise<string> {
    const { admissions } = this.device.halo
    const guest = decode(Buffer.from(introduction, 'base64')) as Introduction
    await admissions.admitMember(this.space, guest, 'editor')
    return Buffer.from(encode(admissions.entriesOf(this.space))).toString('base64')
  }

  /** All entries, each after its length. */
  async file(): Promise<Buffer> {
    const { echo, halo } = this.device
    const entries = await echo.exchange.entriesOf(this.space, halo.device)
    return Buffer.concat(
      entries.flatMap((bytes) => {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(bytes.length)
        return [length, bytes]
      }),
    )
  }

  get digest(): string {
    const records = this.ids.map((id) => [id, this.device.echo.record(id)!.value] as const)
    return Buffer.from(encode(createHash('sha256').update(textOf(records)).digest())).toString('base64')
  }

  end(): void {
    this.device.life.stop()
  }

  private fresh(): ObjectId {
    const id = randomId(this.random)
    this.ids.push(id)
    return id
  }

  private bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random.between(0, 255))
  }

  private async write(items: readonly Item[]): Promise<void> {
    const { echo, life } = this.device
    echo.accept(life.client, ++this.n, this.space, items)
    await echo.settled()
  }
}

/** A whole device in Node, on a disk in memory, that has spaces kept at a real KUBE over a real WebSocket, and writes in them. */
import { openPlanes, type Planes } from '../../worker/planes.js'
import type { Opened } from '../../worker/network.js'
import {
  newId,
  type ClientId,
  type DeviceId,
  type ObjectId,
  type SpaceId,
} from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { socket } from '../links/socket.js'
import { Visitor } from './visitor.js'
import { readEntry } from '../../worker/echo/entry.js'
import { sha256 } from '../../kube/platform.js'
import { automerge, simulatedPlatform, type Setting } from '../simulation/device.js'
import { Disk } from '../simulation/disk.js'

/** The longest that something may take, in milliseconds. */
const LONGEST_MS = 60_000

export class Writer {
  private count = 0
  private readonly client = newId<ClientId>()

  private constructor(
    private readonly planes: Planes,
    private readonly opened: Opened,
  ) {}

  /** @param setting how it is set up, but for its clock */
  static async begin(setting: Pick<Setting, 'checkpointAfter'> = {}): Promise<Writer> {
    await automerge()
    const platform = {
      // It is never crashed, and copying all of it for each write is what such a disk is slow at.
      ...simulatedPlatform(new Disk({ ignoreStrict: true }), new Random(1), setting),
      random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: () => Date.now(),
      later(run: () => void, ms: number) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      socket,
    }
    const planes = await openPlanes(platform)
    await planes.echo.loadAll()
    return new Writer(planes, await planes.network.open())
  }

  get device(): DeviceId {
    return this.planes.halo.device
  }

  /** A space that is kept at this KUBE from now on. */
  async space(kube: string): Promise<SpaceId> {
    const { id } = await this.planes.halo.createSpace('Kept')
    await this.opened.networking.use([kube])
    await this.opened.keeping.add(id, kube)
    return id
  }

  /** Entries that a checkpoint stands for are not kept, here or there. */
  async keepsNoHistory(space: SpaceId): Promise<void> {
    await this.planes.history.keep(space, false)
  }

  /** Its name there. */
  ref(space: SpaceId): Uint8Array {
    return this.planes.halo.get(space)!.replica()
  }

  /** One entry of some hundred bytes, or of so many. Resolves when it is durable here. */
  async write(space: SpaceId, bytes = 200): Promise<void> {
    const body = Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64')
    this.planes.echo.accept(this.client, ++this.count, space, [
      { id: newId<ObjectId>(), type: 'note', value: { body } },
    ])
    await this.planes.echo.settled()
  }

  /** Up to which entry the KUBE has said that it holds what was written here. */
  acknowledged(space: SpaceId): number {
    const { spaces } = this.opened.networking.status.sync!
    return this.written(space) - spaces.find((one) => one.space === space)!.pending
  }

  written(space: SpaceId): number {
    return this.planes.echo.exchange.counted(space)
  }

  /** As people are told. */
  state(space: SpaceId): string {
    const [host] = this.opened.keeping.of(space)
    return host?.code ?? host?.state ?? 'nowhere'
  }

  async level(spaces: readonly SpaceId[], limitMs = LONGEST_MS): Promise<void> {
    const isLevel = () =>
      spaces.every(
        (space) => this.acknowledged(space) === this.written(space) && this.state(space) === 'kept',
      )
    for (
      const end = performance.now() + limitMs;
      !isLevel();
      await new Promise((done) => setTimeout(done, 10))
    )
      if (performance.now() > end)
        throw new Error(`not level in ${limitMs} ms: ${spaces.map((space) => this.state(space)).join()}`)
  }

  /** Everything that this device has written there, in order. */
  entries(space: SpaceId): Promise<readonly Uint8Array[]> {
    return this.planes.echo.exchange.entriesOf(space, this.device)
  }

  /** A session in which it was shown that somebody is in, and nothing else was said. */
  async visit(kube: string, space: SpaceId): Promise<Visitor> {
    const halo = this.planes.halo.get(space)!
    const visitor = await Visitor.enter(kube)
    const [access, signature] = await halo.kept.keys.access(visitor.session.agreed.hash)
    await visitor.session.send(['keep', halo.replica(), access, signature, false])
    return visitor
  }

  /** As somebody who is in and has nothing of it yet. @returns how many entries of this device's come */
  async readAgain(kube: string, space: SpaceId): Promise<number> {
    const halo = this.planes.halo.get(space)!
    const visitor = await this.visit(kube, space)
    try {
      const have = await visitor.next('have')
      const most = have[3].find(([device]) => device === this.device)?.[1] ?? 0
      await visitor.session.send(['have', halo.replica(), halo.heads, [], null, 'gaps'])
      let last = 0
      while (last < most)
        for (const bytes of (await visitor.next('entries'))[2]) {
          const { feed, seq } = await readEntry(bytes, sha256)
          if (feed === this.device && seq === last + 1) last = seq
        }
      return last
    } finally {
      visitor.leave()
    }
  }

  /** As when a person looks: it connects at once. */
  wake(): void {
    this.opened.networking.mesh.wake()
  }

  /** Meets nobody any more; it can still write. */
  end(): void {
    this.planes.network.stop()
  }

  /** Does nothing any more: what goes on in the background would keep the process alive for minutes. */
  close(): void {
    this.end()
    this.planes.echo.close()
  }
}

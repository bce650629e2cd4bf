/** A whole device in Node, as its worker is: real keys and spaces, a disk in memory, and real sockets to a KUBE that a test has started. */
import { WebSocket } from 'ws'
import type { MeshPlatform } from '../../worker/mesh/platform.js'
import type { Opened } from '../../worker/network.js'
import { openPlanes, type Planes } from '../../worker/planes.js'
import { newId, type ClientId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import type { HostInfo, Role } from '../../worker/protocol/facts.js'
import { Clock, until } from '../attacks/mallory/clock.js'
import { Random } from '../e2e/random.js'
import { automerge, simulatedPlatform } from '../simulation/device.js'
import { Disk } from '../simulation/disk.js'

/** On a busy machine, what is honest takes its time, in milliseconds. */
export const PATIENCE_MS = 20_000

export class NodeDevice {
  private count = 0
  private readonly client = newId<ClientId>()

  private constructor(
    private readonly clock: Clock,
    private readonly planes: Planes,
    readonly opened: Opened,
  ) {
    const quiet = () => undefined
    this.echo.listeners.add({ edited: quiet, reset: quiet, spaces: quiet, durable: quiet, refused: quiet })
  }

  static async begin(): Promise<NodeDevice> {
    await automerge()
    const clock = new Clock()
    const planes = await openPlanes({
      ...simulatedPlatform(new Disk(), new Random(1)),
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: clock.now,
      later: clock.later,
      socket,
    })
    await planes.echo.loadAll()
    return new NodeDevice(clock, planes, await planes.network.open())
  }

  get halo() {
    return this.planes.halo
  }
  get echo() {
    return this.planes.echo
  }
  get status() {
    return this.planes.network.status
  }

  /** @param address as for `addHost` */
  async addHost(space: SpaceId, address: string): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; ;)
      try {
        return await this.opened.keeping.add(space, address)
      } catch (e) {
        if ((e as { code?: string }).code !== 'mesh/host-away' || Date.now() > end) throw e
      }
  }

  hostOf(space: SpaceId): HostInfo | undefined {
    return this.opened.keeping.of(space)[0]
  }

  /** All that is here of the space is on the KUBE's disk. */
  isKept(space: SpaceId): Promise<void> {
    return until('kept', () => this.hostOf(space)?.state === 'kept', PATIENCE_MS)
  }

  async write(space: SpaceId, title: string): Promise<ObjectId> {
    const id = newId<ObjectId>()
    this.echo.accept(this.client, ++this.count, space, [{ id, type: 'note', value: { title } }])
    await this.echo.settled()
    return id
  }

  /** Lets this other one in, who has the log from then on, and nothing else. */
  async admit(space: SpaceId, guest: NodeDevice, role: Role = 'editor'): Promise<void> {
    const introduction = await guest.halo.admissions.introduce(space, role)
    await this.halo.admissions.admitMember(space, introduction, role)
    await guest.halo.admissions.join(this.halo.admissions.entriesOf(space))
  }

  has(note: ObjectId): boolean {
    return this.echo.record(note) !== undefined
  }

  [Symbol.dispose](): void {
    this.planes.network.stop()
    this.clock.stop()
  }
}

const socket: MeshPlatform['socket'] = (url, events) => {
  const inner = new WebSocket(url.replace('localhost', '127.0.0.1'), { perMessageDeflate: false })
  inner.on('open', () => events.opened())
  inner.on('message', (data: Buffer, isBinary) => events.message(isBinary ? new Uint8Array(data) : undefined))
  inner.on('error', () => undefined)
  inner.once('close', () => events.closed())
  return {
    get waiting() {
      return inner.bufferedAmount
    },
    send: (bytes) => inner.readyState === WebSocket.OPEN && inner.send(bytes),
    close: () => inner.terminate(),
  }
}

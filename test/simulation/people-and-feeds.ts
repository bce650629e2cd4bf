/** Devices that share a space, each with a disk of its own, and what they tell each other when they meet. */
import type { DeviceId, SpaceId } from '../../worker/protocol/ids.js'
import type { Role } from '../../worker/protocol/facts.js'
import { Random } from '../e2e/random.js'
import { Life, type Setting } from './device.js'
import { Disk } from './disk.js'

export class Device {
  private constructor(
    readonly disk: Disk,
    public life: Life,
    private seed: number,
    private readonly setting: Setting,
  ) {}

  static fresh(seed: number, setting: Setting = {}): Promise<Device> {
    return Device.on(new Disk(), seed, setting)
  }

  static async on(disk: Disk, seed: number, setting: Setting = {}): Promise<Device> {
    return new Device(disk, await Life.begin(disk, new Random(seed), setting), seed, setting)
  }

  /** After the power was gone. */
  async again(): Promise<void> {
    this.disk.crash()
    await this.anew()
  }

  /** If it has become another device: as a worker that ends, and is started again by its tabs. */
  async comesBack(): Promise<void> {
    const { life } = this
    const isBecoming = () => life === this.life && life.echo.twins.isHeld
    for (let turn = 0; turn < 5_000 && isBecoming() && !life.over(); turn++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    if (isBecoming() && life.over()) await this.anew()
  }

  private async anew(): Promise<void> {
    this.life.stop()
    this.seed++
    this.life = await Life.begin(this.disk, new Random(this.seed), this.setting)
  }

  /** As a restored back-up, or a disk that was cloned. */
  async copy(): Promise<Device> {
    const disk = this.disk.copy()
    const life = await Life.begin(disk, new Random(this.seed + 2), this.setting)
    return new Device(disk, life, this.seed + 2, this.setting)
  }

  get halo() {
    return this.life.planes.halo
  }

  get echo() {
    return this.life.echo
  }
}

/** Of asking for entries by name, at most. */
const ROUNDS = 20

export async function admit(host: Device, space: SpaceId, guest: Device, role: Role): Promise<void> {
  await host.halo.admissions.admitMember(space, await guest.halo.admissions.introduce(space, role), role)
  await guest.halo.admissions.join(host.halo.admissions.entriesOf(space))
}

/** The checkpoint of one device, to another. @returns whether it was wanted */
export async function give(space: SpaceId, from: Device, to: Device): Promise<boolean> {
  const base = from.echo.checkpoints.of(space)!
  const coming = await to.echo.checkpoints.begin(space, base.bytes)
  if (!coming) return false
  for (let n = 0; n < coming.pieces; n++) {
    const piece = await from.echo.checkpoints.piece(space, base.head.id, n)
    if (piece) await coming.take(n, piece)
    else {
      // A later one has come.
      coming.stop()
      return give(space, from, to)
    }
  }
  await coming.end()
  return true
}

/** Tells `to` all that `from` has of a space and it lacks: the log, then feeds. */
export async function tell(space: SpaceId, from: Device, to: Device): Promise<void> {
  await tellLog(space, from, to)
  const has = to.echo.exchange.positions(space)
  const gone = from.echo.checkpoints.of(space)?.gone ?? new Map<DeviceId, number>()
  if ([...gone].some(([feed, seq]) => (has.get(feed) ?? 0) < seq)) await give(space, from, to)
  const [teller, hearer] = [from.echo.exchange, to.echo.exchange]
  for await (const entries of teller.lackedBy(space, await hearer.holdings(space)))
    await hearer.receive(space, entries)
  // Each answer may name others, further back.
  for (let round = 0; round < ROUNDS; round++) {
    const entries = await teller.entriesNamed(space, await hearer.wanted(space))
    if ((await hearer.receive(space, entries)).fresh === 0) break
  }
  // As before it says that it has them.
  await hearer.durable()
}

export async function tellLog(space: SpaceId, from: Device, to: Device): Promise<void> {
  await to.halo.admissions.receive(space, from.halo.admissions.entriesOf(space))
  await to.echo.exchange.rejudge()
}

/** Everybody tells everybody, twice: what somebody has from a third one goes on. */
export async function meet(space: SpaceId, ...devices: Device[]): Promise<void> {
  for (let round = 0; round < 2; round++)
    for (const from of devices)
      for (const to of devices)
        if (from !== to && from.halo.get(space) && to.halo.get(space)) await tell(space, from, to)
}

/** Devices that share a space, each with a disk of its own, and what they tell each other when they meet. */
import type { SpaceId } from '../../worker/protocol/ids.js'
import type { Role } from '../../worker/protocol/rpc.js'
import { Random } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'

export class Device {
  private constructor(
    readonly disk: Disk,
    public life: Life,
    private readonly seed: number,
    private readonly skew: number,
  ) {}

  /** @param skew of its clock, in milliseconds */
  static fresh(seed: number, skew = 0): Promise<Device> {
    return Device.on(new Disk(), seed, skew)
  }

  static async on(disk: Disk, seed: number, skew = 0): Promise<Device> {
    return new Device(disk, await Life.begin(disk, new Random(seed), skew), seed, skew)
  }

  /** After the power was gone. */
  async again(): Promise<void> {
    this.life.stop()
    this.disk.crash()
    this.life = await Life.begin(this.disk, new Random(this.seed + 1), this.skew)
  }

  /** As a restored back-up, or a disk that was cloned. */
  async copy(): Promise<Device> {
    const disk = this.disk.copy()
    const life = await Life.begin(disk, new Random(this.seed + 2), this.skew)
    return new Device(disk, life, this.seed + 2, this.skew)
  }

  get halo() {
    return this.life.planes.halo
  }

  get echo() {
    return this.life.echo
  }
}

export async function admit(host: Device, space: SpaceId, guest: Device, role: Role): Promise<void> {
  await host.halo.admissions.admitMember(space, await guest.halo.admissions.introduce(space, role), role)
  await guest.halo.admissions.join(host.halo.admissions.entriesOf(space))
}

/** Tells `to` all that `from` has of a space and it lacks: the log, then feeds. */
export async function tell(space: SpaceId, from: Device, to: Device): Promise<void> {
  await tellLog(space, from, to)
  const known = to.echo.exchange.feedsOf(space)
  for (const feed of from.echo.exchange.feedsOf(space).keys()) {
    const entries = await from.echo.exchange.entriesOf(space, feed, known.get(feed) ?? 0)
    if (entries.length > 0) await to.echo.exchange.receive(space, entries)
  }
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

/** A space as a KUBE is to keep it: what this device shows there, and what it seals for it. */
import { HearthError } from '../../protocol/errors.js'
import type { DeviceId } from '../../protocol/ids.js'
import type { KeptFeed } from '../../protocol/wire.js'
import { deviceIdOf } from '../log/signed.js'
import { levelOf } from '../membership/actions.js'
import type { OwnDevice } from '../own-device.js'
import type { HaloSpace } from '../space.js'
import type { Signer } from '../suite/signing.js'
import type { KeptKeys } from './kept-keys.js'
import { signRegistration, type Registration } from './registration.js'

const EDITOR = levelOf('editor')
const ADMIN = levelOf('admin')

/** Who says something, and the signature. */
type Signed = readonly [signer: DeviceId, signature: Uint8Array]

export class KeptSpace {
  constructor(
    private readonly space: HaloSpace,
    private readonly own: OwnDevice,
    readonly keys: KeptKeys,
  ) {}

  /** Entries of the log, as they go there. @throws HearthError `halo/keys-lost` */
  async seal(entries: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.keys.seal(await this.speaker(), entries)
  }

  /** Whether this device may say whose feeds to take. */
  get mayRegister(): boolean {
    const { role } = this.space
    return !!role && levelOf(role) >= ADMIN
  }

  /**
   * Whose feeds to take, by the log as it is here. Of whoever is out, or may not write any more, what counts: those who come later need it.
   * @param counted up to which entry a feed counts here
   */
  registration(counted: ReadonlyMap<DeviceId, number>): Registration {
    const { space } = this
    const { devices, members } = space.log.state
    const level = (device: DeviceId) => {
      const of = devices.get(device)
      const role = of && members.get(of.member)?.role
      return role ? levelOf(role) : -1
    }
    const feeds = space.feeds.flatMap((device): KeptFeed[] => {
      if (level(device) >= EDITOR) return [[device, null]]
      const most = counted.get(device) ?? 0
      return most > 0 ? [[device, most]] : []
    })
    const byDevice = feeds.sort(([a], [b]) => (a < b ? -1 : 1))
    // Whoever lost all devices comes back by the words, and has a new one.
    const wordsOf = (least: number) =>
      [...members.values()].filter(({ role }) => levelOf(role) >= least).map(({ recovery }) => recovery)
    const admins = [...space.feeds.filter((device) => level(device) >= ADMIN), ...wordsOf(ADMIN)].sort()
    const inside = [...devices.keys(), ...wordsOf(0)].sort()
    return { asOf: space.heads, admins, members: inside, feeds: byDevice }
  }

  /** @throws HearthError `halo/keys-lost` */
  async sign(said: Registration): Promise<Signed> {
    const speaker = await this.speaker()
    return [deviceIdOf(speaker), await signRegistration(speaker, this.keys.replica, said)]
  }

  /** @param session what the two agreed on: it is not to be said again elsewhere @throws HearthError `halo/keys-lost`, `halo/not-allowed` */
  async signForgetting(session: Uint8Array): Promise<Signed> {
    if (!this.mayRegister) throw new HearthError('halo/not-allowed')
    const speaker = await this.speaker()
    return [deviceIdOf(speaker), await speaker.sign('replica-forget', this.keys.replica, session)]
  }

  /**
   * A KUBE knows the words of everybody who is in, and may not have heard of a device that came in by them: such a device speaks to it as
   * the words do.
   */
  private async speaker(): Promise<Signer> {
    const words = await this.own.words()
    if (words && this.space.log.admitterOf(this.own.id) === deviceIdOf(words.signer)) return words.signer
    return (await this.own.keys()).signer
  }
}

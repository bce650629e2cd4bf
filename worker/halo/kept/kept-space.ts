/** A space as a KUBE is to keep it: what this device shows there, and what it seals for it. */
import { HearthError } from '../../protocol/errors.js'
import type { DeviceId } from '../../protocol/ids.js'
import type { KeptFeed } from '../../protocol/wire.js'
import { levelOf } from '../membership/actions.js'
import type { OwnDevice } from '../own-device.js'
import type { HaloSpace } from '../space.js'
import { derive } from '../suite/derive.js'
import type { SuitePlatform } from '../suite/platform.js'
import { signerOf, signingKeyFromSeed, type Signer } from '../suite/signing.js'
import { signRegistration, type Registration } from './registration.js'
import { openLogEntry, sealLogEntry, type SealingPlace } from './sealed-log.js'

const EDITOR = levelOf('editor')
const ADMIN = levelOf('admin')

export class KeptSpace {
  private signer: Promise<Signer> | undefined
  private readonly place: SealingPlace

  /** @param secret the key of the first epoch, which all know who were ever in: what is derived from it never changes */
  constructor(
    private readonly platform: SuitePlatform,
    private readonly space: HaloSpace,
    private readonly own: OwnDevice,
    private readonly log: Uint8Array,
    private readonly secret: Uint8Array,
  ) {
    this.place = { replica: space.replica(), key: derive('replica-log', log, secret) }
  }

  /** By which a KUBE knows those who are in: the public key, and a signature of what is said once. */
  async access(said: Uint8Array): Promise<readonly [publicKey: Uint8Array, signature: Uint8Array]> {
    const { platform } = this
    this.signer ??= signingKeyFromSeed(platform, derive('replica-access', this.log, this.secret)).then(
      (key) => signerOf(platform, key),
    )
    const signer = await this.signer
    return [signer.publicKey, await signer.sign('replica-access', this.place.replica, said)]
  }

  /** Entries of the log, as they go there. @throws HearthError `halo/keys-lost` */
  async seal(entries: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const { signer } = await this.own.keys()
    return Promise.all(entries.map((entry) => sealLogEntry(this.platform, this.place, signer, entry)))
  }

  /** What of it can be opened: anybody who was in can have brought something else. */
  async open(sealed: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const opened = sealed.map((one) => openLogEntry(this.platform, this.place, one).catch(() => undefined))
    return (await Promise.all(opened)).filter((one) => one !== undefined)
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
  async sign(said: Registration): Promise<Uint8Array> {
    return signRegistration((await this.own.keys()).signer, this.place.replica, said)
  }

  /** @param session what the two agreed on: it is not to be said again elsewhere @throws HearthError `halo/keys-lost`, `halo/not-allowed` */
  async signForgetting(session: Uint8Array): Promise<Uint8Array> {
    if (!this.mayRegister) throw new HearthError('halo/not-allowed')
    return (await this.own.keys()).signer.sign('replica-forget', this.place.replica, session)
  }
}

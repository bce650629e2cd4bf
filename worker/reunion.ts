/**
 * Where devices of this identity and whoever has its recovery words meet: a device that is on gives back what no KUBE keeps. It is there
 * wherever it meets others anyway, as soon as it knows the place; and the others come in by what the words have signed.
 */
import type { HaloAdmitting } from './admitting.js'
import type { Capsules } from './capsules.js'
import { openCapsule, type Led } from './halo/kept/capsule.js'
import type { Halo } from './halo/halo.js'
import { sameBytes } from './protocol/same-bytes.js'
import { wordsMeeting, type Recovery } from './halo/suite/recovery.js'
import { verify } from './halo/suite/signing.js'
import { Holder, type Given } from './mesh/reunion/holder.js'
import { Seeker } from './mesh/reunion/seeker.js'
import type { NetworkPlatform } from './network.js'
import { signalUrl, type Networking } from './networking.js'
import { HearthError } from './protocol/errors.js'
import { fromBase64Url, toBase64Url, type SpaceId } from './protocol/ids.js'
import type { KeptCapsule } from './protocol/wire.js'

/** Changes come in groups; in milliseconds. */
const GATHER_MS = 200
/** The longest wait for a KUBE, and then for a device to be there, in milliseconds: one whose connection was cut comes back meanwhile. */
const KUBE_MS = 12_000
const DEVICE_MS = 3_000
/** The longest in all, in milliseconds, whoever is asked. */
const LONGEST_MS = 180_000
const LOOK_MS = 50

/** What a device has given. */
export interface FromDevice extends Led {
  /** Of the personal space: good, and parents first. */
  readonly log: readonly Uint8Array[]
}

/** Devices that are asked. */
export interface Asking {
  /** Resolves when one has answered. @throws HearthError `halo/nothing-to-recover` */
  readonly first: Promise<void>
  /** Those that have answered so far. */
  readonly answers: readonly FromDevice[]
  /** Resolves when nobody is being asked. */
  quiet(): Promise<void>
  stop(): void
}

export class Reunion {
  private readonly holder: Holder
  /** Where this device is. */
  private place = ''
  private leave = () => {}
  /** Where others are being asked: two cannot be there as one device. */
  private readonly asked = new Set<string>()
  private cancelLook: (() => void) | undefined
  private looking: Promise<void> = Promise.resolve()
  private isStopped = false

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly halo: Halo,
    private readonly capsules: Capsules,
    private readonly networking: Networking,
    private readonly admitting: Pick<HaloAdmitting, 'hostOf'>,
  ) {
    this.holder = new Holder(platform, {
      isShown: async (words, said, signature) => {
        const own = halo.spaces[0]!.log.state.members.get(halo.identity.id)!.recovery
        return (
          // Everybody has words of their own.
          // defence: words-of-this-identity
          sameBytes(words, fromBase64Url(own)) &&
          (await verify(platform, words, 'recovery-seek', null, said, signature))
        )
      },
      given: () => this.given(),
    })
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    this.lookSoon()
    // What cannot be written now is, with the next change or at the next opening.
    void this.halo.admissions.letInByWords().catch(() => undefined)
  }

  appended(space: SpaceId): void {
    // It may say where the words lead.
    if (space === this.halo.spaces[0]!.id) this.lookSoon()
  }

  stop(): void {
    this.isStopped = true
    this.cancelLook?.()
    this.leave()
  }

  /**
   * Asks devices where words lead.
   * @param kubes addresses of those at which they may be
   */
  ask(words: Recovery, kubes: readonly string[]): Asking {
    const { platform, networking } = this
    const { signer } = words
    const meeting = wordsMeeting(words.topic)
    const place = toBase64Url(words.topic)
    // This device may be one of theirs, and be there itself.
    this.asked.add(place)
    if (place === this.place) {
      this.leave()
      this.place = ''
    }
    const answers: FromDevice[] = []
    const open = ([replica, sealed, signature]: KeptCapsule) =>
      openCapsule(platform, words, { words: signer.publicKey, replica, sealed, signature })
    const seeker = new Seeker(
      {
        ...{ platform, mesh: networking.mesh },
        words: {
          publicKey: signer.publicKey,
          sign: (said) => signer.sign('recovery-seek', null, said),
        },
        open: async (capsule) => void (await open(capsule)),
        answered: async (capsule, log, by) => {
          const led = await open(capsule)
          // Who was revoked can only show a log of before.
          // defence: found-by-a-device
          if ((await this.admitting.hostOf(log, by)) !== led.identity)
            throw new HearthError('halo/refused', { reason: 'another identity' })
          answers.push({ ...led, log })
        },
      },
      meeting,
      kubes.map(signalUrl),
    )
    let isOver = false
    const first = this.until(
      () => answers.length > 0 || isOver,
      () => seeker.isBusy,
    ).then(() => {
      if (answers.length === 0) throw new HearthError('halo/nothing-to-recover')
    })
    first.catch(() => undefined)
    return {
      ...{ first, answers },
      quiet: async () => {
        while (seeker.isBusy && !isOver) await this.pause()
      },
      stop: () => {
        isOver = true
        seeker.stop()
        this.asked.delete(place)
        this.lookSoon()
      },
    }
  }

  /** Resolves when it is, or there is no more to be hoped for. */
  private async until(is: () => boolean, isBusy: () => boolean): Promise<void> {
    const { now } = this.platform
    const began = now()
    let quietSince = began
    while (!is() && !this.isStopped) {
      const at = now()
      const { isOnline } = this.networking.mesh
      if (isBusy() || !isOnline) quietSince = at
      if (at - quietSince >= DEVICE_MS || at - began >= LONGEST_MS) return
      if (!isOnline && at - began >= KUBE_MS) return
      await this.pause()
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.platform.later(resolve, LOOK_MS))
  }

  private lookSoon(): void {
    if (this.isStopped) return
    this.cancelLook ??= this.platform.later(() => {
      this.cancelLook = undefined
      this.looking = this.looking.then(() => this.look()).catch(() => undefined)
    }, GATHER_MS)
  }

  private async look(): Promise<void> {
    const topic = await this.capsules.topic()
    const place = topic ? toBase64Url(topic) : ''
    if (place === this.place || this.asked.has(place) || this.isStopped) return
    this.leave()
    this.place = place
    const guest = (session: Parameters<Holder['meet']>[0]) => this.holder.meet(session)
    this.leave = topic ? this.networking.mesh.appoint({ ...wordsMeeting(topic), guest }) : () => {}
  }

  private async given(): Promise<Given | undefined> {
    const capsule = await this.capsules.own()
    if (!capsule) return undefined
    const { replica, sealed, signature } = capsule
    const { id, heads } = this.halo.spaces[0]!
    return { capsule: [replica, sealed, signature], heads, log: this.halo.admissions.entriesOf(id) }
  }
}

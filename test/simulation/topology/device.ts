/** A device of which there is only MESH, the real one, in a space that is little more than a list; its network is a world's. */
import { diffieHellman } from 'node:crypto'
import { register } from 'node:module'
import type { Mesh, MeshEvents } from '../../../worker/mesh/mesh.js'
import type { Identity, MeshPlatform } from '../../../worker/mesh/platform.js'
import { signerOf, signingKeyFromSeed, verify } from '../../../worker/halo/suite/signing.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../../worker/protocol/ids.js'
import type { Ephemeral } from '../../../worker/protocol/wire.js'
import { Random } from '../../e2e/random.js'
import { webCrypto as suite } from '../../suite-platforms.js'
import type { SimulatedKube } from '../mesh/kube.js'
import type { World } from '../mesh/world.js'
import { privateKey, publicBytes, publicKey } from '../replay/bare-keys.js'
import { drawn, withRealChance } from '../replay/chance.js'
import { admission, LightSpace, SPACE, type Secrets } from './space.js'

/** Each has one at most. */
const TAB = 'A'.repeat(22)

let loaded: Promise<typeof Mesh> | undefined
/** After what it computes on curves with, and out of any world's time. */
export const load = () =>
  (loaded ??= (async () => {
    let Loaded: typeof Mesh
    await withRealChance(async () => {
      register('../replay/loader.mjs', import.meta.url)
      Loaded = (await import('../../../worker/mesh/mesh.js')).Mesh
    })
    return Loaded!
  })())

export interface Around {
  readonly world: World
  /** Those that it knows. */
  readonly kubes: readonly SimulatedKube[]
  readonly secrets: Secrets
}

export class LightDevice {
  readonly id: DeviceId
  readonly space: LightSpace
  mesh!: Mesh
  isOn = false
  /** Where its tab is, if it has one; and where those of others are, as it has heard. */
  place: string | null = null
  readonly places = new Map<DeviceId, string>()
  /** What it has heard, by whom it was said. */
  readonly heard: (readonly [DeviceId, string])[] = []
  private readonly random: Random
  private readonly key: ReturnType<typeof privateKey>
  private readonly signing: Uint8Array
  private life = 0

  /** @param Loaded as `load` gives it */
  constructor(
    private readonly around: Around,
    readonly name: string,
    seed: number,
    private readonly Loaded: typeof Mesh,
  ) {
    this.random = new Random(seed)
    this.signing = this.draw(32)
    this.id = toBase64Url(publicBytes(privateKey('Ed25519', this.signing))) as DeviceId
    this.key = privateKey('X25519', this.draw(32))
    this.space = new LightSpace(around.secrets, this.id, {
      log: () => this.isOn && this.mesh.refresh(),
      entries: (entries, isOwn) => this.isOn && this.mesh.appended(SPACE, entries, isOwn),
    })
  }

  /** By which others let it in. */
  get admission(): Uint8Array {
    return admission(this.id, publicBytes(this.key))
  }

  start(): void {
    if (this.isOn) return
    const { kubes } = this.around
    const silent = () => undefined
    this.places.clear()
    const events: MeshEvents = {
      ...{ changed: silent, held: silent, gone: (device) => this.places.delete(device) },
      greeting: () => (this.place === null ? [] : [this.presence]),
      heard: (_, device, message) => this.hear(device, message),
      isAt: (_, device, present) => {
        this.places.delete(device)
        for (const message of present) this.hear(device, message)
      },
    }
    const hosts = { canHost: false, wanted: silent, open: silent }
    this.mesh = new this.Loaded(this.platform(++this.life), this.identity, this.space, events, hosts)
    this.isOn = true
    this.mesh.use(kubes.map(({ url }) => url))
  }

  /** Power is lost. @param isNoticed whether its connections end at once */
  crash(isNoticed: boolean): void {
    if (!this.isOn) return
    this.isOn = false
    this.life++
    this.cut(isNoticed ? 'kube' : 'none')
  }

  /** As somebody who closes the last tab. */
  leave(): void {
    if (!this.isOn) return
    this.isOn = false
    this.mesh.stop()
    this.life++
  }

  cut(who: 'both' | 'device' | 'kube' | 'none'): void {
    for (const { lines } of this.around.kubes)
      for (const line of [...lines])
        if (line.device === this.name) {
          if (who === 'none') line.mute()
          else line.break(who)
        }
  }

  goTo(place: string | null): void {
    this.place = place
    if (this.isOn) this.mesh.say(SPACE, this.presence)
  }

  say(words: string): void {
    this.mesh.say(SPACE, ['said', 'chat', TAB, words])
  }

  private get presence(): Ephemeral {
    return ['present', 'list', TAB, this.place]
  }

  private hear(device: DeviceId, [t, , , value]: Ephemeral): void {
    if (t === 'said') this.heard.push([device, value])
    else if (value === null) this.places.delete(device)
    else this.places.set(device, value)
  }

  /** Devices with which it has the space now. */
  get links(): DeviceId[] {
    return this.mesh.connected.map(({ device }) => device)
  }

  private get identity(): Identity {
    const { key, space, id } = this
    return {
      device: id,
      staticKey: async () => ({
        publicKey: publicBytes(key),
        agree: async (theirs) =>
          Uint8Array.from(diffieHellman({ privateKey: key, publicKey: publicKey('X25519', theirs) })),
      }),
      kubeKey: async () => {
        const { publicKey: own, sign } = signerOf(suite, await signingKeyFromSeed(suite, this.signing))
        return { publicKey: own, sign: (nonce) => sign('kube-challenge', null, nonce) }
      },
      deviceOf: (theirs) => space.deviceOf(theirs),
      keyOf: (device) => space.keyOf(device),
      sign: async (ref, spoken) => {
        const own = signerOf(suite, await signingKeyFromSeed(suite, this.signing))
        return own.sign('spoken', ref, spoken)
      },
      verify: (device, ref, spoken, signature) =>
        verify(suite, fromBase64Url(device), 'spoken', ref, spoken, signature),
      life: async () => this.life,
    }
  }

  private draw(bytes: number): Uint8Array {
    return drawn(this.random, new Uint8Array(bytes))
  }

  private platform(life: number): MeshPlatform {
    const { world, kubes } = this.around
    const alive = (run: () => void) => () => {
      if (life === this.life) run()
    }
    return {
      subtle: crypto.subtle,
      random: (bytes) => this.draw(bytes),
      now: () => world.time,
      later: (run, ms) => world.later(alive(run), ms),
      socket: (url, { opened, message, closed }) =>
        kubes
          .find((kube) => kube.url === url.split('?')[0])!
          .connect(this.name, url, {
            opened: () => alive(opened)(),
            message: (bytes) => alive(() => message(bytes))(),
            closed: () => alive(closed)(),
          }),
    }
  }
}

/** This device as MESH needs it, from HALO; and who it is to each KUBE. */
import type { Halo } from './halo/halo.js'
import { agreementKeyFromSeed, agreementOf } from './halo/suite/agreement.js'
import { derive } from './halo/suite/derive.js'
import type { SuitePlatform } from './halo/suite/platform.js'
import { signerOf, signingKeyFromSeed, verify } from './halo/suite/signing.js'
import { fromBase64Url, type DeviceId } from './protocol/ids.js'
import type { Identity, KubeKey, StaticKey } from './mesh/platform.js'

export class MeshIdentity implements Identity {
  constructor(
    private readonly platform: SuitePlatform,
    private readonly halo: Halo,
    /** 32 bytes, for this KUBE and no other. */
    private readonly seedFor: (url: string) => Uint8Array,
    /** As somebody who runs it has given it to this one's user. */
    private readonly passFor: (url: string) => Uint8Array | undefined,
    /** Another number each time that it is asked, greater than all before. @throws HearthError `store/…` */
    readonly life: () => Promise<number>,
  ) {}

  get device(): DeviceId {
    return this.halo.device
  }

  async staticKey(): Promise<StaticKey> {
    return (await this.halo.keys()).agreement
  }

  async kubeKey(url: string): Promise<KubeKey> {
    const { publicKey, sign } = signerOf(
      this.platform,
      await signingKeyFromSeed(this.platform, this.seedFor(url)),
    )
    const pass = this.passFor(url)
    return { publicKey, sign: (nonce) => sign('kube-challenge', null, nonce), pass }
  }

  /** For what a KUBE keeps: it cannot tell by it which of its devices this is to any other. */
  async keeperKey(url: string): Promise<StaticKey> {
    const seed = derive('keeper-key', null, this.seedFor(url))
    return agreementOf(this.platform, await agreementKeyFromSeed(this.platform, seed))
  }

  deviceOf(key: Uint8Array): DeviceId | undefined {
    return this.halo.deviceOf(key)
  }

  keyOf(device: DeviceId): Uint8Array | undefined {
    return this.halo.keyOf(device)
  }

  async sign(ref: Uint8Array, spoken: Uint8Array): Promise<Uint8Array> {
    const { signer } = await this.halo.keys()
    return signer.sign('spoken', ref, spoken)
  }

  verify(device: DeviceId, ref: Uint8Array, spoken: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return verify(this.platform, fromBase64Url(device), 'spoken', ref, spoken, signature)
  }
}

/**
 * The two private keys of a device, and how they are kept. Handles that no script can read are preferred: code that gets
 * onto the origin can use them while it runs, and cannot take them away. Some browsers lack them for these curves, and
 * some have them but lose or refuse them in IndexedDB; there the keys themselves are kept.
 */
import { HearthError } from '../../protocol/errors.js'
import { agreementOf, generateAgreementKey, type Agreement } from './agreement.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'
import type { PrivateKey } from './private-key.js'
import { openerOf, type Opener } from './seal.js'
import { generateSigningKey, signerOf, verify, type Signer } from './signing.js'

/** Can be put into IndexedDB as it is, by structured clone. `kind` of each key says what it is kept as. */
export interface KeptKeys {
  readonly signing: PrivateKey
  readonly agreement: PrivateKey
}

/** The same keys in use; what is behind them does not show. */
export interface DeviceKeys {
  readonly signer: Signer
  readonly opener: Opener
  /** For sessions, which agree on keys in their own way. */
  readonly agreement: Agreement
}

/** Puts a value where the keys will be kept, and reads it again. May fail. */
export type RoundTrip = (value: unknown) => Promise<unknown>

/**
 * Fresh keys, of the best kind that this browser can make, keep and use again.
 * @throws HearthError `halo/keys-lost`, or what `roundTrip` throws: it can keep no keys at all
 */
export async function createDeviceKeys(
  platform: SuitePlatform,
  roundTrip: RoundTrip,
): Promise<{ kept: KeptKeys; keys: DeviceKeys }> {
  try {
    return await create(platform, platform, roundTrip)
  } catch {
    return create(withoutHandles(platform), platform, roundTrip)
  }
}

const withoutHandles = (platform: SuitePlatform): SuitePlatform => ({
  subtle: platform.subtle,
  random: (bytes) => platform.random(bytes),
  curves: 'noble',
})

async function create(maker: SuitePlatform, user: SuitePlatform, roundTrip: RoundTrip) {
  const kept: KeptKeys = {
    signing: await generateSigningKey(maker),
    agreement: await generateAgreementKey(maker),
  }
  return { kept, keys: await loadDeviceKeys(user, await roundTrip(kept)) }
}

/**
 * @param kept what the store gave back: it is believed when it has signed and agreed
 * @throws HearthError `halo/keys-lost`
 */
export async function loadDeviceKeys(platform: SuitePlatform, kept: unknown): Promise<DeviceKeys> {
  try {
    const { signing, agreement } = kept as KeptKeys
    const signer = signerOf(platform, signing)
    const own = agreementOf(platform, agreement)
    if (
      // defence: signing-key-check
      (await signs(platform, signer)) &&
      // defence: agreement-key-check
      (await agrees(platform, agreement, own))
    )
      return { signer, opener: openerOf(platform, own), agreement: own }
  } catch {
    // Whatever it was that failed, these keys are of no use.
  }
  throw new HearthError('halo/keys-lost')
}

async function signs(platform: SuitePlatform, signer: Signer): Promise<boolean> {
  const message = platform.random(KEY_BYTES)
  const signature = await signer.sign('key-check', null, message)
  return verify(platform, signer.publicKey, 'key-check', null, message, signature)
}

async function agrees(platform: SuitePlatform, kept: PrivateKey, own: Agreement): Promise<boolean> {
  // Keys are kept as secrets where handles cannot be made.
  const maker = kept.kind === 'secret' ? withoutHandles(platform) : platform
  const other = agreementOf(maker, await generateAgreementKey(maker))
  const shared = await own.agree(other.publicKey)
  return sameBytes(shared, await other.agree(own.publicKey))
}

/** What devices and KUBEs load or make when they first need it. It takes real time, and chance, of which a world knows nothing. */
import { register } from 'node:module'
import { signedChallenge } from '../../../kube/signal/challenge.js'
import type { Keeper } from '../../../kube/replicas/keeper.js'
import { newHandle } from '../../../worker/echo/documents/handle.js'
import { generateSigningKey, signerOf } from '../../../worker/halo/suite/signing.js'
import { webCrypto as suite } from '../../suite-platforms.js'
import { automerge, Life } from '../device.js'
import { Disk } from '../disk.js'
import { withRealChance } from '../replay/chance.js'

let loading: Promise<void> | undefined
let Loaded: typeof Keeper | undefined

export const load = (): Promise<void> =>
  (loading ??= withRealChance(async () => {
    // Before anything that computes on curves is: what is imported as this file is would go on by the library, thirty times as long.
    register('../replay/loader.mjs', import.meta.url)
    await automerge()
    const life = await Life.begin(new Disk())
    await life.planes.network.open()
    life.planes.network.stop()
    life.stop()
    newHandle('00')
    await asKube()
  }))

/** @throws Error nothing was loaded */
export function loadedKeeper(): typeof Keeper {
  if (!Loaded) throw new Error('A KUBE keeps spaces when the first device is there.')
  return Loaded
}

/** A KUBE finds out once whether it can verify by WebCrypto. */
async function asKube(): Promise<void> {
  const { publicKey, sign } = signerOf(suite, await generateSigningKey(suite))
  const nonce = suite.random(32)
  await signedChallenge(publicKey, nonce, await sign('kube-challenge', null, nonce))
  Loaded = (await import('../../../kube/replicas/keeper.js')).Keeper
}

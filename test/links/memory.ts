/** Links in memory: through the simulation's KUBE, in its time. */
import { signedChallenge } from '../../kube/signal/challenge.js'
import { makeSigner } from '../../kube/testing/device.js'
import type { MeshPlatform } from '../../worker/mesh/platform.js'
import { SIGNAL_PATH } from '../../worker/protocol/signal.js'
import { Random } from '../e2e/random.js'
import { calm } from '../simulation/mesh/chaos.js'
import { SimulatedKube } from '../simulation/mesh/kube.js'
import { World } from '../simulation/mesh/world.js'
import { drawn } from '../simulation/replay/chance.js'
import { meetAt } from './at-a-kube.js'
import type { LinkWorld, Pair } from './world.js'

const URL = `ws://one.example${SIGNAL_PATH}`

export async function inMemory(seed: number): Promise<LinkWorld> {
  // How a KUBE verifies is found out once, in time that no world knows of.
  const { publicKey, sign } = await makeSigner()
  const nonce = new Uint8Array(32)
  await signedChallenge(publicKey, nonce, await sign('kube-challenge', null, nonce))

  const random = new Random(seed)
  const world = new World(random)
  const platform = {
    subtle: crypto.subtle,
    random: (bytes: number) => drawn(random, new Uint8Array(bytes)),
    now: () => 1_700_000_000_000 + world.time,
    later: (run: () => void, ms: number) => world.later(run, ms),
  }
  const until = (is: () => boolean, ms: number) => world.until(is, ms)
  return {
    ...{ platform, until },
    end: async () => world.close(),
    async pair(): Promise<Pair> {
      const chaos = calm()
      const kube = new SimulatedKube(world, URL, chaos)
      const device = (name: string): MeshPlatform => ({
        ...platform,
        socket: (url, events) => kube.connect(name, url, events),
      })
      const { ends, meddle, leave } = await meetAt({ until }, URL, [device('Olga'), device('Ed')])
      return {
        ...{ ends, meddle, end: async () => leave() },
        // Either has the KUBE still, which swallows what goes from one to the other.
        freeze: () => void (chaos.walls = new Set(['Ed'])),
      }
    },
  }
}

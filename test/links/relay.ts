/** Links through a real KUBE, over real WebSockets, in the time of this machine. */
import { startServer } from '../../kube/server.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import type { MeshPlatform } from '../../worker/mesh/platform.js'
import { SIGNAL_PATH } from '../../worker/protocol/signal.js'
import { Way } from '../e2e/way.js'
import { meetAt } from './at-a-kube.js'
import { socket } from './socket.js'
import { realTime, type LinkWorld, type Pair } from './world.js'

export async function throughARelay(): Promise<LinkWorld> {
  const fixture = await makeFixture()
  const server = await startServer({ dist: fixture.dist })
  const platform: MeshPlatform = {
    ...{ subtle: crypto.subtle, now: realTime.now, later: realTime.later, socket },
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  }
  return {
    ...{ platform, until: realTime.until },
    async end() {
      await server.close()
      await fixture[Symbol.asyncDispose]()
    },
    async pair(): Promise<Pair> {
      const way = await Way.to(server.url)
      const url = `ws://127.0.0.1:${way.port}${SIGNAL_PATH}`
      const { ends, meddle, leave } = await meetAt(realTime, url, [platform, platform])
      return {
        ...{ ends, meddle, freeze: () => way.swallow() },
        async end() {
          leave()
          await way.close()
        },
      }
    },
  }
}

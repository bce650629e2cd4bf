/**
 * KUBE's own routes, with two headers changed. Cross-origin isolation, so that clocks in pages tell 5 µs apart
 * instead of 100; and for the pages of peers no Content-Security-Policy, because theirs is not what is measured.
 */
import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findApps } from '../../kube/apps.js'
import { makeRoutes } from '../../kube/routes.js'
import { dist, folderOf, remoteFolder } from './build.js'
import { peerNames, type SystemName } from './systems.js'

export interface BenchServer {
  urlOf(system: SystemName): string
  readonly remoteUrl: string
  close(): Promise<void>
}

/** @param systems built already */
export async function serve(systems: readonly SystemName[]): Promise<BenchServer> {
  const routes = makeRoutes(dist, await findApps(dist, [...systems.map(folderOf), remoteFolder]))
  const server = createAdaptorServer({
    async fetch(request: Request) {
      const response = await routes.fetch(request)
      response.headers.set('Cross-Origin-Opener-Policy', 'same-origin')
      response.headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
      if (peerNames.some((peer) => new URL(request.url).pathname.startsWith(`/apps/${peer}/`)))
        response.headers.delete('Content-Security-Policy')
      return response
    },
  }) as Server
  server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    remoteUrl: `http://localhost:${port}/apps/remote/`,
    urlOf: (system) => `http://localhost:${port}/apps/${system}/`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

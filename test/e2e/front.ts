/**
 * A server in front of KUBE, as a site has that hosts more than Hearth: what it has at its root is its own, a service
 * worker for the whole origin among it, and the rest it asks of KUBE.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { folder, type Site } from './site.js'

export class Front implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(site: Site): Promise<Front> {
    const worker = await readFile(folder('pages/own-worker/worker.js'))
    const { hostname, port } = new URL(site.url)
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? '/'
      if (path.startsWith('/root-worker.js'))
        return void outgoing.writeHead(200, { 'Content-Type': 'text/javascript' }).end(worker)
      const asked = request({ hostname, port, path, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      asked.on('error', () => outgoing.destroy()).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Front(server, `http://localhost:${(server.address() as AddressInfo).port}`)
  }

  async close(): Promise<void> {
    if (!this.server.listening) return
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

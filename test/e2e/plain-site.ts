/**
 * A site that has nothing of Hearth: files of a folder, with no policy and no special headers. Where they name the KUBE of
 * the examples, they get the address of the one that runs.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' }

export class PlainSite {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param kube the address to put in place of `https://your-kube.example` */
  static async open(folder: string, kube: string): Promise<PlainSite> {
    const server = createServer((request, response) => {
      const [, name = ''] = /^\/([\w-]+\.\w+)?(\?.*)?$/.exec(request.url ?? '') ?? []
      const file = name || 'index.html'
      readFile(join(folder, file), 'utf8').then(
        (text) =>
          response
            .writeHead(200, { 'Content-Type': types[file.split('.').at(-1)!] ?? 'text/plain' })
            .end(text.replaceAll('https://your-kube.example', kube)),
        () => response.writeHead(404).end(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new PlainSite(server, `http://localhost:${(server.address() as AddressInfo).port}`)
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}

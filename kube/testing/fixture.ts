/** A build small enough to read, in a folder of its own, and requests that no client tidies up on the way. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startServer, type RunningServer, type ServerOptions } from '../server.js'

export interface Fixture extends AsyncDisposable {
  /** Absolute path of the folder that holds everything of this fixture. */
  readonly root: string
  readonly dist: string
  /** Writes a file below `root`, folders included, and returns its absolute path. */
  write(path: string, content: string | Buffer): Promise<string>
  /** Serves the build and these apps, named relative to `root`, until the fixture is disposed of. */
  serve(...apps: string[]): Promise<RunningServer>
  /** Serves the build in another way than usual. */
  serveWith(options: Partial<ServerOptions>): Promise<RunningServer>
}

export async function makeFixture(): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), 'hearth-kube-'))
  const running: RunningServer[] = []
  const fixture: Fixture = {
    root,
    dist: join(root, 'dist'),
    async write(path, content) {
      const absolute = join(root, path)
      await mkdir(dirname(absolute), { recursive: true })
      await writeFile(absolute, content)
      return absolute
    },
    serve(...apps) {
      return fixture.serveWith({ apps: apps.map((app) => join(root, app)) })
    },
    async serveWith(options) {
      const server = await startServer({ dist: fixture.dist, ...options })
      running.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      for (const server of running) await server.close()
      await rm(root, { recursive: true, force: true })
    },
  }
  await fixture.write('dist/hearth.js', `globalThis.hearth = {} // ${'runtime '.repeat(400)}`)
  await fixture.write('dist/hearth.mjs', 'export {}')
  await fixture.write('dist/hearth/worker.js', 'onconnect = () => {}')
  await fixture.write('dist/hearth/automerge-0a1b2c3d.wasm', Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  await fixture.write('dist/shell/index.html', '<!doctype html><title>Hearth</title>')
  await fixture.write('dist/shell/home-4FQ2X7AB.js', '// shell')
  await fixture.write('dist/apps/tasks/index.html', '<!doctype html><title>Tasks</title>')
  return fixture
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** `path` goes out as written: `fetch` would resolve the dots that these tests are about. */
export function get(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const { port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) })
      })
    })
    outgoing.on('error', reject).end()
  })
}

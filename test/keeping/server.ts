/** The real server as a process of its own, on a folder; it can be killed at any moment and started again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The longest that a start may take, in milliseconds. */
const START_MS = 30_000
const main = fileURLToPath(new URL('../../dist/kube/main.js', import.meta.url))

export interface ServerOptions {
  /** Absolute path of what it keeps. */
  readonly data: string
  readonly port: number
  readonly env?: NodeJS.ProcessEnv
  /** What Node is told beside that. */
  readonly node?: readonly string[]
}

export class ServerProcess {
  /** All that it has said. */
  said = ''

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    /** From when it was started until it was ready, in milliseconds. */
    readonly startMs: number,
  ) {}

  /** It runs what was built: `npm run build` comes first. */
  static async start({ data, port, env, node = [] }: ServerOptions): Promise<ServerProcess> {
    const began = performance.now()
    const child = spawn(process.execPath, [...node, main], {
      env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', HEARTH_DATA: data, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said: Buffer[] = []
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (bytes: Buffer) => said.push(bytes))
    const url = `http://127.0.0.1:${port}`
    while (!(await isReady(url))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() - began > START_MS) {
        child.kill('SIGKILL')
        throw new Error(`The server did not start: ${Buffer.concat(said).toString()}`)
      }
      await pause(10)
    }
    const server = new ServerProcess(child, url, performance.now() - began)
    const tell = () => (server.said = Buffer.concat(said).toString())
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', tell)
    tell()
    return server
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    await exit
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

/** One that nothing listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

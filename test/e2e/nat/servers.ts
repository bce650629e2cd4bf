/** What runs in the public network of a town: the KUBE as `npm start` runs it, and Debian's coturn. Both are killed the hard way. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guardFolder, guardGroup, killGroup } from '../../engines/leftovers.js'
import { dist, folder } from '../site.js'
import { until, within } from '../wait.js'
import type { Namespace } from './namespaces.js'
import { PUBLIC } from './town.js'

const KUBE_PORT = 4700
const TURN_PORT = 3478
/** Of both. */
export const SECRET = 'between-the-two-of-them'

/** What the KUBE names. */
export const TURN = `turn:${PUBLIC}:${TURN_PORT},turn:${PUBLIC}:${TURN_PORT}?transport=tcp`
export const KUBE = `http://${PUBLIC}:${KUBE_PORT}`

/** A program that runs in a namespace until it is killed. */
export class Program {
  /** In milliseconds since 1970. */
  readonly since = Date.now()
  /** What it has said. */
  output = ''
  private readonly process: ChildProcess

  constructor(place: Namespace, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn('ip', ['netns', 'exec', place.name, ...command], {
      ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    })
    guardGroup(this.process.pid!)
    for (const stream of [this.process.stdout!, this.process.stderr!])
      stream.on('data', (data: Buffer) => (this.output += data.toString()))
  }

  /** @throws Error if it does not within 15 s */
  async says(what: string): Promise<void> {
    const look = () => {
      if (this.process.exitCode !== null) throw new Error(`It has ended: ${this.output}`)
      return this.output.includes(what)
    }
    await until(`"${what}"`, look, 15_000).catch((e: Error) => {
      throw new Error(`${e.message}; it said: ${this.output}`)
    })
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const exit = once(this.process, 'exit')
    killGroup(this.process.pid!)
    await within('it to end', exit)
  }
}

export async function startKube(place: Namespace): Promise<Program> {
  const kube = new Program(
    place,
    [process.execPath, `${dist}/kube/main.js`, '--app', folder('pages/alpha')],
    { HOST: PUBLIC, PORT: String(KUBE_PORT), HEARTH_TURN_URL: TURN, HEARTH_TURN_SECRET: SECRET },
  )
  await kube.says('Hearth is here')
  return kube
}

/**
 * With the configuration that operators are told to use.
 * @param more of its options
 */
export async function startTurn(place: Namespace, ...more: readonly string[]): Promise<Program> {
  const turn = new Program(place, [
    ...['turnserver', '-c', configuration(), '--log-file=stdout', '--simple-log', '--verbose'],
    ...[`--listening-ip=${PUBLIC}`, `--relay-ip=${PUBLIC}`, '--pidfile=/dev/null', ...more],
  ])
  await turn.says('listener opened on')
  return turn
}

/** @returns the path of a file that is what docs/operating.md says, with the secret of this test */
function configuration(): string {
  const text = readFileSync(fileURLToPath(new URL('../../../docs/operating.md', import.meta.url)), 'utf8')
  const [, lines] = /```conf\n(.*?)```/s.exec(text) ?? []
  if (!lines?.includes('static-auth-secret=')) throw new Error('docs/operating.md has no configuration')
  const home = mkdtempSync(join(tmpdir(), 'hearth-turn-'))
  guardFolder(home)
  const path = join(home, 'turnserver.conf')
  writeFileSync(path, lines.replace(/static-auth-secret=.*/, `static-auth-secret=${SECRET}`))
  return path
}

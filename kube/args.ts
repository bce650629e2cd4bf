/**
 * What the person who starts KUBE says: `--app` on the command line; PORT, HOST, HEARTH_DATA, HEARTH_ORIGINS,
 * HEARTH_TURN_URL and HEARTH_TURN_SECRET in the environment.
 * Nothing is opened, made or bound here, so that a mistake costs nothing and is told in one line.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { kubeError } from './errors.js'
import { readIce, type IceSettings } from './signal/ice.js'
import { readOrigins, type Origins } from './signal/origins.js'

export interface Settings {
  /** TCP port; 0 picks a free one. */
  readonly port: number
  readonly host: string
  /** Absolute paths of the folders named with `--app`, in that order. */
  readonly apps: readonly string[]
  /** Absolute path where KUBE will keep what it stores. Made when something is first written there. */
  readonly data: string
  /** Pages of which origins may meet others here, besides those of KUBE's own. */
  readonly origins: Origins
  /** Servers by which devices can be linked directly. */
  readonly ice: IceSettings | undefined
  readonly help: boolean
}

export const usage = `npm start -- [--app <folder>]...

  --app <folder>   serve this folder of yours at /apps/<its name>/; may be given more than once
  --help           this text

  PORT            port to listen on (4400; 0 picks a free one)
  HOST            address to listen on (127.0.0.1: this machine only)
  HEARTH_DATA     folder for what the server keeps (./.hearth; made when it is first needed)
  HEARTH_ORIGINS  whose pages may meet other devices here, besides those of this server:
                  https://notes.example,https://chat.example, or * for all (none)
  HEARTH_TURN_URL     servers by which devices behind NATs are linked directly, as
                      turn:turn.example:3478, with commas between them (none)
  HEARTH_TURN_SECRET  the static-auth-secret of that coturn (docs/operating.md)
`

/**
 * @param argv what follows the script's name
 * @param cwd absolute path that relative folders are taken from
 * @throws KubeError `kube/usage`, `kube/bad-port`, `kube/bad-data`, `kube/bad-origins`,
 *   `kube/bad-turn`, `kube/many-turns`, `kube/turn-secret`, `kube/turn-url`
 */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Settings {
  const { apps, help } = readFlags(argv)
  return {
    port: readPort(env['PORT']),
    host: env['HOST'] || '127.0.0.1',
    apps: apps.map((folder) => resolve(cwd, folder)),
    data: readDataFolder(resolve(cwd, env['HEARTH_DATA'] || '.hearth')),
    origins: readOrigins(env['HEARTH_ORIGINS']),
    ice: readIce(env['HEARTH_TURN_URL'], env['HEARTH_TURN_SECRET']),
    help,
  }
}

function readFlags(argv: readonly string[]): { apps: string[]; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { app: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    })
    const apps = values.app ?? []
    if (apps.includes('')) throw new Error('--app needs the name of a folder.')
    return { apps, help: values.help ?? false }
  } catch (cause) {
    // Only the first sentence: the rest of Node's message explains flags that begin with a dash.
    const sentence = (cause as Error).message.split(/(?<=\.)\s|\n/)[0]!.replace(/\.?$/, '.')
    throw kubeError('kube/usage', { problem: sentence })
  }
}

function readPort(text: string | undefined): number {
  if (!text) return 4400
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw kubeError('kube/bad-port', { port: text })
  return port
}

function readDataFolder(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) throw kubeError('kube/bad-data', { path })
  return path
}

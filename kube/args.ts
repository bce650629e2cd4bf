/** What is typed after `hearth`: nothing, which serves, or a command; and flags. */
import { parseArgs } from 'node:util'
import { commands, type Command } from './commands/commands.js'
import { kubeError } from './errors.js'
import { declared } from './settings/declared.js'
import { CONFIG } from './settings/read.js'

export interface Args {
  /** As typed after `--app`, in that order. */
  readonly apps: readonly string[]
  /** What is to be done besides serving, and what follows it. */
  readonly command: Command | undefined
  readonly words: readonly string[]
  readonly help: boolean
}

const perLine = (env: string, says: string, fallback: string) =>
  `  ${env.padEnd(22)} ${says}${fallback && ` (${fallback})`}`

export const usage = `npm start -- [--app <folder>]...
node dist/kube/main.js <command>

  --app <folder>   serve this folder of yours at /apps/<its name>/; may be given more than once
  --help           this text

${commands.map(({ name, takes, says }) => `  ${`${name} ${takes}`.padEnd(18)} ${says}`).join('\n')}

In the environment, or in the JSON file that ${CONFIG} names (docs/operating.md):

${Object.values(declared)
  .map(({ env, says, fallback }) => perLine(env, says, fallback))
  .join('\n')}
`

/** @param argv what follows the script's name @throws KubeError `kube/usage` */
export function readArgs(argv: readonly string[]): Args {
  try {
    const { values, positionals } = parseArgs({
      ...{ args: [...argv], allowPositionals: true },
      options: { app: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    })
    const apps = values.app ?? []
    if (apps.includes('')) throw new Error('--app needs the name of a folder.')
    const [name, ...words] = positionals
    const command = commands.find((one) => one.name === name)
    if (name !== undefined && !command) throw new Error(`There is no command "${name}".`)
    if (words.length > 1) throw new Error(`There is too much after "${name}".`)
    return { apps, command, words, help: values.help ?? false }
  } catch (cause) {
    // Only the first sentence: the rest of Node's message explains flags that begin with a dash.
    const sentence = (cause as Error).message.split(/(?<=\.)\s|\n/)[0]!.replace(/\.?$/, '.')
    throw kubeError('kube/usage', { problem: sentence })
  }
}

/** What `hearth` does besides serving: each by a word, on the folder of a server that may be running. */
import { resolve } from 'node:path'
import { callBack, listPasses, makePass } from '../access/passes.js'
import { kubeError } from '../errors.js'
import { Database, replicasIn } from '../replicas/database.js'
import type { Declared } from '../settings/declared.js'
import { backup, restore } from './backup.js'

/** What was typed after the word, and what is set. */
export interface Asked {
  readonly words: readonly string[]
  readonly settings: Declared
  /** Absolute path that relative ones are taken from. */
  readonly cwd: string
}

export interface Command {
  readonly name: string
  /** What follows the word, as the help has it. */
  readonly takes: string
  readonly says: string
  /** @returns what is said to whoever asked @throws KubeError */
  run(asked: Asked): Promise<string>
}

const MOST_USES = 1_000_000

export const commands: readonly Command[] = [
  {
    name: 'invite',
    takes: '[<uses>]',
    says: 'makes a pass, for one device or so many, where HEARTH_ALLOW is invited',
    async run({ words: [uses = '1'], settings }) {
      const count = /^\d{1,7}$/.test(uses) ? Number(uses) : 0
      if (count < 1 || count > MOST_USES)
        throw kubeError('kube/usage', { problem: `"${uses}" is no number of uses.` })
      const pass = await onDisk(settings, (database) => makePass(database, count))
      const unused =
        settings.allow === 'invited' ? '' : `It is of no use while HEARTH_ALLOW is not "invited".\n`
      return `${addressOf(settings)}/#${pass}\n${unused}`
    },
  },
  {
    name: 'passes',
    takes: '',
    says: 'lists them: name, uses that are left, keys that came by it',
    run: ({ settings }) =>
      onDisk(settings, async (database) =>
        listPasses(database)
          .map(({ id, left, keys }) => `${[id, left, ...keys].join(' ')}\n`)
          .join(''),
      ),
  },
  {
    name: 'call-back',
    takes: '<name>',
    says: 'a pass is good for nobody any more, nor may those come who came by it',
    async run({ words: [id], settings }) {
      const found = id === undefined ? 0 : await onDisk(settings, (database) => callBack(database, id))
      if (found === 0) throw kubeError('kube/no-such-pass', { id: id ?? '' })
      return 'It is good for nobody any more. Who is connected now stays until the connection ends.\n'
    },
  },
  {
    name: 'backup',
    takes: '<folder>',
    says: 'copies all that is kept into a new folder, also while the server runs',
    async run({ words: [to], settings, cwd }) {
      const folder = resolve(cwd, needed(to))
      const bytes = await backup(settings.data, folder)
      return `${bytes} bytes are in ${folder}\n`
    },
  },
  {
    name: 'restore',
    takes: '<folder>',
    says: 'the other way round, into a HEARTH_DATA where nothing is kept yet',
    async run({ words: [from], settings, cwd }) {
      const spaces = await restore(resolve(cwd, needed(from)), settings.data)
      return `${spaces} spaces are in ${settings.data}\n`
    },
  },
]

function needed(folder: string | undefined): string {
  if (!folder) throw kubeError('kube/usage', { problem: 'Name a folder.' })
  return folder
}

/** Beside a server that may be running. */
async function onDisk<T>({ data }: Declared, run: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(replicasIn(data), { isShared: true })
  try {
    return await run(database)
  } finally {
    await database.close()
  }
}

/** As devices know it. */
const addressOf = ({ url, host, port }: Declared): string =>
  url || `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}`

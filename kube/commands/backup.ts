/** A copy of all that a KUBE keeps, as it was at one moment, and back. A copy is itself a folder that a server can be started on. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { KubeError, kubeError } from '../errors.js'
import { Database, replicasIn } from '../replicas/database.js'
import { countOfAll } from '../replicas/room.js'

/** LMDB's, in its folder. */
const FILE = 'data.mdb'
/** `MDB_MAGIC`, after the header of the first page; the second page is as long. */
const MAGIC = 0xbeefc0de
const MAGIC_AT = 24
const HEAD_BYTES = 2 * 4_096
/** Until it is whole. LMDB would take a name with a dot for that of a file. */
const part = (folder: string): string => `${replicasIn(folder)}-part`

/**
 * @param data of the server, which may be running @param to a folder that holds no copy yet
 * @returns bytes of the copy @throws KubeError `kube/backup`, `kube/nothing-kept`, `kube/store…`
 */
export async function backup(data: string, to: string): Promise<number> {
  if (!existsSync(join(replicasIn(data), FILE))) throw kubeError('kube/nothing-kept', { path: data })
  if (existsSync(replicasIn(to)))
    throw kubeError('kube/backup', { path: to, reason: 'there is a copy already' })
  return whole(to, async () => {
    const database = new Database(replicasIn(data), { isShared: true })
    try {
      await database.copyTo(part(to))
    } finally {
      await database.close()
    }
    return statSync(join(part(to), FILE)).size
  })
}

/**
 * @param data where nothing is kept so far @returns how many spaces there are
 * @throws KubeError `kube/backup`, `kube/nothing-kept`, `kube/store…`
 */
export async function restore(from: string, data: string): Promise<number> {
  const file = join(replicasIn(from), FILE)
  if (!existsSync(file)) throw kubeError('kube/nothing-kept', { path: from })
  if (existsSync(replicasIn(data)))
    throw kubeError('kube/backup', {
      path: data,
      reason: 'something is kept there: end the server, and move it away',
    })
  return whole(data, async () => {
    if (!isStore(file)) throw kubeError('kube/store', { path: from, reason: 'it is no store of LMDB' })
    copyFileSync(file, join(part(data), FILE))
    // What is of a newer server is found out before anything stands on it.
    const database = new Database(part(data))
    try {
      return countOfAll(database)
    } finally {
      await database.close()
    }
  })
}

/** What is copied is there as a whole, and on the disk, or not at all. */
async function whole(folder: string, copy: () => Promise<number>): Promise<number> {
  try {
    rmSync(part(folder), { recursive: true, force: true })
    mkdirSync(part(folder), { recursive: true })
    const result = await copy()
    for (const path of [join(part(folder), FILE), part(folder)]) sync(path)
    renameSync(part(folder), replicasIn(folder))
    sync(folder)
    return result
  } catch (cause) {
    if (existsSync(part(folder))) rmSync(part(folder), { recursive: true })
    if (cause instanceof KubeError) throw cause
    throw kubeError('kube/backup', { path: folder, reason: (cause as Error).message })
  }
}

/** By how it begins: LMDB itself ends the process over what is none. */
function isStore(path: string): boolean {
  const head = Buffer.alloc(HEAD_BYTES)
  const file = openSync(path, 'r')
  try {
    return readSync(file, head, 0, HEAD_BYTES, 0) === HEAD_BYTES && head.readUInt32LE(MAGIC_AT) === MAGIC
  } finally {
    closeSync(file)
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

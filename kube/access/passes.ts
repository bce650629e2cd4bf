/**
 * Passes: who has one may use a KUBE that is not for everybody, until it is used up or called back. The server keeps the hash of each, so that what
 * it stores lets nobody in. The command line writes them while a server runs: a transaction of LMDB is one over all processes.
 */
import { createHash, randomBytes } from 'node:crypto'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { PASS_BYTES } from '../../worker/protocol/signal.js'
import type { Database, Table } from '../replicas/database.js'

export interface Pass {
  /** The beginning of its hash, by which it is called back. */
  readonly id: string
  /** How often it can still be used. */
  readonly left: number
  /** Keys that came by it. */
  readonly keys: readonly string[]
}

const ID_LENGTH = 8

const hashOf = (pass: Uint8Array): string => createHash('sha256').update(pass).digest('base64url')
const write = (left: number): Uint8Array => Buffer.from(String(left))
const read = (row: Uint8Array | undefined): number => Number(row ? Buffer.from(row).toString() : 0)

/** @param uses how many keys may come by it @returns what is told to whoever is to come */
export async function makePass(database: Database, uses: number): Promise<string> {
  const pass = randomBytes(PASS_BYTES)
  await database.write([[['pass', hashOf(pass)], write(uses)]])
  return toBase64Url(pass)
}

export const isAllowed = (table: Pick<Table, 'get'>, key: string): boolean =>
  table.get(['allowed', key]) !== undefined

/** @returns whether this key may come, from now on and without it */
export function usePass(database: Database, key: string, pass: Uint8Array): Promise<boolean> {
  const hash = hashOf(pass)
  return database.update((table) => {
    if (isAllowed(table, key)) return true
    const left = read(table.get(['pass', hash]))
    // defence: passes-are-used-up
    if (left < 1) return false
    table.put(['pass', hash], write(left - 1))
    table.put(['allowed', key], Buffer.from(hash))
    return true
  })
}

export function listPasses(database: Database): Pass[] {
  const byHash = new Map<string, string[]>()
  for (const { key, value } of database.rows(['allowed'])) {
    const hash = Buffer.from(value).toString()
    byHash.set(hash, [...(byHash.get(hash) ?? []), key[1] as string])
  }
  return database.rows(['pass']).map(({ key, value }) => {
    const hash = key[1] as string
    return { id: hash.slice(0, ID_LENGTH), left: read(value), keys: byHash.get(hash) ?? [] }
  })
}

/** It is good for nobody any more, and whoever came by it may not come any more. @returns how many there were of that name */
export function callBack(database: Database, id: string): Promise<number> {
  return database.update((table) => {
    const hashes = database
      .rows(['pass'])
      .map(({ key }) => key[1] as string)
      .filter((hash) => hash.slice(0, ID_LENGTH) === id)
    for (const hash of hashes) table.remove(['pass', hash])
    for (const { key, value } of database.rows(['allowed']))
      if (hashes.includes(Buffer.from(value).toString())) table.remove(key)
    return hashes.length
  })
}

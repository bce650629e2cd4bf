/** What leads from recovery words to the replicas of personal spaces: a row with it beside each replica, and one by which it is found. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Key } from 'lmdb'
import type { Capsule } from '../../worker/halo/kept/capsule.js'
import { fromBase64Url, toBase64Url } from '../../worker/protocol/ids.js'
import type { Row, Rows } from './rows.js'

/** @param words the words' Ed25519 key */
export function capsuleOf(database: Rows, words: Uint8Array): Capsule | undefined {
  const key = toBase64Url(words)
  const found = database.get(['words', key])
  const name = found && Buffer.from(found).toString()
  const row = name && database.get(['capsule', name, key])
  if (!row) return undefined
  const [sealed, signature] = decode(row) as [Uint8Array, Uint8Array]
  return { words, replica: fromBase64Url(name), sealed, signature }
}

/** The last one that the words have signed is the one that is found. */
export function rowsOf({ words, replica, sealed, signature }: Capsule): readonly [beside: Row, index: Row] {
  const [key, name] = [toBase64Url(words), toBase64Url(replica)]
  return [
    [['capsule', name, key], encode([sealed, signature], rfc8949EncodeOptions)],
    [['words', key], Buffer.from(name)],
  ]
}

/** By which words nothing is found any more once a replica is deleted. @param name of the replica */
export function indexOf(database: Rows, name: string): Key[] {
  const keys = database.rows(['capsule', name]).map(({ key }) => ['words', key[2]!] as Key[])
  return keys.filter((key) => Buffer.from(database.get(key) ?? []).toString() === name)
}

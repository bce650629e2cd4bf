/** What leads from passkeys to the words of replicas: a row with it beside each replica, and one by which it is found. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Key } from 'lmdb'
import type { PasskeyCapsule } from '../../worker/halo/kept/passkey-capsule.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import type { KeptCapsule } from '../../worker/protocol/wire.js'
import type { Row, Rows } from './rows.js'

/** Where those lie that lead to these words. @param name of the replica @param words their Ed25519 key */
export const under = (name: string, words: Uint8Array): Key[] => ['passkey', name, toBase64Url(words)]

/** @param finder the passkey's Ed25519 key */
export function passkeyOf(database: Rows, finder: Uint8Array): KeptCapsule | undefined {
  const key = toBase64Url(finder)
  const found = database.get(['finder', key])
  if (!found) return undefined
  const [replica, words] = decode(found) as [Uint8Array, Uint8Array]
  const row = database.get([...under(toBase64Url(replica), words), key])
  if (!row) return undefined
  const [sealed, signature] = decode(row) as [Uint8Array, Uint8Array]
  return [replica, sealed, signature]
}

/** The last one that the passkey has signed is the one that is found. */
export function rowsOfPasskey(capsule: PasskeyCapsule): readonly [beside: Row, index: Row] {
  const { finder, replica, sealed, signature, words } = capsule
  const key = toBase64Url(finder)
  return [
    [[...under(toBase64Url(replica), words), key], encode([sealed, signature], rfc8949EncodeOptions)],
    [['finder', key], encode([replica, words], rfc8949EncodeOptions)],
  ]
}

/** By which passkeys nothing is found any more once a replica is deleted. @param name of the replica */
export function findersOf(database: Rows, name: string): Key[] {
  const keys = database.keys(['passkey', name]).map((key) => ['finder', key[3]!] as Key[])
  return keys.filter((key) => {
    const row = database.get(key)
    return row && toBase64Url((decode(row) as [Uint8Array])[0]) === name
  })
}

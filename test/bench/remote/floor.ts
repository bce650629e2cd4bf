/**
 * What nobody can do without who is handed these bytes: each entry is verified, hashed and decrypted by the browser, and put into a
 * database as a row of its own, in strict transactions of 256. Nothing is judged, merged or shown.
 */
const TOGETHER = 256

export async function floor(entries: readonly Uint8Array[]): Promise<number> {
  const { subtle } = crypto
  const pair = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const signature = await subtle.sign('Ed25519', pair.privateKey, new Uint8Array(1))
  const key = await subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt', 'decrypt'])
  const gcm = { name: 'AES-GCM', iv: new Uint8Array(12) }
  const bytes = entries.map((entry) => entry as Uint8Array<ArrayBuffer>)
  const sealed = await Promise.all(bytes.map((entry) => subtle.encrypt(gcm, key, entry)))
  const db = await open()
  const began = performance.now()
  let written = Promise.resolve()
  for (let at = 0; at < bytes.length; at += TOGETHER) {
    const some = bytes.slice(at, at + TOGETHER)
    const checked = some.map(async (entry, i) => {
      // As good as a signature that holds: it takes as long to find out.
      await subtle.verify('Ed25519', pair.publicKey, signature, entry)
      await subtle.digest('SHA-256', entry)
      await subtle.decrypt(gcm, key, sealed[at + i]!)
    })
    await Promise.all(checked)
    await written
    written = put(db, at, some)
  }
  await written
  const ms = performance.now() - began
  db.close()
  return ms
}

function put(db: IDBDatabase, from: number, entries: readonly Uint8Array[]): Promise<void> {
  const tx = db.transaction('entries', 'readwrite', { durability: 'strict' })
  const feed = 'a name of a feed, as long as those are, 43 c.'
  for (const [i, entry] of entries.entries()) tx.objectStore('entries').put(entry, [feed, feed, from + i])
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve()
    tx.onabort = () => reject(tx.error ?? new Error('aborted'))
  })
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('floor', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('entries')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('not opened'))
  })
}

/** The database of the SharedWorker, seen and changed from outside, by a page that does not load Hearth. */
import type { Page } from 'playwright-core'

/** Name and tables of `worker/platform/indexeddb-store.ts`, which this must not import: it is what would be tested. */
const DATABASE = 'hearth'

/** As the tables have them; `IDBValidKey` is too recursive for the types of a page's arguments. */
export type RowKey = string | (string | number)[]

export interface Row {
  readonly key: RowKey
  readonly value: unknown
}

/** All rows of a table, in key order. Bytes come as lists of numbers. */
export const rows = (page: Page, table: string): Promise<Row[]> =>
  page.evaluate(
    async ({ database, table }) => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(request.error)
        })
      const db = await done(indexedDB.open(database))
      const store = db.transaction(table).objectStore(table)
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())])
      db.close()
      return keys.map((key, n) => ({
        key: key as RowKey,
        value: JSON.parse(JSON.stringify(values[n])) as unknown,
      }))
    },
    { database: DATABASE, table },
  )

/** Puts a value that can be sent to a page, bytes too, in the place of a row's; undefined flips the last byte of its bytes. */
export const spoil = (page: Page, table: string, key: RowKey, value?: unknown): Promise<void> =>
  page.evaluate(
    async ({ database, table, key, value }) => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(request.error)
        })
      const db = await done(indexedDB.open(database))
      const store = db.transaction(table, 'readwrite', { durability: 'strict' }).objectStore(table)
      let spoilt = value
      if (value === undefined) {
        const bytes = (await done(store.get(key))) as Uint8Array
        bytes[bytes.length - 1]! ^= 0xff
        spoilt = bytes
      }
      await done(store.put(spoilt, key))
      await new Promise((resolve) => (store.transaction.oncomplete = resolve))
      db.close()
    },
    { database: DATABASE, table, key, value },
  )

/** Bytes, as `rows` gives them. */
export const bytesIn = ({ value }: Row): Uint8Array => Uint8Array.from(Object.values(value as number[]))

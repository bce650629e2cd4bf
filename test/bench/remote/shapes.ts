/** What the author, which runs in Node, and the reader, which runs in a browser, tell each other. */
import type { SpaceId } from '../../../worker/protocol/ids.js'

/** What is read: a file of entries, each after its length in 4 bytes. */
export interface Work {
  readonly space: SpaceId
  readonly url: string
  /** Entries that are handed over at once. */
  readonly together: number
}

export interface Done {
  /** From the first entry to the last one's being durable and shown. */
  readonly ms: number
  readonly entries: number
  /** Of all objects, to be compared with the author's. */
  readonly digest: string
}

/** Functions that the reader's worker answers; bytes are base64 of CBOR. */
export interface Reader {
  introduce(space: SpaceId): Promise<string>
  join(log: string): Promise<void>
  /** Milliseconds that a browser needs for these bytes at least. */
  floor(url: string): Promise<number>
  read(work: Work): Promise<Done>
}

/** One text for what is in a space, whatever order it and its fields came in. */
export const textOf = (records: Iterable<readonly [id: string, value: object]>): string =>
  JSON.stringify(
    [...records].sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  )

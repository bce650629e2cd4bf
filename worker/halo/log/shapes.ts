/**
 * Shapes of CBOR values that came from anywhere: each is read once, into a typed value of bounded size, or refused. The same
 * shape writes it. Ids are bytes on the wire, and base64url in memory.
 */
import { HearthError } from '../../protocol/errors.js'
import { fromBase64Url, toBase64Url } from '../../protocol/ids.js'

export interface Shape<T> {
  write(value: T): unknown
  /** @throws HearthError `halo/refused` */
  read(raw: unknown): T
}

export function refuse(reason: string): never {
  throw new HearthError('halo/refused', { reason })
}

const HASH_BYTES = 32

/** The 32 bytes of a key or a hash. */
export const id = <T extends string>(): Shape<T> => ({
  write: (value) => fromBase64Url(value),
  read: (raw) => toBase64Url(bytes(HASH_BYTES, HASH_BYTES).read(raw)) as T,
})

export const bytes = (least: number, most: number): Shape<Uint8Array> => ({
  write: (value) => value,
  read: (raw) =>
    raw instanceof Uint8Array && raw.length >= least && raw.length <= most ? raw : refuse('bytes'),
})

/** At most so many UTF-16 units. */
export const text = (most: number): Shape<string> => ({
  write: (value) => value,
  read: (raw) => (typeof raw === 'string' && raw.length <= most ? raw : refuse('text')),
})

export const count: Shape<number> = {
  write: (value) => value,
  read: (raw) => (Number.isSafeInteger(raw) && (raw as number) >= 0 ? (raw as number) : refuse('count')),
}

export const oneOf = <T extends string>(...values: readonly T[]): Shape<T> => ({
  write: (value) => value,
  read: (raw) => values.find((value) => value === raw) ?? refuse('word'),
})

export const list = <T>(shape: Shape<T>, most: number): Shape<readonly T[]> => ({
  write: (values) => values.map((value) => shape.write(value)),
  read: (raw) =>
    Array.isArray(raw) && raw.length <= most ? raw.map((value) => shape.read(value)) : refuse('list'),
})

export const pair = <A, B>(a: Shape<A>, b: Shape<B>): Shape<readonly [A, B]> => ({
  write: ([first, second]) => [a.write(first), b.write(second)],
  read: (raw) =>
    Array.isArray(raw) && raw.length === 2 ? ([a.read(raw[0]), b.read(raw[1])] as const) : refuse('pair'),
})

export const orNull = <T>(shape: Shape<T>): Shape<T | null> => ({
  write: (value) => (value === null ? null : shape.write(value)),
  read: (raw) => (raw === null ? null : shape.read(raw)),
})

type Fields<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> }

/** A map with these keys and no others; those of `optional` may be left out. */
export const record = <T extends object>(
  fields: Fields<T>,
  optional: readonly (keyof T)[] = [],
): Shape<T> => ({
  write(value) {
    const raw: Record<string, unknown> = {}
    for (const key of keysOf(fields)) {
      const field = value[key] as Exclude<T[typeof key], undefined> | undefined
      if (field !== undefined) raw[key] = fields[key].write(field)
    }
    return raw
  },
  read(raw) {
    if (raw === null || typeof raw !== 'object' || Object.getPrototypeOf(raw) !== Object.prototype)
      refuse('map')
    const given = raw as Record<string, unknown>
    if (Object.keys(given).some((key) => !Object.hasOwn(fields, key))) refuse('field')
    const value: Partial<T> = {}
    for (const key of keysOf(fields))
      if (Object.hasOwn(given, key)) value[key] = fields[key].read(given[key])
      else if (!optional.includes(key)) refuse('field')
    return value as T
  },
})

const keysOf = <T>(fields: Fields<T>) => Object.keys(fields) as (keyof T & string)[]

/** Messages as they come from outside: strict CBOR of a bounded size, then one shape for each, or a coded error. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { HearthError } from '../protocol/errors.js'

/** Tells whether a decoded value is what it has to be. */
export type Shape = (value: unknown) => boolean

export const bytes =
  (least: number, most = least): Shape =>
  (value) =>
    value instanceof Uint8Array && value.length >= least && value.length <= most
export const count: Shape = (value) => Number.isSafeInteger(value) && (value as number) >= 0
export const flag: Shape = (value) => typeof value === 'boolean'
export const text =
  (most: number): Shape =>
  (value) =>
    typeof value === 'string' && value.length <= most
export const tuple =
  (...parts: readonly Shape[]): Shape =>
  (value) =>
    Array.isArray(value) && value.length === parts.length && parts.every((part, i) => part(value[i]))
export const list =
  (part: Shape, most: number): Shape =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(part)
export const orNull =
  (part: Shape): Shape =>
  (value) =>
    value === null || part(value)
/** A field that may be left out comes last. */
export const oneOf =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    shapes.some((shape) => shape(value))

/** By its name, what follows the name in a message. */
export type Shapes = Readonly<Record<string, readonly Shape[]>>

export const encodeMessage = (message: readonly unknown[]): Uint8Array =>
  encode(message, rfc8949EncodeOptions)

/** @throws HearthError `mesh/malformed` */
export function decodeMessage<M>(shapes: Shapes, most: number, input: Uint8Array): M {
  if (input.length > most) malformed('too long')
  let value: unknown
  try {
    value = decode(input, { strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false })
  } catch {
    malformed('not CBOR')
  }
  if (!Array.isArray(value) || typeof value[0] !== 'string') malformed('not a message')
  const [name, ...rest] = value as [string, ...unknown[]]
  const shape = Object.hasOwn(shapes, name) ? shapes[name]! : malformed('an unknown message')
  if (!tuple(...shape)(rest)) malformed(`not a ${name}`)
  return value as M
}

export function malformed(reason: string): never {
  throw new HearthError('mesh/malformed', { reason })
}

/** Edits for property tests: values, operations that mostly have a target, and what they do to plain values. */
import fc from 'fast-check'
import type { DeviceId, ObjectId } from '../../../protocol/ids.js'
import { apply, valueAt, type Op, type Path } from '../../../protocol/operations.js'
import type { Incoming } from '../merging.js'
import { isList, isRecord, isText, type Stored, type StoredRecord } from '../../../protocol/values.js'

export const object = 'AAAAAAAAAAAAAAAAAAAAAA' as ObjectId
export const device = (name: string) => name.padEnd(22, '_') as DeviceId
/** What a device made, as it comes to another. */
export const from = (name: string, changes: readonly Uint8Array[]): Incoming[] =>
  changes.map((change) => ({ by: device(name), change }))

// Few keys, so that operations meet; a text with pairs, so that indices fall inside them.
const key = fc.constantFrom('a', 'b', 'c', 'é', '0')
export const string = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', 'ß', '😀', '👩', '\u0000', '"'),
  maxLength: 8,
})
const stored: fc.Arbitrary<Stored> = fc.letrec<{ value: Stored; record: StoredRecord }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -5, max: 5 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    string,
    fc.uint8Array({ maxLength: 4 }).map((bytes) => new Uint8Array(bytes)),
    string.map((text) => ({ '@text': text })),
    fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => ({ '@time': ms })),
    fc.constant({ '@link': object }),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('record'),
  ),
  record: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).value
export const record = fc.dictionary(key, stored, { maxKeys: 4, noNullPrototype: true })

/** An operation before it is known on what: `pick` chooses one of the places that the value then has. */
export interface Intent {
  readonly t: Op['t']
  readonly pick: number
  readonly i: number
  readonly j: number
  readonly v: Stored
  readonly s: string
  readonly key: string
}
export const intent: fc.Arbitrary<Intent> = fc.record({
  t: fc.constantFrom<Op['t'][]>(
    'put',
    'del',
    'list',
    'list',
    'text',
    'text',
    'move',
    'move',
    'inc',
    'inc',
    'totext',
    'gone',
  ),
  pick: fc.nat(),
  i: fc.nat(6),
  j: fc.nat(6),
  v: stored,
  s: string,
  key,
})

/** All places of a value; with `wanted`, those of one kind. */
function places(value: Stored, wanted: (v: Stored) => boolean, at: Path = []): Path[] {
  const own = wanted(value) ? [at] : []
  if (isList(value)) return own.concat(value.flatMap((item, i) => places(item, wanted, [...at, i])))
  if (!isRecord(value)) return own
  return own.concat(Object.keys(value).flatMap((k) => places(value[k]!, wanted, [...at, k])))
}

/** Mostly an operation that has a target, now and then one that has none. */
export function opFor(root: StoredRecord, { t, pick, i, j, v, s, key }: Intent): Op {
  const near = (wanted: (value: Stored) => boolean): Path => {
    const found = pick % 7 === 0 ? [] : places(root, wanted)
    return found[pick % found.length] ?? ['a', i, 'b']
  }
  const child = (): Path => {
    const at = near((value) => isRecord(value) || isList(value))
    return [...at, isList(valueAt(root, at)) !== (pick % 5 === 0) ? i : key]
  }
  switch (t) {
    case 'put':
      return { t, at: child(), v }
    case 'del':
      return { t, at: child() }
    case 'list':
      return { t, at: near(isList), i, n: j % 3, v: isList(v) ? v : [v] }
    case 'text':
      return { t, at: near(isText), i, n: j % 4, v: s }
    case 'move':
      return { t, at: near((value) => isList(value) && value.length > 1), i: i % 5, to: j % 5 }
    case 'inc':
      return { t, at: pick % 3 === 0 ? child() : [...near((x) => typeof x === 'number')], n: i - j }
    case 'totext':
      return { t, at: near((x) => typeof x === 'string') }
    case 'gone':
      return { t, v: i % 2 === 0 }
  }
}

/** `apply`, and what it leaves to those who check operations: a splice inside a surrogate pair changes nothing. */
export function expected(root: StoredRecord, op: Op): StoredRecord {
  if (op.t === 'text') {
    const value = valueAt(root, op.at)
    const splits = (text: string, i: number) =>
      /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(i - 1, i + 1))
    if (isText(value) && (splits(value['@text'], op.i) || splits(value['@text'], op.i + op.n))) return root
  }
  return op.t !== 'gone' && op.at.length === 0 ? root : apply(root, op)
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const rest = [...items]
  return items.map((_, i) => rest.splice((seed + i * 7919) % rest.length, 1)[0]!)
}

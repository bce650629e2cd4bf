/**
 * Queries as data: which objects, in which order, how many. Evaluated in the worker over everything,
 * and in a tab over the few objects that it has itself changed and the worker has not yet confirmed.
 */
import { HearthError, invalid } from './errors.js'
import type { DeviceId, ObjectId, SpaceId } from './ids.js'
import {
  isLink,
  isList,
  isRecord,
  isText,
  isTime,
  sameStored,
  type Stored,
  type StoredRecord,
} from './values.js'

/** What a query can see of an object. */
export interface Queryable {
  readonly id: ObjectId
  readonly type: string
  readonly value: StoredRecord
  /** Milliseconds since 1970, by the author's clock: for people, never for order. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Creation order: (Lamport, index) in one number, ties by device. See `creationOrder`. */
  readonly order: number
  readonly author: DeviceId
}

export type Comparison = Partial<
  Record<'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'startsWith', Stored> & {
    in: readonly Stored[]
    exists: boolean
  }
>
/** Conditions on paths, all of which must hold; `or` and `not` combine further ones. */
export interface Where {
  readonly [path: string]: Stored | Comparison | readonly Where[] | Where
}
export interface QuerySpec {
  /** Of one space, or of all. */
  readonly space?: SpaceId
  readonly type?: string
  readonly where?: Where
  /** Field paths; creation order breaks ties. */
  readonly orderBy?: readonly (readonly [path: string, direction: 'asc' | 'desc'])[]
  readonly limit?: number
  /** Only what comes after this object in the query's order. */
  readonly after?: ObjectId
}

/** Objects in one entry, at most; the factor between Lamport time and index in `order`. */
export const MAX_ENTRY_ITEMS = 1024

/** (Lamport, index) as one number that sorts; exact to Lamport times of 2^43. */
export const creationOrder = (lamport: number, index: number): number => lamport * MAX_ENTRY_ITEMS + index

const operators = new Set(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'startsWith', 'exists'])

const isComparison = (condition: unknown): condition is Comparison => {
  if (!isRecord(condition as Stored)) return false
  const keys = Object.keys(condition as object)
  return keys.length > 0 && keys.every((key) => operators.has(key))
}

/** Whether the object is of the query's type and meets its conditions. */
export const matches = (spec: QuerySpec, object: Queryable): boolean =>
  (spec.type === undefined || spec.type === object.type) &&
  (spec.where === undefined || meets(spec.where, object))

function meets(where: Where, object: Queryable): boolean {
  for (const key in where) {
    const condition = where[key]!
    if (key === 'or') {
      if (!(condition as readonly Where[]).some((part) => meets(part, object))) return false
    } else if (key === 'not') {
      if (meets(condition as Where, object)) return false
    } else {
      const value = fieldOf(object, key)
      if (isComparison(condition) ? !compares(condition, value) : !equal(value, condition as Stored))
        return false
    }
  }
  return true
}

function compares(condition: Comparison, value: Stored | undefined): boolean {
  for (const key in condition) {
    const operand = condition[key as keyof Comparison] as Stored
    if (!test(key, value, operand)) return false
  }
  return true
}

function test(operator: string, value: Stored | undefined, operand: Stored): boolean {
  switch (operator) {
    case 'eq':
      return equal(value, operand)
    case 'ne':
      return !equal(value, operand)
    case 'in':
      return (operand as readonly Stored[]).some((one) => equal(value, one))
    case 'exists':
      return (value !== undefined) === operand
    case 'contains':
      return isList(value)
        ? value.some((item) => equal(item, operand))
        : typeof value === 'string' && typeof operand === 'string' && value.includes(operand)
    case 'startsWith':
      return typeof value === 'string' && typeof operand === 'string' && value.startsWith(operand)
  }
  const [x, y] = [scalar(value), scalar(operand)]
  // Only values of one kind have an order: a missing date is neither before nor after a date.
  if (x === undefined || y === undefined || typeof x !== typeof y) return false
  return operator === 'gt' ? x > y : operator === 'gte' ? x >= y : operator === 'lt' ? x < y : x <= y
}

/** A missing field equals null: both mean "nothing there". */
const equal = (value: Stored | undefined, operand: Stored): boolean =>
  // A link equals the object that it leads to, and its id.
  (isLink(value) && value['@link'] === operand) ||
  sameStored(value ?? null, isText(operand) ? operand['@text'] : operand)

/** The value at a dotted path, with text as its string. `$createdAt` and `$updatedAt` are times, `id` is the id. */
export function fieldOf(object: Queryable, path: string): Stored | undefined {
  if (path === '$createdAt') return { '@time': object.createdAt }
  if (path === '$updatedAt') return { '@time': object.updatedAt }
  if (path === 'id') return object.id
  let value: Stored | undefined = own(object.value, path)
  if (value === undefined && path.includes('.')) {
    value = object.value
    for (const key of path.split('.'))
      value = isRecord(value)
        ? own(value, key)
        : isList(value) && /^\d+$/.test(key)
          ? value[Number(key)]
          : undefined
  }
  return isText(value) ? value['@text'] : value
}

const own = (record: StoredRecord, key: string) => (Object.hasOwn(record, key) ? record[key] : undefined)

function scalar(value: Stored | undefined): number | string | undefined {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'boolean') return Number(value)
  return isTime(value) ? value['@time'] : isText(value) ? value['@text'] : undefined
}

/** Kinds sort in this order, so that a column of mixed values has one order everywhere; nothing comes first. */
function rank(value: Stored | undefined): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'boolean') return 1
  if (typeof value === 'number') return 2
  if (isTime(value)) return 3
  return typeof value === 'string' ? 4 : isLink(value) ? 5 : 6
}

/** Creation order of two objects. */
export const byCreation = (a: Queryable, b: Queryable): number =>
  a.order - b.order ||
  (a.author < b.author ? -1 : a.author > b.author ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** The query's order. Strings compare by code unit, so that it is the same in every tab and language. */
export function comparator(spec: QuerySpec): (a: Queryable, b: Queryable) => number {
  const orderBy = spec.orderBy
  if (!orderBy?.length) return byCreation
  return (a, b) => {
    for (const [path, direction] of orderBy) {
      const [x, y] = [fieldOf(a, path), fieldOf(b, path)]
      const [p, q] = [scalar(x), scalar(y)]
      const order = rank(x) - rank(y) || (p === q || p === undefined || q === undefined ? 0 : p < q ? -1 : 1)
      if (order) return direction === 'desc' ? -order : order
    }
    return byCreation(a, b)
  }
}

/**
 * Refuses what could not be evaluated, before anything is asked.
 * @throws HearthError `echo/invalid`
 */
export function checkSpec(spec: QuerySpec): void {
  const { limit, type, orderBy } = spec
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
    invalid('limit takes a whole number from 0')
  if (type !== undefined && (typeof type !== 'string' || type === '')) invalid('a type is a name')
  for (const [path, direction] of orderBy ?? [])
    if (typeof path !== 'string' || (direction !== 'asc' && direction !== 'desc'))
      invalid("orderBy takes a field and 'asc' or 'desc'")
  if (spec.where !== undefined) checkWhere(spec.where, 0)
}

function checkWhere(where: unknown, depth: number): void {
  if (!isRecord(where as Stored)) invalid('a condition is a record of fields')
  if (depth > 16) throw new HearthError('echo/too-large', { reason: 'conditions nested more than 16 deep' })
  for (const [key, condition] of Object.entries(where as Where)) {
    if (key === 'or') {
      if (!Array.isArray(condition)) invalid('or takes a list of conditions')
      for (const part of condition as Where[]) checkWhere(part, depth + 1)
    } else if (key === 'not') checkWhere(condition, depth + 1)
    else if (isComparison(condition) && condition.in !== undefined && !isList(condition.in))
      invalid('in takes a list')
  }
}

/** Random edits of random objects, each legal for the value that is there. */
import type { ObjectId } from '../../worker/protocol/ids.js'
import type { Op, Path } from '../../worker/protocol/operations.js'
import { isList, isRecord, isText, type Stored, type StoredRecord } from '../../worker/protocol/values.js'
import type { Random } from '../e2e/random.js'

const words = ['milk', 'oat', 'né', '🙂', 'a long walk', '', 'x']

export const randomId = (random: Random): ObjectId => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return Array.from({ length: 22 }, () => alphabet[random.between(0, 63)]).join('') as ObjectId
}

export function randomValue(random: Random, depth = 0): Stored {
  switch (random.between(0, depth > 2 ? 6 : 9)) {
    case 0:
      return null
    case 1:
      return random.next() < 0.5
    case 2:
      return random.between(-5, 2 ** 40)
    case 3:
      return random.next() * 100
    case 4:
      return random.pick(words)
    case 5:
      return { '@time': random.between(0, 2 ** 40) }
    case 6:
      return Uint8Array.from({ length: random.between(0, 5) }, () => random.between(0, 255))
    case 7:
      return { '@text': random.pick(words) + random.pick(words) }
    case 8:
      return Array.from({ length: random.between(0, 4) }, () => randomValue(random, depth + 1))
    default:
      return randomRecord(random, depth + 1)
  }
}

export function randomRecord(random: Random, depth = 0): StoredRecord {
  const record: Record<string, Stored> = {}
  for (let i = random.between(0, 4); i > 0; i--)
    record[random.pick(['a', 'b', 'c', 'title', 'n'])] = randomValue(random, depth)
  return record
}

/** An operation on some place of the value. */
export function randomOp(random: Random, root: StoredRecord): Op {
  const { at, value } = randomPlace(random, root, [])
  if (isText(value)) {
    const text = [...value['@text']]
    const from = random.between(0, text.length)
    const n = random.between(0, Math.min(2, text.length - from))
    const units = (part: string[]) => part.join('').length
    return {
      t: 'text',
      at,
      i: units(text.slice(0, from)),
      n: units(text.slice(from, from + n)),
      v: random.pick(words),
    }
  }
  if (isList(value)) {
    const i = random.between(0, value.length)
    if (value.length > 1 && random.next() < 0.4)
      return {
        t: 'move',
        at,
        i: random.between(0, value.length - 1),
        to: random.between(0, value.length - 1),
      }
    return {
      t: 'list',
      at,
      i,
      n: random.between(0, Math.min(1, value.length - i)),
      v: [randomValue(random, 2)],
    }
  }
  if (at.length > 0 && typeof value === 'string' && random.next() < 0.5) return { t: 'totext', at }
  if (at.length > 0 && Number.isSafeInteger(value) && random.next() < 0.7)
    return { t: 'inc', at, n: random.between(-3, 9) }
  if (isRecord(value) || at.length === 0) {
    const key = random.pick(['a', 'b', 'c', 'title', 'n'])
    return random.next() < 0.2
      ? { t: 'del', at: [...at, key] }
      : { t: 'put', at: [...at, key], v: randomValue(random, at.length) }
  }
  return { t: 'put', at, v: randomValue(random, at.length) }
}

function randomPlace(random: Random, value: Stored, at: Path): { at: Path; value: Stored } {
  const keys = isList(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : []
  if (keys.length === 0 || random.next() < 0.3) return { at, value }
  const key = random.pick<string | number>(keys)
  return randomPlace(random, (value as StoredRecord)[key]!, [...at, key])
}

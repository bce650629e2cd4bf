/**
 * What comes from a tab is hostile until checked here: shapes, bounds and keys of every message.
 * A frame that breaks the protocol ends its own session (`rpc/malformed`) and touches nothing else;
 * a well-formed value that may not be stored refuses its batch with the code the tab would have thrown.
 */
import { HearthError } from './errors.js'
import { isId, type ObjectId } from './ids.js'
import type { Op, Path } from './operations.js'

import type { Hello, Item, TabFrame, TabMessage } from './rpc.js'
import {
  checkKey,
  checkNumber,
  checkString,
  isList,
  isRecord,
  isText,
  MAX_BYTES,
  MAX_DEPTH,
  MAX_KEY,
  MAX_OBJECT,
  sizeOf,
  type Stored,
  type StoredRecord,
} from './values.js'

/** Messages in one frame, and operations in one batch. */
const MAX_MESSAGES = 100_000
const MAX_ITEMS = 1_000_000
/** Characters of a URL. */
const MAX_URL = 2_000
/** The latest time that a Date can hold, in milliseconds either side of 1970. */
const MAX_TIME = 8.64e15

const malformed = (reason: string): never => {
  throw new HearthError('rpc/malformed', { reason })
}
const isObject = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v)
const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0

/** @throws HearthError `rpc/malformed` */
export function verifyHello(hello: unknown): Hello {
  if (!isObject(hello) || !isId(hello.client) || !isCount(hello.rpc)) malformed('hello')
  const { rpc, build, client, app, held, files, shell } = hello as unknown as Hello
  if (typeof build !== 'string' || typeof app !== 'string' || app.length > MAX_KEY) malformed('hello')
  if (files !== undefined && !isFolder(files)) malformed('hello')
  const there = { ...(files !== undefined && { files }), ...(shell === true && { shell }) }
  return { rpc, build, client, app, held: held === true, ...there }
}

const isFolder = (url: unknown): url is string =>
  typeof url === 'string' && url.length <= MAX_URL && /^https?:\/\/.+\/$/.test(url) && URL.canParse(url)

/** Whether it may be a frame of a tab that has shaken hands. */
export const isFrame = (data: unknown): boolean => isObject(data) && 'm' in data

/** @throws HearthError `rpc/malformed` */
export function verifyFrame(frame: unknown): TabFrame {
  if (!isObject(frame) || !isCount(frame.seen) || !isList(frame.m as Stored)) malformed('frame')
  const { m } = frame as unknown as TabFrame
  if (m.length > MAX_MESSAGES) malformed('frame of too many messages')
  for (const message of m) verifyMessage(message)
  return frame as unknown as TabFrame
}

function verifyMessage(message: TabMessage): void {
  if (!isObject(message)) malformed('message')
  switch (message.t) {
    case 'batch':
      if (
        !isCount(message.n) ||
        typeof message.space !== 'string' ||
        !isList(message.items as unknown as Stored)
      )
        malformed('batch')
      if (message.items.length > MAX_ITEMS) malformed('batch of too many operations')
      for (const item of message.items) verifyItemShape(item)
      return
    case 'query':
      if (!isCount(message.q) || !isObject(message.spec)) malformed('query')
      return
    case 'unquery':
      if (!isCount(message.q)) malformed('unquery')
      return
    case 'load':
      if (!isCount(message.q) || !isId(message.id)) malformed('load')
      return
    case 'ask':
      if (!isCount(message.q) || !isList(message.what as unknown as Stored)) malformed('ask')
      if (message.what.some((word) => typeof word !== 'string')) malformed('ask')
      return
    case 'unask':
      if (!isCount(message.q)) malformed('unask')
      return
    case 'unwatch':
      if (!isList(message.ids as unknown as Stored)) malformed('unwatch')
      return
    case 'requests':
      if (!(message.port instanceof MessagePort)) malformed('requests')
      return
    case 'seen':
    case 'held':
    case 'leave':
      return
    default:
      malformed('unknown message')
  }
}

function verifyItemShape(item: Item): void {
  if (!isObject(item) || !isId(item.id)) malformed('item')
  if ('op' in item) verifyOpShape(item.op)
  else if (typeof item.type !== 'string' || !isRecord(item.value)) malformed('creation')
}

function verifyOpShape(op: Op): void {
  if (!isObject(op)) malformed('operation')
  if (op.t === 'gone') {
    if (typeof op.v !== 'boolean') malformed('gone')
    return
  }
  if (!isPath(op.at)) malformed('path')
  switch (op.t) {
    case 'put':
      if (op.at.length === 0) malformed('put')
      return
    case 'del':
    case 'totext':
      if (op.at.length === 0) malformed(op.t)
      return
    case 'list':
      if (!isCount(op.i) || !isCount(op.n) || !isList(op.v)) malformed('list')
      return
    case 'text':
      if (!isCount(op.i) || !isCount(op.n) || typeof op.v !== 'string') malformed('text')
      return
    case 'move':
      if (!isCount(op.i) || !isCount(op.to)) malformed('move')
      return
    case 'inc':
      if (!Number.isSafeInteger(op.n) || op.at.length === 0) malformed('inc')
      return
    default:
      malformed('unknown operation')
  }
}

const isPath = (path: unknown): path is Path =>
  Array.isArray(path) && path.length <= MAX_DEPTH && path.every((k) => typeof k === 'string' || isCount(k))

/**
 * The content of a well-formed item: may it be stored?
 * @throws HearthError `echo/invalid`, `echo/too-large`
 */
export function verifyItem(item: Item): void {
  if (!('op' in item)) {
    checkKey(item.type)
    if (Object.hasOwn(item.value, 'id'))
      throw new HearthError('echo/invalid', { reason: '"id" is given by Hearth' })
    verifyValue(item.value, 0)
    if (sizeOf(item.value) > MAX_OBJECT)
      throw new HearthError('echo/too-large', { reason: 'an object over 16 MiB' })
    return
  }
  const op = item.op
  if (op.t === 'gone') return
  for (const key of op.at) if (typeof key === 'string') checkKey(key)
  if (op.at[0] === 'id') throw new HearthError('echo/invalid', { reason: '"id" is given by Hearth' })
  if (op.t === 'put') verifyValue(op.v, op.at.length)
  else if (op.t === 'list') for (const v of op.v) verifyValue(v, op.at.length + 1)
  else if (op.t === 'text') checkString(op.v)
}

function verifyValue(value: Stored, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new HearthError('echo/too-large', { reason: `values nested more than ${MAX_DEPTH} deep` })
  switch (typeof value) {
    case 'boolean':
      return
    case 'number':
      if (!Object.is(checkNumber(value), value)) throw new HearthError('echo/invalid', { reason: '−0' })
      return
    case 'string':
      checkString(value)
      return
    case 'object':
      if (value === null) return
      if (value instanceof Uint8Array) {
        if (value.length > MAX_BYTES) throw new HearthError('echo/too-large', { reason: 'bytes over 64 KiB' })
        return
      }
      if (isList(value)) {
        for (const item of value) verifyValue(item, depth + 1)
        return
      }
      if (verifyTagged(value)) return
      for (const key in value) {
        checkKey(key)
        verifyValue((value as StoredRecord)[key]!, depth + 1)
      }
      return
    default:
      throw new HearthError('echo/invalid', { reason: `a ${typeof value}` })
  }
}

/** Whether it is text, time or a link, and then a right one. */
function verifyTagged(value: object): boolean {
  const keys = Object.keys(value)
  if (!keys[0]?.startsWith('@')) return false
  const tagged = value as { '@text'?: unknown; '@time'?: unknown; '@link'?: unknown }
  const right =
    keys.length === 1 &&
    (isText(value)
      ? typeof tagged['@text'] === 'string' && checkString(tagged['@text']) !== undefined
      : '@time' in value
        ? Number.isSafeInteger(tagged['@time']) && Math.abs(tagged['@time'] as number) <= MAX_TIME
        : isId(tagged['@link']))
  if (!right) throw new HearthError('echo/invalid', { reason: `a malformed ${keys[0]}` })
  return true
}

/** @throws HearthError `rpc/malformed`, `echo/invalid` */
export const verifyIds = (ids: readonly unknown[]): ids is readonly ObjectId[] => ids.every(isId)

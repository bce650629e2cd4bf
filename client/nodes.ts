/**
 * Live objects: proxies over the view of an object, made when they are asked for. A nested proxy stands for a place;
 * where elements are inserted, deleted or moved before it, by anybody, it goes along with its element.
 */
import { HearthError, invalid } from '../worker/protocol/errors.js'
import { valueAt, type Op, type Path } from '../worker/protocol/operations.js'
import { mapElement } from '../worker/protocol/transform.js'
import {
  checkKey,
  isLink,
  isList,
  isRecord,
  isText,
  isTime,
  type Stored,
  type StoredRecord,
} from '../worker/protocol/values.js'
import { diffList, diffText } from './diff.js'
import { fixList, listMethods } from './lists.js'
import { NODE } from './identity.js'
import type { TabObject } from './objects.js'
import { storeValue } from './store-value.js'
import type { Writes } from './writes.js'

/** One place in an object: it handles the proxy that stands for it. */
export abstract class Node {
  readonly live: object
  private children: Map<string | number, Node> | undefined

  constructor(
    readonly object: TabObject,
    readonly writes: Writes,
    readonly parent: Node | undefined,
    private key: string | number | undefined,
    target: object,
  ) {
    this.live = new Proxy(target, this as ProxyHandler<object>)
  }

  /** Keys from the root. @throws HearthError `echo/removed` if its element is gone */
  get path(): Path {
    if (!this.parent) return []
    if (this.key === undefined) throw new HearthError('echo/removed')
    return [...this.parent.path, this.key]
  }

  /** Itself, for its live object and for nothing that only inherits from that. */
  protected behind(receiver: unknown): this | undefined {
    return receiver === this.live ? this : undefined
  }

  /** The stored value in the view; undefined if it is gone. */
  get value(): Stored | undefined {
    if (!this.parent) return this.object.view
    if (this.key === undefined) return undefined
    return valueAt(this.parent.value, [this.key])
  }

  /** What an app reads at a key. */
  read(key: string | number): unknown {
    const value = valueAt(this.value, [key])
    if (typeof value !== 'object' || value === null) return value
    if (isText(value)) return value['@text']
    if (isTime(value)) return new Date(value['@time'])
    if (value instanceof Uint8Array) return value.slice()
    if (isLink(value)) return rootOf(this.object.table.link(value['@link']), this.writes).live
    return this.child(key, isList(value)).live
  }

  /** The node of a container inside. */
  child(key: string | number, list: boolean): Node {
    this.children ??= new Map()
    const known = this.children.get(key)
    if (known && known instanceof ListNode === list) return known
    if (known) known.key = undefined
    const node = new (list ? ListNode : RecordNode)(this.object, this.writes, this, key)
    this.children.set(key, node)
    return node
  }

  /** An assignment: text and lists merge what differs, anything else is replaced. */
  assign(key: string | number, value: unknown): void {
    const before = valueAt(this.value, [key])
    const at = [...this.path, key]
    if (value === undefined) return this.write(before === undefined ? [] : [{ t: 'del', at }])
    const stored = storeValue(value, at.length)
    if (isText(before) && typeof stored === 'string') this.write(diffText(at, before['@text'], stored))
    else if (isList(before) && isList(stored)) this.write(diffList(at, before, stored))
    else if (before !== stored) this.write([{ t: 'put', at, v: stored }])
  }

  /** @throws HearthError `echo/removed`, `echo/unknown-object` */
  write(ops: readonly Op[]): void {
    if (!this.object.record) throw new HearthError('echo/unknown-object')
    if (this.object.gone) throw new HearthError('echo/removed')
    this.writes.write(this.object, ops)
  }

  /** The node at a path, if it was ever asked for. */
  private at([key, ...rest]: Path): Node | undefined {
    return key === undefined ? this : this.children?.get(key)?.at(rest)
  }

  private shiftElements(op: Parameters<typeof mapElement>[0]): void {
    const moved = new Map<string | number, Node>()
    for (const [index, child] of this.children ?? []) {
      child.key = mapElement(op, index as number)
      if (child.key !== undefined) moved.set(child.key, child)
    }
    this.children = moved
  }

  /** Nested nodes go where the operation takes them. */
  shift(op: Op): void {
    if (op.t !== 'list' && op.t !== 'move') return
    this.at(op.at)?.shiftElements(op)
  }
}

/**
 * The live object of an object. It is kept only as long as the app has it, or a part of it: a list of 10,000 that was
 * read once costs nothing more after that.
 */
export function rootOf(object: TabObject, writes: Writes): Node {
  let node = object.root?.deref()
  if (!node) {
    object.root = new WeakRef((node = new RecordNode(object, writes)))
    // Known from before this worker: what has become of it is read again.
    if (object.record && object.state === 'loading') object.table.fetch(object.id)
  }
  return node
}

// Proxies of one kind share a target, which nothing ever changes.
const recordTarget = {}
const listTarget: unknown[] = []

class RecordNode extends Node implements ProxyHandler<object> {
  constructor(object: TabObject, writes: Writes, parent?: Node, key?: string | number) {
    super(object, writes, parent, key, recordTarget)
  }

  private get fields(): StoredRecord {
    const { value } = this
    return isRecord(value) ? value : {}
  }

  /** Whether the key is the object's own id. */
  private isId(key: string | symbol): boolean {
    return key === 'id' && !this.parent
  }

  get(_: object, key: string | symbol, receiver: unknown): unknown {
    if (this.isId(key)) return this.object.id
    if (key === NODE) return this.behind(receiver)
    if (typeof key === 'string' && Object.hasOwn(this.fields, key)) return this.read(key)
    return Reflect.get(Object.prototype, key, receiver)
  }
  has(_: object, key: string | symbol): boolean {
    return this.isId(key) || Object.hasOwn(this.fields, key) || key in Object.prototype
  }
  ownKeys(): string[] {
    return [...(this.parent ? [] : ['id']), ...Object.keys(this.fields)]
  }
  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    if (!this.isId(key) && !Object.hasOwn(this.fields, key)) return undefined
    return { value: this.get(target, key, target), writable: true, enumerable: true, configurable: true }
  }
  set(_: object, key: string | symbol, value: unknown): boolean {
    this.assign(this.writable(key), value)
    return true
  }
  deleteProperty(_: object, key: string | symbol): boolean {
    this.assign(this.writable(key), undefined)
    return true
  }
  defineProperty(_: object, key: string | symbol, { value, get }: PropertyDescriptor): boolean {
    if (get) invalid('an accessor')
    return this.set(_, key, value)
  }
  setPrototypeOf(): boolean {
    return invalid('a prototype')
  }
  preventExtensions(): boolean {
    return invalid('a live object cannot be frozen; hearth.snapshot() gives a frozen copy')
  }

  private writable(key: string | symbol): string {
    if (typeof key === 'symbol') return invalid('a symbol')
    if (this.isId(key)) invalid('"id" is given by Hearth; keep one of your own under another name')
    return checkKey(key)
  }
}

class ListNode extends Node implements ProxyHandler<unknown[]> {
  constructor(object: TabObject, writes: Writes, parent: Node, key: string | number) {
    super(object, writes, parent, key, listTarget)
  }

  private get elements(): readonly Stored[] {
    const { value } = this
    return isList(value) ? value : []
  }

  get(target: unknown[], key: string | symbol, receiver: unknown): unknown {
    if (key === 'length') return this.elements.length
    if (key === NODE) return this.behind(receiver)
    const index = indexOf(key)
    if (index !== undefined) return this.read(index)
    return Object.hasOwn(listMethods, key) ? listMethods[key as string] : Reflect.get(target, key, receiver)
  }
  has(target: unknown[], key: string | symbol): boolean {
    const index = indexOf(key)
    return index === undefined ? key in target : index < this.elements.length
  }
  ownKeys(): string[] {
    return [...this.elements.keys()].map(String).concat('length')
  }
  getOwnPropertyDescriptor(target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    // `length` cannot be configured on the target, so it must not be here.
    if (key === 'length')
      return { value: this.elements.length, writable: true, enumerable: false, configurable: false }
    if (!this.has(target, key)) return undefined
    return { value: this.get(target, key, target), writable: true, enumerable: true, configurable: true }
  }
  set(_: unknown[], key: string | symbol, value: unknown): boolean {
    const { length } = this.elements
    const index = key === 'length' ? undefined : indexOf(key)
    if (key === 'length' && (value as number) <= length)
      fixList(this, value as number, length - (value as number), [])
    else if (index === length) fixList(this, index, 0, [value])
    else if (index !== undefined && index < length && value !== undefined) this.assign(index, value)
    else invalid('a list has elements only, one after the other')
    return true
  }
  deleteProperty(): boolean {
    return invalid('a list has no holes; remove the element with splice')
  }
  defineProperty(_: unknown[], key: string | symbol, { value }: PropertyDescriptor): boolean {
    return this.set(_, key, value)
  }
}

const indexOf = (key: string | symbol): number | undefined =>
  typeof key === 'string' && /^(0|[1-9]\d*)$/.test(key) ? Number(key) : undefined

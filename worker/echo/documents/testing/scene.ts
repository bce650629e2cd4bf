/** A document of Alice's, and changes that Eve makes up for it: whatever Automerge can encode, whoever it says made it. */
import { encodeChange } from '@automerge/automerge/slim'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { StoredRecord } from '../../../protocol/values.js'
import { deviceActor } from '../actors.js'
import { buildCreation } from '../creation.js'
import { newHandle, type Handle } from '../handle.js'
import { mergeInto } from '../merge-into.js'
import type { Incoming, Merged } from '../merging.js'
import { ObjectDocument } from '../object-document.js'
import { device, object } from './edits.js'

/** As `encodeChange` takes it. */
export interface MadeUpOp {
  readonly action: string
  readonly obj: string
  readonly key?: string
  readonly elemId?: string
  readonly insert?: boolean
  readonly value?: unknown
  readonly datatype?: string
  readonly pred: readonly string[]
}
interface MadeUp {
  readonly actor: string
  readonly seq: number
  readonly startOp: number
  readonly deps: readonly string[]
  readonly time: number
  readonly message: string | null
}

export const value = {
  body: { '@text': 'a😀b' },
  count: 1,
  list: [1, { a: 1 }, ['x']],
  other: [1, 2],
  rec: { inner: { deep: true } },
  title: 'whole',
  link: { '@link': object },
} satisfies StoredRecord
export const creation = { id: object, type: 'note', value }
export const eve = deviceActor(device('eve'), object)

export class Scene {
  /** What Automerge makes of the creation, to look up the ids of operations. */
  readonly raw: Handle = newHandle('ee'.repeat(16))
  document = ObjectDocument.open({ id: object, device: device('alice'), creation })
  /** How often it had to be opened again. */
  reopened = 0
  readonly #taken: Incoming[] = []

  constructor() {
    this.raw.applyChanges([buildCreation(creation)])
  }

  /** Id of the object at a path. */
  id(...path: readonly (string | number)[]): string {
    return path.reduce<string>((obj, key) => this.raw.getWithType(obj, key)![1] as string, '_root')
  }

  /** The operation that wrote the value at a key or index. */
  op(obj: string, key: string | number): string {
    const all = this.raw.getAll(obj, key).at(-1) as unknown as string[]
    return (all[2] ?? all[1])!
  }

  get last(): number {
    return this.raw.stats().numOps
  }

  make(ops: readonly MadeUpOp[], but: Partial<MadeUp> = {}): Uint8Array {
    const made = {
      actor: eve,
      seq: 1,
      startOp: this.last + 1,
      deps: this.raw.getHeads(),
      time: 5,
      message: null,
    }
    return encodeChange({ ...made, author: null, ...but, ops } as never)
  }

  put(key: string, v: unknown, but: Partial<MadeUpOp> = {}): MadeUpOp {
    return {
      action: 'set',
      obj: '_root',
      key,
      value: v,
      ...(typeof v === 'number' && { datatype: 'int' }),
      pred: [],
      ...but,
    }
  }

  /** Whether what Bob makes meanwhile is taken, and shows. */
  async takesBob(): Promise<boolean> {
    const bob = ObjectDocument.open({ id: object, device: device('bob'), creation })
    const changes = bob.edit([{ t: 'put', at: ['bob'], v: 1 }], 1)
    bob.free()
    const { ops } = await this.merge(changes, 'bob')
    return ops.length === 1 && this.document.materialise().value['bob'] === 1
  }

  async merge(changes: readonly Uint8Array[], by = 'eve'): Promise<Merged> {
    const incoming = changes.map((change) => ({ by: device(by), change }))
    const { document, merged } = await mergeInto(this.document, incoming, () => {
      this.reopened++
      const again = ObjectDocument.open({ id: object, device: device('alice'), creation })
      again.merge(this.#taken)
      return Promise.resolve(again)
    })
    this.document = document
    const not = new Set([...merged.refused, ...merged.waiting].map(({ index }) => index))
    this.#taken.push(...incoming.filter((_, index) => !not.has(index)))
    return merged
  }
}

export const hashOf = (change: Uint8Array) => bytesToHex(sha256(change.subarray(8)))

/** With the checksum that its content should have. */
export function repaired(change: Uint8Array): Uint8Array {
  const bytes = change.slice()
  bytes.set(sha256(bytes.subarray(8)).subarray(0, 4), 4)
  return bytes
}

/** A chunk of a kind, with a right checksum. */
export function chunk(kind: number, content: Uint8Array): Uint8Array {
  return repaired(
    new Uint8Array([0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind, ...leb(content.length), ...content]),
  )
}

export function leb(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, ...leb(Math.floor(n / 128))]
}

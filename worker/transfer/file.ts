/**
 * A space as one file: its membership log and the entries of all its feeds, as they were signed, and its objects as they were when it was
 * written, to be read without any key; and what leads back to that very space, for the recovery words of whoever wrote it.
 *
 *   file = "hearth-space\n" part … end
 *   part = kind (1 byte) | length (4 bytes, the highest first) | that many bytes
 *   end  = kind 5: SHA-256 of all that comes before this part
 *
 * Spec: docs/protocol/file.md.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { cbor, strictCbor } from '../echo/cbor.js'
import { compress, decompress } from '../echo/inflate.js'
import { HearthError } from '../protocol/errors.js'
import { isId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import { sameBytes } from '../protocol/same-bytes.js'
import { isRecord, type Stored, type StoredRecord } from '../protocol/values.js'

export const FILE_TYPE = 'application/x-hearth-space'
const MAGIC = new TextEncoder().encode('hearth-space\n')
const VERSION = 1
const FRAME_BYTES = 5
/** One object of 16 MiB goes whole, and so does an entry. */
const MAX_PART = 32 << 20
/** Of what is written, so much is held in memory at one time. */
const GATHER_BYTES = 4 << 20

const HEAD = 1
const LOG = 2
const ENTRIES = 3
const OBJECTS = 4
const END = 5
const WAY = 6
const CHECKPOINT = 7
const PIECE = 8

export interface FileHead {
  readonly space: SpaceId
  readonly name: string
  /** Milliseconds since 1970, by the clock of the device that wrote it. */
  readonly at: number
}
export type FileObject = readonly [id: ObjectId, type: string, value: StoredRecord]

export class FileWriter {
  private readonly digest = sha256.create()
  private readonly blobs: Blob[] = []
  private chunks: Uint8Array<ArrayBuffer>[] = []
  private gathered = 0

  constructor({ space, name, at }: FileHead) {
    this.write(MAGIC)
    this.part(HEAD, cbor([VERSION, space, name, at]))
  }

  log(entries: readonly Uint8Array[]): void {
    this.part(LOG, cbor(entries))
  }

  /** Of feeds. */
  entries(entries: readonly Uint8Array[]): void {
    this.part(ENTRIES, cbor(entries))
  }

  /** What stands for entries that are not in the file, and its pieces in order. */
  checkpoint(head: Uint8Array, pieces: readonly Uint8Array[]): void {
    this.part(CHECKPOINT, head)
    for (const piece of pieces) this.part(PIECE, piece)
  }

  objects(objects: readonly FileObject[]): void {
    this.part(OBJECTS, compress(cbor(objects)))
  }

  /** For the recovery words of whoever writes it, as in `halo/kept/way-back.ts`. @returns false if it is too long for a file */
  way(way: Uint8Array): boolean {
    if (way.length > MAX_PART) return false
    this.part(WAY, way)
    return true
  }

  end(): Blob {
    this.part(END, this.digest.clone().digest())
    this.store()
    return new Blob(this.blobs, { type: FILE_TYPE })
  }

  private part(kind: number, content: Uint8Array): void {
    const frame = new Uint8Array(FRAME_BYTES)
    frame[0] = kind
    new DataView(frame.buffer).setUint32(1, content.length)
    this.write(frame)
    this.write(content)
  }

  private write(bytes: Uint8Array): void {
    this.digest.update(bytes)
    this.chunks.push(bytes as Uint8Array<ArrayBuffer>)
    this.gathered += bytes.length
    if (this.gathered >= GATHER_BYTES) this.store()
  }

  /** The browser may keep it elsewhere than in memory. */
  private store(): void {
    this.blobs.push(new Blob(this.chunks))
    this.chunks = []
    this.gathered = 0
  }
}

/** A file that was read once, and is whole. */
export class SpaceFile {
  private constructor(
    private readonly blob: Blob,
    readonly head: FileHead,
  ) {}

  /** @throws HearthError `echo/import-unknown`, `echo/import-newer`, `echo/import-damaged` */
  static async open(blob: Blob): Promise<SpaceFile> {
    const begin = await bytesOf(blob, 0, MAGIC.length)
    if (!sameBytes(begin, MAGIC)) throw new HearthError('echo/import-unknown')
    const digest = sha256.create().update(MAGIC)
    let head: FileHead | undefined
    let isWhole = false
    for await (const { kind, frame, read } of partsOf(blob)) {
      // What is newer may have other parts, too.
      if (!head && kind !== HEAD) damaged('head')
      if (isWhole) damaged('more after its end')
      const content = await read()
      head ??= headOf(content)
      // defence: file-digest
      if (kind === END && !sameBytes(content, digest.clone().digest())) damaged('sum')
      isWhole = kind === END
      digest.update(frame).update(content)
    }
    if (!head || !isWhole) return damaged('end')
    return new SpaceFile(blob, head)
  }

  /** Entries of the membership log, each after those that it stands on. @throws HearthError `echo/import-damaged` */
  log(): AsyncGenerator<Uint8Array[]> {
    return this.contents(LOG, listOfBytes)
  }

  /** Of feeds, each after the one before. @throws HearthError `echo/import-damaged` */
  entries(): AsyncGenerator<Uint8Array[]> {
    return this.contents(ENTRIES, listOfBytes)
  }

  /** The head of what stands for entries that are not in it; its pieces are asked for apart. @throws HearthError `echo/import-damaged` */
  async checkpoint(): Promise<Uint8Array | undefined> {
    for await (const head of this.contents(CHECKPOINT, (content) => content)) return head
    return undefined
  }

  /** In order. @throws HearthError `echo/import-damaged` */
  pieces(): AsyncGenerator<Uint8Array> {
    return this.contents(PIECE, (content) => content)
  }

  /** What leads whoever wrote it back to this very space, by their words; none in files of the first builds. @throws HearthError `echo/import-damaged` */
  async way(): Promise<Uint8Array | undefined> {
    for await (const way of this.contents(WAY, (content) => content)) return way
    return undefined
  }

  /** In order of creation. What values hold is not checked yet. @throws HearthError `echo/import-damaged` */
  objects(): AsyncGenerator<FileObject[]> {
    return this.contents(OBJECTS, objectsOf)
  }

  private async *contents<T>(wanted: number, shape: (content: Uint8Array) => T): AsyncGenerator<T> {
    for await (const { kind, read } of partsOf(this.blob)) if (kind === wanted) yield shape(await read())
  }
}

interface Part {
  readonly kind: number
  readonly frame: Uint8Array
  readonly read: () => Promise<Uint8Array>
}

async function* partsOf(blob: Blob): AsyncGenerator<Part> {
  for (let at = MAGIC.length; at < blob.size;) {
    const frame = await bytesOf(blob, at, FRAME_BYTES)
    if (frame.length < FRAME_BYTES) damaged('cut off')
    const length = new DataView(frame.buffer, frame.byteOffset).getUint32(1)
    const begin = at + FRAME_BYTES
    // defence: file-part-bounds
    if (length > MAX_PART || begin + length > blob.size) damaged('length')
    yield { kind: frame[0]!, frame, read: () => bytesOf(blob, begin, length) }
    at = begin + length
  }
}

/** @throws HearthError `echo/import-damaged`: the file is on a medium that cannot be read */
async function bytesOf(blob: Blob, at: number, length: number): Promise<Uint8Array> {
  const slice = blob.slice(at, at + length)
  const buffer = await slice.arrayBuffer().catch((e: unknown) => damaged((e as Error).message))
  return new Uint8Array(buffer)
}

function headOf(content: Uint8Array): FileHead {
  const fields = decoded(content)
  if (!Array.isArray(fields)) return damaged('head')
  const [version, space, name, at] = fields as unknown[]
  if (Number.isSafeInteger(version) && (version as number) > VERSION)
    throw new HearthError('echo/import-newer', { theirs: version as number })
  if (version !== VERSION || !isLogId(space) || typeof name !== 'string' || typeof at !== 'number')
    return damaged('head')
  return { space: space as SpaceId, name, at }
}

function listOfBytes(content: Uint8Array): Uint8Array[] {
  const list = decoded(content)
  const isOne = Array.isArray(list) && list.every((one) => one instanceof Uint8Array)
  return isOne ? (list as Uint8Array[]) : damaged('list')
}

function objectsOf(content: Uint8Array): FileObject[] {
  const list = decoded(inflated(content))
  return Array.isArray(list) && list.every(isObject) ? (list as FileObject[]) : damaged('objects')
}

const isObject = (one: unknown): boolean =>
  Array.isArray(one) &&
  one.length === 3 &&
  isId(one[0]) &&
  typeof one[1] === 'string' &&
  isRecord(one[2] as Stored)

function inflated(content: Uint8Array): Uint8Array {
  try {
    return decompress(content, MAX_PART)
  } catch (e) {
    return damaged((e as Error).message)
  }
}

function decoded(content: Uint8Array): unknown {
  try {
    return strictCbor(content)
  } catch (e) {
    return damaged((e as Error).message)
  }
}

/** Of 32 bytes, in text. */
const isLogId = (id: unknown): boolean => typeof id === 'string' && /^[\w-]{43}$/.test(id)

function damaged(reason: string): never {
  throw new HearthError('echo/import-damaged', { reason })
}

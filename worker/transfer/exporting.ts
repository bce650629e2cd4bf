/** Writes a space to a file. */
import type { Echo } from '../echo/echo.js'
import type { Capsules } from '../capsules.js'
import type { Halo } from '../halo/halo.js'
import { sealWayBack } from '../halo/kept/way-back.js'
import type { HaloSpace } from '../halo/space.js'
import type { SuitePlatform } from '../halo/suite/platform.js'
import { HearthError } from '../protocol/errors.js'
import type { SpaceId } from '../protocol/ids.js'
import { isOwnType } from '../protocol/own-types.js'
import { sizeOf } from '../protocol/values.js'
import { FileWriter, type FileObject } from './file.js'

/** What goes into one part, about. */
const PART_BYTES = 1 << 20
const PART_OBJECTS = 256

export interface Exporting {
  readonly platform: SuitePlatform
  readonly halo: Halo
  readonly echo: Echo
  readonly capsules: Pick<Capsules, 'own'>
}

/**
 * All that is here of it and durable, whether it counts or not.
 * @param at milliseconds since 1970
 * @throws HearthError `echo/unknown-space`, `store/…`
 */
export async function exportSpace(
  { platform, halo, echo, capsules }: Exporting,
  id: SpaceId,
  at: number,
): Promise<Blob> {
  await echo.loadAll()
  await echo.settled()
  const space = halo.get(id)
  if (!space) throw new HearthError('echo/unknown-space')
  const file = new FileWriter({ space: id, name: space.info.name, at })
  const log = [...space.log.entries].map(({ bytes }) => bytes)
  const way = await wayBack(platform, halo, capsules, space).catch(() => undefined)
  if (way) file.way(way)
  for (const part of inParts(log, ({ length }) => length)) file.log(part)
  const checkpoint = await checkpointOf(echo, id)
  if (checkpoint) file.checkpoint(...checkpoint)
  for await (const portion of echo.exchange.lackedBy(id, new Map()))
    for (const part of inParts(portion, ({ length }) => length)) file.entries(part)
  const rows: FileObject[] = []
  for (const { id: object, type, value } of echo.objectsOf(id)) {
    // What is Hearth's own holds keys of other spaces, which are not to go with this one.
    // defence: own-objects-stay
    if (isOwnType(type)) continue
    rows.push([object, type, value])
  }
  for (const part of inParts(rows, ([, , value]) => sizeOf(value))) file.objects(part)
  return file.end()
}

/** @returns undefined until a device that keeps the words of this identity has been heard of */
async function wayBack(
  platform: SuitePlatform,
  { spaces: [personal] }: Halo,
  capsules: Pick<Capsules, 'own'>,
  space: HaloSpace,
): Promise<Uint8Array | undefined> {
  const capsule = await capsules.own()
  const to = personal!.log.recovery
  if (!capsule || !to) return undefined
  const own = [...personal!.log.entries].map(({ bytes }) => bytes)
  return sealWayBack(platform, capsule, to, space.id, { own, keys: space.knownKeys() })
}

/** Where entries are gone, what stands for them. A later one may take its place while it is read. @throws HearthError `store/…` */
async function checkpointOf(
  { checkpoints }: Echo,
  id: SpaceId,
): Promise<[head: Uint8Array, pieces: Uint8Array[]] | undefined> {
  for (let base = checkpoints.of(id); base && base.gone.size > 0; base = checkpoints.of(id)) {
    const pieces: Uint8Array[] = []
    for (let n = 0; n < base.head.pieces.length; n++) {
      const piece = await checkpoints.piece(id, base.head.id, n)
      if (piece) pieces.push(piece)
    }
    if (pieces.length === base.head.pieces.length) return [base.bytes, pieces]
    if (checkpoints.of(id) === base) throw new HearthError('store/failed', { reason: 'a piece is missing' })
  }
  return undefined
}

function* inParts<T>(list: readonly T[], sizeOfOne: (one: T) => number): Generator<T[]> {
  let part: T[] = []
  let bytes = 0
  for (const one of list) {
    const size = sizeOfOne(one)
    if (part.length > 0 && (bytes + size > PART_BYTES || part.length >= PART_OBJECTS)) {
      yield part
      part = []
      bytes = 0
    }
    part.push(one)
    bytes += size
  }
  if (part.length > 0) yield part
}

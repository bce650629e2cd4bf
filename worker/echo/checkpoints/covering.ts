/** What checkpoints do to ECHO, and ask of it. */
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import type { ObjectRecord } from '../../protocol/rpc.js'
import type { Damage } from '../../protocol/status.js'
import type { Space } from '../space.js'

export interface Covering {
  /** It was not left meanwhile. */
  isHere(space: Space): boolean
  damage(damage: Damage): void
  /** New objects, in what is shown. */
  show(space: Space, created: readonly ObjectRecord[]): void
  /** Everything here is known to be here. */
  loaded(): Promise<void>
  /** There is another checkpoint here; feeds may have come further. */
  covered(space: Space): void
  /** Whether the space's setting is that entries need not be kept which a checkpoint stands for. */
  mayDrop(space: Space): boolean
  /** Pages stand for all that is durable when it resolves. */
  writePages(): Promise<void>
  /** No entry up to these is needed to load the document of this object any more. */
  save(space: Space, id: ObjectId, covers: ReadonlyMap<DeviceId, number>): Promise<void>
  /** Nothing is read or written any more. */
  ended(): boolean
}

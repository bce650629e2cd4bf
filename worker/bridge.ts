/**
 * What one tab has been told and may not have seen yet, object by object. An edit that the tab made meanwhile is
 * mapped over it. The tab runs the mirror image of this over its own pending edits (see `transform.ts`).
 */
import type { ClientId, ObjectId } from './protocol/ids.js'
import { coalesce } from './protocol/coalesce.js'
import type { Op } from './protocol/operations.js'
import { transformRuns } from './protocol/transform.js'

interface Told {
  /** The frame that said so. */
  readonly frame: number
  readonly by: ClientId
  ops: Op[]
}

export class Bridge {
  private readonly told = new Map<ObjectId, Told[]>()
  /** Frames in which an object's state was replaced: edits made before on it have no base. */
  private readonly resets = new Map<ObjectId, number>()

  constructor(private readonly client: ClientId) {}

  /** @param joined whether the tab gets them joined to what was told just before: both sides map over the same operations */
  tell(id: ObjectId, frame: number, by: ClientId, ops: readonly Op[], joined = false): void {
    const list = this.told.get(id)
    const last = list?.at(-1)
    if (last?.frame === frame && last.by === by)
      for (const op of ops)
        if (joined) coalesce(last.ops, op)
        else last.ops.push(op)
    else if (list) list.push({ frame, by, ops: [...ops] })
    else this.told.set(id, [{ frame, by, ops: [...ops] }])
  }

  reset(id: ObjectId, frame: number): void {
    this.told.delete(id)
    this.resets.set(id, frame)
  }

  /** Whether an edit of this object, by a tab that has seen frames up to `seen`, still has its base. */
  hasBase(id: ObjectId, seen: number): boolean {
    return (this.resets.get(id) ?? 0) <= seen
  }

  /** The tab's operations, mapped over what it had not seen. */
  map(id: ObjectId, ops: readonly Op[], seen: number): readonly Op[] {
    const list = this.told.get(id)
    if (!list) return ops
    while (list[0] && list[0].frame <= seen) list.shift()
    if (list.length === 0) this.told.delete(id)
    let mapped = ops
    for (const told of list) [told.ops, mapped] = transformRuns(told.ops, mapped, this.client > told.by)
    return mapped
  }

  /** Forgets what the tab has seen. */
  seen(frame: number): void {
    for (const [id, list] of this.told) {
      const left = list.filter((told) => told.frame > frame)
      if (left.length > 0) this.told.set(id, left)
      else this.told.delete(id)
    }
    for (const [id, at] of this.resets) if (at <= frame) this.resets.delete(id)
  }

  /** Operations kept, for the bound on what a silent tab may cost. */
  get size(): number {
    let size = 0
    for (const list of this.told.values()) for (const told of list) size += told.ops.length
    return size
  }
}

/** The objects of one space in memory, by id. Those of Hearth's own types are few among many, and looked for again whenever something was written. */
import type { ObjectId } from '../protocol/ids.js'
import { isOwnType } from '../protocol/own-types.js'
import type { Row } from './row.js'

export class Rows extends Map<ObjectId, Row> {
  /** Those that are Hearth's own. */
  readonly own = new Map<ObjectId, Row>()

  override set(id: ObjectId, row: Row): this {
    if (isOwnType(row.record.type)) this.own.set(id, row)
    else this.own.delete(id)
    return super.set(id, row)
  }

  override delete(id: ObjectId): boolean {
    this.own.delete(id)
    return super.delete(id)
  }

  override clear(): void {
    this.own.clear()
    super.clear()
  }
}

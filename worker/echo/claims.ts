/**
 * Ids of objects that tabs make while pages are still coming. They are shown at once; whether an id is free is known
 * when everything is here, and until then what makes it is not durable. Ids are 128 random bits, so that only a tab
 * that is broken or hostile ever claims one that is taken: its object is refused, the one of the store stands.
 */
import { HearthError } from '../protocol/errors.js'
import type { ObjectId } from '../protocol/ids.js'
import type { Batch } from './batch.js'
import type { Space } from './space.js'

export class Claims {
  private readonly made = new Set<ObjectId>()
  private readonly taken = new Set<ObjectId>()

  constructor(private readonly spaces: () => Iterable<Space>) {}

  /** Whether an id may still turn out to be taken. */
  get open(): boolean {
    for (const { loading } of this.spaces()) if (loading) return true
    return false
  }

  /** Resolves when no id can turn out to be taken any more. @throws HearthError if the store cannot be read */
  async settled(): Promise<void> {
    await Promise.all([...this.spaces()].map(({ loading }) => loading?.hurry()))
  }

  /** A tab has made these. */
  claim(ids: Iterable<ObjectId>): void {
    if (this.open) for (const id of ids) this.made.add(id)
    else this.made.clear()
  }

  /** The store has this one. */
  found(id: ObjectId): void {
    if (this.made.delete(id)) this.taken.add(id)
  }

  /** @throws HearthError `echo/invalid` with the id of an object that was there before */
  check(batches: readonly Batch[]): void {
    if (this.taken.size === 0) return
    for (const { items } of batches)
      for (const item of items)
        if ('created' in item && this.taken.delete(item.id))
          throw new HearthError('echo/invalid', { reason: THERE, object: item.id })
  }
}

export const THERE = 'an object with this id is there already'

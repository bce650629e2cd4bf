/**
 * What became of an object since the oldest edit of this tab that a killed worker would lose: the value before it, and
 * all that followed, in order. So it can be told what an edit was made on, and no value is kept for each of them.
 */
import { coalesce } from '../worker/protocol/coalesce.js'
import { apply, type Op } from '../worker/protocol/operations.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import type { Part } from './writes.js'

/** An edit of this tab, operations of others, or another value in place of all that was. */
type Step = Part | readonly Op[] | { readonly value: StoredRecord }

export class Ledger {
  /** Edits of this tab in it that are not durable. */
  unsaved = 0
  readonly #steps: Step[] = []
  /** Of each step, as it was when it was made: an edit that is mapped to what is there now gets others. */
  readonly #ops: (readonly Op[])[] = []
  /** Steps that lead to `value`: edits are mostly asked about one after the other. */
  #at = 0
  #value: StoredRecord

  /** @param shown whether it leads to what the tab shows, or to confirmed state */
  constructor(
    private readonly first: StoredRecord,
    public shown = false,
  ) {
    this.#value = first
  }

  add(step: Step): void {
    this.#steps.push(step)
    if ('object' in step) this.unsaved++
    this.#ops.push('object' in step ? step.ops : 'value' in step ? [] : step)
  }

  /** What an edit in it was made on. */
  before(part: Part): StoredRecord {
    let to = this.#steps.indexOf(part, this.#at)
    if (to < 0) {
      to = this.#steps.indexOf(part)
      this.#at = 0
      this.#value = this.first
    }
    let ops: Op[] = []
    for (; this.#at < to; this.#at++) {
      const step = this.#steps[this.#at]!
      if ('value' in step) {
        ops = []
        this.#value = step.value
      } else for (const op of this.#ops[this.#at]!) coalesce(ops, op)
    }
    for (const op of ops) this.#value = apply(this.#value, op)
    return this.#value
  }
}

/**
 * One object as an Automerge document, below Automerge's JS API. Loaded when the object is written or merged into,
 * freed afterwards. What it shows after any operations is what `apply` makes of the stored value.
 * Spec: docs/protocol/objects.md.
 */
import { HearthError } from '../../protocol/errors.js'
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import type { Op } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import { deviceActor } from './actors.js'
import { buildCreation, type Creation } from './creation.js'
import { Editor } from './editor.js'
import { GONE_KEY, newHandle, ROOT, TYPE_KEY, type Handle } from './handle.js'
import { readFields } from './materialise.js'
import { merge, type Incoming, type Merged } from './merging.js'
import { Refused, Rival } from './refused.js'
import { loadSaved } from './saved.js'
import { Weight } from './weight.js'

interface Open {
  readonly doc: Handle
  readonly editor: Editor
  /** Counted when others' changes come. */
  readonly weight: Weight
}

export class ObjectDocument {
  readonly #id: ObjectId
  #open: Open | undefined

  private constructor(id: ObjectId, doc: Handle) {
    this.#id = id
    this.#open = { doc, editor: new Editor(id, doc), weight: new Weight(doc) }
  }

  /**
   * From creation data and/or a saved document, plus changes that may or may not be in it. Nothing of these is judged:
   * they are this device's own, or were taken before.
   * @throws HearthError `echo/damaged` {object} for bytes that Automerge refuses or panics on, and where no
   * creation is among them. Other documents are not affected.
   */
  static open(source: {
    id: ObjectId
    device: DeviceId
    creation?: Creation
    saved?: Uint8Array
    changes?: readonly Uint8Array[]
  }): ObjectDocument {
    const doc = newHandle(deviceActor(source.device, source.id))
    const document = new ObjectDocument(source.id, doc)
    document.#guard(() => {
      if (source.saved) loadSaved(doc, source.saved)
      const changes = [
        ...(source.creation ? [buildCreation(source.creation)] : []),
        ...(source.changes ?? []),
      ]
      if (changes.length > 0) doc.applyChanges(changes)
      if (typeof doc.get(ROOT, TYPE_KEY) !== 'string') throw new TypeError('no creation')
    })
    return document
  }

  get id(): ObjectId {
    return this.#id
  }

  /**
   * Applies operations at the tip, in order. Operations whose target is not there change nothing.
   * @returns the changes made, in order: none when nothing changed, more than one where a conversion came between.
   * @throws HearthError `echo/damaged` when the document cannot take them; it is then closed
   */
  edit(ops: readonly Op[], timeMs: number): Uint8Array[] {
    return this.#guard(({ editor }) => editor.edit(ops, timeMs))
  }

  /**
   * Takes what may be taken of changes from elsewhere, in whatever order they are. To be called by `mergeInto`, which
   * knows what to do when it throws.
   * @throws Refused, Rival, HearthError `echo/damaged` for changes that only Automerge shows to be wrong; the document is then
   * closed, though nothing is the matter with what it was made from
   */
  merge(incoming: readonly Incoming[]): Merged {
    return this.#guard(({ doc, editor, weight }) => {
      const { index, lists } = editor
      const merged = merge({ object: this.#id, doc, index, lists, weight }, incoming)
      editor.forget()
      return merged
    })
  }

  /** The stored form: what `apply` would have made of the creation's value by the same operations. */
  materialise(): { type: string; value: StoredRecord; gone: boolean } {
    return this.#guard(({ doc, editor }) => ({
      type: doc.get(ROOT, TYPE_KEY) as string,
      value: readFields(doc, ROOT, editor.lists),
      gone: doc.get(ROOT, GONE_KEY) === true,
    }))
  }

  save(): Uint8Array {
    return this.#guard(({ doc }) => doc.save())
  }

  get heads(): readonly string[] {
    return this.#guard(({ doc }) => doc.getHeads())
  }

  /** Hashes of changes that others depend on and that have not come. */
  get missing(): readonly string[] {
    return this.#guard(({ doc }) => doc.getMissingDeps())
  }

  /** Gives the memory back. The document cannot be used any more. */
  free(): void {
    this.#open?.doc.free()
    this.#open = undefined
  }

  /** Nothing half-done stays usable: whatever fails inside Automerge closes the document. */
  #guard<T>(run: (open: Open) => T): T {
    if (!this.#open) throw new HearthError('echo/damaged', { object: this.#id })
    try {
      return run(this.#open)
    } catch (e) {
      this.#close()
      if (e instanceof Refused || e instanceof Rival) throw e
      throw new HearthError('echo/damaged', { object: this.#id })
    }
  }

  #close(): void {
    try {
      this.free()
    } catch {
      // After a panic the wasm may refuse to free: a leak, but of this document only.
      this.#open = undefined
    }
  }
}

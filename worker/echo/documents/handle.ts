/**
 * Automerge below its JS API: one wasm handle per document, no JS copy of the content.
 * The wasm must have been initialised (`initializeWasm`) before the first call.
 */
import { getBackend, init } from '@automerge/automerge/slim'

/** A document inside the wasm. Its memory is given back by `free()` only. */
export type Handle = ReturnType<typeof getBackend>
/** A value with its type, as `getWithType` gives it. */
export type Typed = NonNullable<ReturnType<Handle['getWithType']>>
/** Id of an operation, and of the object that an operation made: `<counter>@<actor>`. */
export type OpId = string
export const ROOT = '_root'

/** Root keys that are ours. Apps cannot write keys that begin with `@`. */
export const TYPE_KEY = '@type'
export const GONE_KEY = '@gone'
/** The only key of a map that is a link. */
export const LINK_KEY = '@link'

let blank: Handle | undefined

/** An empty document that writes as the given actor (hex). */
export function newHandle(actor: string): Handle {
  // Cloning costs half of `init`, which also makes the JS document that nobody here reads.
  blank ??= getBackend(init({ actor: '00' }))
  return blank.clone(actor)
}

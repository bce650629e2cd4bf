/**
 * @noble/curves, for whoever has no WebCrypto to compute with: loaded, and its tables made, only then. What everybody needs is
 * written out where it is used.
 */
export const library = () =>
  (loaded ??= import('./noble.js').catch((e: unknown) => {
    // A failed download may be tried again by whoever needs it next.
    loaded = undefined
    throw e
  }))

// Asking the module loader each time takes longer than what it is asked for.
let loaded: Promise<typeof import('./noble.js')> | undefined

/**
 * @noble/curves, for whoever has no WebCrypto to compute with: loaded, and its tables made, only then. What everybody needs is
 * written out where it is used.
 */
export const library = () => import('./noble.js')

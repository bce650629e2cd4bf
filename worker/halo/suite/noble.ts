/** What of @noble/curves is used where WebCrypto cannot be. Only `library.ts` may load this. */
export { ed25519, x25519 } from '@noble/curves/ed25519.js'

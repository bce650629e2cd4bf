/** A private key as it is kept and passed on. Only `ed25519.ts` and `x25519.ts` look into it. */
export type PrivateKey =
  | {
      /** A handle of WebCrypto's: no script can read the key. */
      readonly kind: 'handle'
      readonly publicKey: Uint8Array
      readonly handle: CryptoKey
    }
  | {
      /** The key itself, where the browser has no handles for it or cannot keep them. */
      readonly kind: 'secret'
      readonly publicKey: Uint8Array
      readonly secret: Uint8Array
    }

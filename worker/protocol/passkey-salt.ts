/**
 * What every passkey is asked with: the same for all, so that one can be used on a device that knows nothing of it. Each passkey has a secret
 * of its own for it anyway. 32 bytes: this text in ASCII, and zeros. Builds before this one drew another for each.
 */
const TEXT = 'hearth/1/passkey'
export const PASSKEY_SALT: Uint8Array = Uint8Array.from({ length: 32 }, (_, at) => TEXT.charCodeAt(at) || 0)

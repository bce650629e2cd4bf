/** HKDF-SHA-256 (RFC 5869). What is derived depends on its label and the id of its log, so that no two uses share a key. */
import { frame, type DeriveLabel, type Log } from './labels.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'

/**
 * @param context what else must be the same for the result to be the same
 * @returns 32 bytes
 */
export const derive = (
  { subtle }: SuitePlatform,
  label: DeriveLabel,
  log: Log,
  secret: Uint8Array,
  context: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> => {
  const info = frame(
    'derive',
    label,
    log,
    // defence: derived-for-its-context
    context,
  )
  return hkdf(subtle, secret, new Uint8Array(), info, KEY_BYTES)
}

/** For the suite itself, which frames `info`. @param bytes at most 255 × 32 */
export async function hkdf(
  subtle: SubtleCrypto,
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  bytes: number,
): Promise<Uint8Array> {
  const key = await subtle.importKey('raw', secret as BufferSource, 'HKDF', false, ['deriveBits'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: salt as BufferSource, info: info as BufferSource }
  return new Uint8Array(await subtle.deriveBits(how, key, bytes * 8))
}

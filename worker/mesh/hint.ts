/**
 * What a device tells of itself at a topic, to those who know the topic's secret: its id, so that they know whether they have to call.
 * It proves nothing, the session does. 12 bytes of nonce, then AES-256-GCM, with the peer id as what it belongs to.
 */
import { fromBase64Url, toBase64Url, type DeviceId } from '../protocol/ids.js'
import { DEVICE_BYTES } from '../protocol/wire.js'
import type { MeshPlatform } from './platform.js'

const NONCE_BYTES = 12

type Needed = Pick<MeshPlatform, 'subtle' | 'random'>

const keyOf = ({ subtle }: Needed, secret: Uint8Array) =>
  subtle.importKey('raw', secret as BufferSource, 'AES-GCM', false, ['encrypt', 'decrypt'])

const suite = (iv: Uint8Array, peer: Uint8Array) => ({
  ...{ name: 'AES-GCM', iv: iv as BufferSource, additionalData: peer as BufferSource },
})

export async function makeHint(
  platform: Needed,
  secret: Uint8Array,
  peer: Uint8Array,
  device: DeviceId,
): Promise<Uint8Array> {
  const nonce = platform.random(NONCE_BYTES)
  const key = await keyOf(platform, secret)
  const sealed = await platform.subtle.encrypt(suite(nonce, peer), key, fromBase64Url(device) as BufferSource)
  return new Uint8Array([...nonce, ...new Uint8Array(sealed)])
}

/** @returns undefined of somebody who does not know the secret */
export async function readHint(
  platform: Needed,
  secret: Uint8Array,
  peer: Uint8Array,
  hint: Uint8Array,
): Promise<DeviceId | undefined> {
  try {
    const key = await keyOf(platform, secret)
    const sealed = hint.subarray(NONCE_BYTES) as BufferSource
    const opened = await platform.subtle.decrypt(suite(hint.slice(0, NONCE_BYTES), peer), key, sealed)
    return opened.byteLength === DEVICE_BYTES ? (toBase64Url(new Uint8Array(opened)) as DeviceId) : undefined
  } catch {
    return undefined
  }
}

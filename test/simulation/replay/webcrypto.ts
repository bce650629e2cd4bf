/**
 * WebCrypto, as far as Hearth uses it, computed at once by the same OpenSSL. Node's own computes in other threads, whose answers come in
 * an order that no seed repeats, and several times as late. Results and errors are the same; `webcrypto.node.test.ts` compares them.
 * A key is a plain object, so that a disk in memory can keep it, and knows what it may be used for.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  diffieHellman,
  sign,
  verify,
  webcrypto,
  type KeyObject,
} from 'node:crypto'
import { privateKey, publicBytes, publicKey, type Curve } from './bare-keys.js'
import { randomOf } from './chance.js'

interface Key {
  readonly type: KeyType
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly KeyUsage[]
  /** Of a private key, its seed. */
  readonly bytes: Uint8Array
}
type Named = string | { readonly name: string }

const TAG_BYTES = 16
const KEY_BYTES = 32
const PKCS8_BYTES = 48
/** Which digest is which in OpenSSL. */
const digests: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' }

const methods = {
  async digest(algorithm: Named, data: BufferSource) {
    return bufferOf(createHash(digests[nameOf(algorithm)]!).update(view(data)).digest())
  },

  async generateKey(algorithm: Named, extractable: boolean, usages: readonly KeyUsage[]) {
    const [name, seed] = [curveOf(algorithm), randomOf(KEY_BYTES)]
    const secret = privateKey(name, seed)
    const ofPublic = usages.filter((usage) => usage === 'verify')
    const ofPrivate = usages.filter((usage) => usage !== 'verify')
    return {
      publicKey: made('public', true, name, ofPublic, publicBytes(secret)),
      privateKey: made('private', extractable, name, ofPrivate, seed, secret),
    }
  },

  async importKey(
    format: KeyFormat,
    data: BufferSource,
    algorithm: Named,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ) {
    const bytes = Uint8Array.from(view(data))
    const name = nameOf(algorithm)
    if (name === 'AES-GCM' && format === 'raw') {
      if (![16, 24, 32].includes(bytes.length)) throw new DOMException('Invalid key length', 'DataError')
      return made('secret', extractable, name, usages, bytes)
    }
    const curve = curveOf(algorithm)
    const isPublic = format === 'raw'
    if (bytes.length !== (isPublic ? KEY_BYTES : PKCS8_BYTES) || !['raw', 'pkcs8'].includes(format))
      throw new DOMException('Invalid keyData', 'DataError')
    if (isPublic) return made('public', extractable, curve, usages, bytes)
    return made('private', extractable, curve, usages, bytes.slice(-KEY_BYTES))
  },

  async exportKey(format: KeyFormat, key: Key) {
    if (!key.extractable) throw new DOMException('key is not extractable', 'InvalidAccessError')
    if (format !== 'raw' || key.type === 'private') throw new DOMException(format, 'NotSupportedError')
    return bufferOf(key.bytes)
  },

  async sign(algorithm: Named, key: Key, data: BufferSource) {
    return bufferOf(sign(null, view(data), handleOf(key, curveOf(algorithm), 'sign')))
  },

  async verify(algorithm: Named, key: Key, signature: BufferSource, data: BufferSource) {
    return verify(null, view(data), handleOf(key, curveOf(algorithm), 'verify'), view(signature))
  },

  async deriveBits(
    { name, public: theirs }: { readonly name: string; readonly public: Key },
    key: Key,
    bits: number,
  ) {
    const own = handleOf(key, curveOf(name), 'deriveBits')
    const shared = failing(() => diffieHellman({ privateKey: own, publicKey: handleOf(theirs, 'X25519') }))
    return bufferOf(shared.subarray(0, bits / 8))
  },

  async encrypt({ name, iv, additionalData }: AesGcmParams, key: Key, data: BufferSource) {
    const cipher = createCipheriv(gcm(name, key, 'encrypt'), key.bytes, view(iv))
    if (additionalData) cipher.setAAD(view(additionalData))
    const text = cipher.update(view(data))
    cipher.final()
    const all = new Uint8Array(text.length + TAG_BYTES)
    all.set(text)
    all.set(cipher.getAuthTag(), text.length)
    return all.buffer
  },

  async decrypt({ name, iv, additionalData }: AesGcmParams, key: Key, data: BufferSource) {
    const bytes = view(data)
    const cipher = createDecipheriv(gcm(name, key, 'decrypt'), key.bytes, view(iv))
    if (bytes.length < TAG_BYTES) throw new DOMException('The provided data is too small.', 'OperationError')
    if (additionalData) cipher.setAAD(view(additionalData))
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return failing(() => {
      const text = cipher.update(bytes.subarray(0, -TAG_BYTES))
      cipher.final()
      return bufferOf(text)
    })
  },
}

let isInPlace = false

/** From now on, in this process. Keys that Node's own has made before are still its own. */
export function putInPlace(): void {
  if (isInPlace) return
  isInPlace = true
  const prototype = Object.getPrototypeOf(webcrypto.subtle) as Record<
    string,
    (...given: unknown[]) => unknown
  >
  for (const [name, compute] of Object.entries<(...given: never[]) => unknown>(methods)) {
    const original = prototype[name]!
    prototype[name] = function (this: unknown, ...given: unknown[]) {
      const isForeign = given.some((one) => one instanceof CryptoKey)
      return isForeign ? original.apply(this, given) : compute(...(given as never[]))
    }
  }
}

const handles = new WeakMap<Key, KeyObject>()

function made(
  type: KeyType,
  extractable: boolean,
  name: string,
  usages: readonly KeyUsage[],
  bytes: Uint8Array,
  handle?: KeyObject,
): Key {
  const key = { type, extractable, algorithm: { name }, usages: [...usages], bytes }
  if (handle) handles.set(key, handle)
  return key
}

/** @throws DOMException it is a key of something else, or for something else */
function handleOf(key: Key, curve: Curve, usage?: KeyUsage): KeyObject {
  mayBeUsed(key, curve, usage)
  const known = handles.get(key)
  if (known) return known
  const handle = (key.type === 'private' ? privateKey : publicKey)(curve, key.bytes)
  handles.set(key, handle)
  return handle
}

function gcm(name: string, key: Key, usage: KeyUsage) {
  mayBeUsed(key, name, usage)
  return `aes-${(8 * key.bytes.length) as 128 | 192 | 256}-gcm` as const
}

function mayBeUsed({ algorithm, usages }: Key, name: string, usage?: KeyUsage): void {
  if (algorithm.name !== name || (usage && !usages.includes(usage)))
    throw new DOMException(`Unable to use this key to ${usage}`, 'InvalidAccessError')
}

/** As WebCrypto says of all that OpenSSL may say. */
function failing<T>(compute: () => T): T {
  try {
    return compute()
  } catch (cause) {
    throw new DOMException('The operation failed for an operation-specific reason', {
      name: 'OperationError',
      cause,
    } as never)
  }
}

const nameOf = (algorithm: Named) => (typeof algorithm === 'string' ? algorithm : algorithm.name)

function curveOf(algorithm: Named): Curve {
  const name = nameOf(algorithm)
  if (name !== 'Ed25519' && name !== 'X25519') throw new DOMException(name, 'NotSupportedError')
  return name
}

const view = (data: BufferSource): Uint8Array =>
  data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

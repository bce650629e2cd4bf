/**
 * Recovery words under a passkey. Its PRF extension gives 32 bytes that only this passkey can give, to this site only; from them
 * comes the key that locks the words. Spec: docs/protocol/suite.md.
 */
import type { Passkey } from '../../worker/protocol/rpc.js'

/** What the key is for: part of its derivation, never given another meaning. */
const PURPOSE = new TextEncoder().encode('hearth/1/passkey/recovery-words')

/** Whether this browser can have one; whether it can do this, only asking tells. */
export const mayHavePasskeys = (): boolean => 'PublicKeyCredential' in globalThis

/**
 * Makes a passkey and locks the words with it.
 * @param name as the browser's own dialogs show it
 * @throws Error that a person can read: it was called off, or the passkey cannot do it
 */
export async function lockWithPasskey(words: string, name: string): Promise<Passkey> {
  const salt = random(32)
  const made = (await asked(
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Hearth' },
        user: { id: random(16), name, displayName: name },
        // Nobody verifies it: what counts is what the passkey derives.
        challenge: random(32),
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )) as PublicKeyCredential
  const credential = new Uint8Array(made.rawId)
  // Some passkeys answer when they are made, others only when they are used.
  const secret = secretOf(made) ?? (await use(credential, salt))
  const nonce = random(12)
  const key = await keyOf(secret, 'encrypt')
  const text = new TextEncoder().encode(words)
  const locked = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, text))
  return { credential, salt, nonce, locked }
}

/** @throws Error that a person can read */
export async function unlockWithPasskey(passkeys: readonly Passkey[]): Promise<string> {
  const salts = passkeys.map(({ credential, salt }) => [credential, salt] as const)
  const { credential, secret } = await useAny(salts)
  const { nonce, locked } = passkeys.find((one) => same(one.credential, credential))!
  const key = await keyOf(secret, 'decrypt')
  const opened = crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(nonce) }, key, bytes(locked))
  return new TextDecoder().decode(
    await opened.catch(() => {
      throw new Error('This passkey does not open the words: it has changed since.')
    }),
  )
}

const use = async (credential: Uint8Array, salt: Uint8Array) => (await useAny([[credential, salt]])).secret

async function useAny(salts: readonly (readonly [credential: Uint8Array, salt: Uint8Array])[]) {
  const used = (await asked(
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        allowCredentials: salts.map(([id]) => ({ type: 'public-key', id: bytes(id) })),
        userVerification: 'required',
        extensions: {
          prf: {
            evalByCredential: Object.fromEntries(
              salts.map(([id, salt]) => [base64Url(id), { first: bytes(salt) }]),
            ),
          },
        },
      },
    }),
  )) as PublicKeyCredential
  const secret = secretOf(used)
  if (!secret)
    throw new Error(
      'This passkey cannot lock anything: it lacks what browsers call PRF. Another one may do, such as that of a phone or a password manager.',
    )
  return { credential: new Uint8Array(used.rawId), secret }
}

function secretOf(credential: PublicKeyCredential): BufferSource | undefined {
  return credential.getClientExtensionResults().prf?.results?.first
}

async function asked(request: Promise<Credential | null>): Promise<Credential> {
  try {
    const credential = await request
    if (credential) return credential
  } catch (e) {
    const { name, message } = e as Error
    if (name !== 'NotAllowedError') throw new Error(`The passkey could not be used: ${message}`)
  }
  throw new Error('No passkey was used. Nothing was changed.')
}

async function keyOf(secret: BufferSource, use: KeyUsage): Promise<CryptoKey> {
  const from = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE }
  return crypto.subtle.deriveKey(hkdf, from, { name: 'AES-GCM', length: 256 }, false, [use])
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const bytes = (of: Uint8Array) => of as Uint8Array<ArrayBuffer>
const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i])
const base64Url = (of: Uint8Array) =>
  btoa(String.fromCharCode(...of)).replace(/[+/=]/g, (c) => (c === '+' ? '-' : c === '/' ? '_' : ''))

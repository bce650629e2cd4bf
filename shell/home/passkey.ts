/**
 * Asks a passkey for its secret: by the PRF extension of WebAuthn it gives 32 bytes that only it can give, and to this site only.
 * What is locked with them is the worker's (`worker/passkeys.ts`).
 */
import { toBase64Url } from '../../worker/protocol/ids.js'
import { PASSKEY_SALT } from '../../worker/protocol/passkey-salt.js'
import type { Passkey } from '../../worker/protocol/session-api.js'

/** Whether this browser can have one; whether it can do this, only asking tells. */
export const mayHavePasskeys = (): boolean => 'PublicKeyCredential' in globalThis

export interface Answered extends Passkey {
  /** 32 bytes. */
  readonly answer: Uint8Array
}

/**
 * @param name as the browser's own dialogs show it
 * @throws Error that a person can read: it was called off, or the passkey cannot do it
 */
export async function makePasskey(name: string): Promise<Answered> {
  const salt = PASSKEY_SALT
  const made = await asked(
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Hearth' },
        user: { id: random(16), name, displayName: name },
        // Nobody verifies it: what counts is what the passkey derives.
        challenge: random(32),
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        // It can be found where nothing is known of it.
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        extensions: { prf: { eval: { first: bytes(salt) } } },
      },
    }),
  )
  const credential = new Uint8Array(made.rawId)
  // Some passkeys answer when they are made, others only when they are used.
  return { credential, salt, answer: answerOf(made) ?? (await usePasskey([{ credential, salt }])).answer }
}

/** One of these, as the person chooses. @throws Error as `makePasskey` */
export async function usePasskey(passkeys: readonly Passkey[]): Promise<Answered> {
  const evalByCredential = Object.fromEntries(
    passkeys.map(({ credential, salt }) => [toBase64Url(credential), { first: bytes(salt) }]),
  )
  const ids = passkeys.map(({ credential }) => bytes(credential))
  const { credential, answer } = await answered(ids, { evalByCredential })
  const { salt } = passkeys.find((one) => toBase64Url(one.credential) === toBase64Url(credential))!
  return { credential, salt, answer }
}

/**
 * Whichever the person has for this site, on a device that knows of none.
 * @returns what it answers to `PASSKEY_SALT`: 32 bytes
 * @throws Error as `makePasskey`
 */
export async function useAnyPasskey(signal: AbortSignal): Promise<Uint8Array> {
  return (await answered([], { eval: { first: bytes(PASSKEY_SALT) } }, signal)).answer
}

/** @param ids of those that may be used; none: all */
async function answered(
  ids: readonly Uint8Array<ArrayBuffer>[],
  prf: AuthenticationExtensionsPRFInputs,
  signal?: AbortSignal,
): Promise<Pick<Answered, 'credential' | 'answer'>> {
  const used = await asked(
    navigator.credentials.get({
      ...(signal && { signal }),
      publicKey: {
        challenge: random(32),
        allowCredentials: ids.map((id) => ({ type: 'public-key', id })),
        userVerification: 'required',
        extensions: { prf },
      },
    }),
  )
  const answer = answerOf(used)
  if (!answer)
    throw new Error(
      'This passkey cannot be used for that: it lacks what browsers call PRF. Another one may do, such as that of a phone or a password manager.',
    )
  return { credential: new Uint8Array(used.rawId), answer }
}

function answerOf(credential: PublicKeyCredential): Uint8Array | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first
  return first && new Uint8Array(first as ArrayBuffer)
}

async function asked(request: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request
    if (credential) return credential as PublicKeyCredential
  } catch (e) {
    const { name, message } = e as Error
    if (name !== 'NotAllowedError' && name !== 'AbortError')
      throw new Error(`The passkey could not be used: ${message}`)
  }
  throw new Error('No passkey was used. Nothing was changed.')
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const bytes = (of: Uint8Array) => of as Uint8Array<ArrayBuffer>

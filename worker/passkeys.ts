/**
 * The recovery secret under passkeys: kept in the personal space, so that any device of the identity can show the words to whoever
 * has one. A passkey answers to windows only, so the shell asks it, and what it answers (by WebAuthn's PRF extension, 32 bytes that
 * only this passkey can give, to this site only) comes here.
 * Spec: docs/protocol/suite.md.
 */
import type { Halo } from './halo/halo.js'
import { decrypt, encrypt, type CipherContext, type Ciphertext } from './halo/suite/cipher.js'
import { KEY_BYTES, type SuitePlatform } from './halo/suite/platform.js'
import type { OwnObjects } from './own-objects.js'
import { HearthError, invalid } from './protocol/errors.js'
import { fromBase64Url, newId, type ObjectId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'
import type { Passkey } from './protocol/rpc.js'

/** Bytes of the id of a credential, at most (WebAuthn §4). */
const MAX_CREDENTIAL = 1023

interface Kept extends Passkey {
  readonly locked: Ciphertext
}

export class Passkeys {
  constructor(
    private readonly platform: SuitePlatform,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
  ) {}

  /** @throws HearthError `store/…` */
  async all(): Promise<Passkey[]> {
    return (await this.kept()).map(({ credential, salt }) => ({ credential, salt }))
  }

  /**
   * Durable when it resolves.
   * @param answer of the passkey to its salt: 32 bytes
   * @throws HearthError `halo/no-words-here`, `echo/invalid`, `echo/not-a-writer`, `store/…`
   */
  async lock({ credential, salt }: Passkey, answer: Uint8Array): Promise<void> {
    if (!isBytes(credential, 1, MAX_CREDENTIAL) || !isBytes(salt) || !isBytes(answer))
      invalid('that is no passkey')
    const { recoverySecret } = await import('./halo/suite/recovery-words.js')
    const secret = recoverySecret(await this.halo.recoveryPhrase())
    const locked = await encrypt(this.platform, answer, this.context(credential), secret)
    const id = newId<ObjectId>(this.platform.random(16))
    await this.objects.write([{ id, type: PASSKEY_TYPE, value: { credential, salt, locked: { ...locked } } }])
  }

  /** 24 words. @throws HearthError `halo/unreadable`: that passkey has locked nothing here; `store/…` */
  async unlock(credential: Uint8Array, answer: Uint8Array): Promise<string> {
    if (!isBytes(answer)) invalid('that is no passkey')
    const { recoveryWords } = await import('./halo/suite/recovery-words.js')
    for (const kept of await this.kept()) {
      const opening = decrypt(this.platform, answer, this.context(credential), kept.locked)
      const secret = await opening.catch(() => undefined)
      if (secret) return recoveryWords(secret)
    }
    throw new HearthError('halo/unreadable')
  }

  private context(credential: Uint8Array): CipherContext {
    return { label: 'recovery-secret', log: fromBase64Url(this.halo.identity.id), header: credential }
  }

  private async kept(): Promise<Kept[]> {
    const records = await this.objects.all(PASSKEY_TYPE)
    return records.flatMap(({ value }) => (isKept(value) ? [value] : []))
  }
}

const isBytes = (value: unknown, least = KEY_BYTES, most = least): value is Uint8Array =>
  value instanceof Uint8Array && value.length >= least && value.length <= most

/** Another device may have written it, or a later build. */
function isKept(value: unknown): value is Kept {
  const { credential, salt, locked } = value as Partial<Kept>
  const { commitment, bytes, salt: fresh } = (locked ?? {}) as Partial<Ciphertext>
  return (
    isBytes(credential, 1, MAX_CREDENTIAL) &&
    [salt, commitment, fresh].every((part) => isBytes(part)) &&
    isBytes(bytes, 1, 1024)
  )
}

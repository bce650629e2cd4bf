/**
 * The recovery secret under passkeys: kept in the personal space, so that any device of the identity can show the words to whoever
 * has one; and what leads to it from the passkey alone, which KUBEs are given (`capsules.ts`). A passkey answers to windows only, so the shell asks it, and what it answers (by WebAuthn's PRF extension, 32 bytes that
 * only this passkey can give, to this site only) comes here.
 * Spec: docs/protocol/suite.md.
 */
import type { Halo } from './halo/halo.js'
import { finderOf, makePasskeyCapsule } from './halo/kept/passkey-capsule.js'
import { sameBytes } from './protocol/same-bytes.js'
import { decrypt, encrypt, type CipherContext, type Ciphertext } from './halo/suite/cipher.js'
import { KEY_BYTES, type SuitePlatform } from './halo/suite/platform.js'
import type { OwnObjects } from './own-objects.js'
import { isBytes, leadOf, type Lead } from './passkey-leads.js'
import { HearthError, invalid } from './protocol/errors.js'
import { fromBase64Url, newId, type ObjectId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'
import { PASSKEY_SALT } from './protocol/passkey-salt.js'
import type { ObjectRecord } from './protocol/rpc.js'
import type { Passkey } from './protocol/session-api.js'
import { MAX_PASSKEYS } from './protocol/wire.js'

/** Bytes of the id of a credential, at most (WebAuthn §4). */
const MAX_CREDENTIAL = 1023

interface Kept extends Passkey {
  readonly locked: Ciphertext
  /** Missing where an earlier build has written it: it shows the words only. */
  readonly lead?: Lead | undefined
}

export class Passkeys {
  constructor(
    private readonly platform: SuitePlatform,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
  ) {}

  /** @throws HearthError `store/…` */
  async all(): Promise<Passkey[]> {
    return (await this.kept()).map(({ credential, salt, lead }) => ({
      ...{ credential, salt },
      ...(lead && { leads: true }),
    }))
  }

  /**
   * Durable when it resolves.
   * @param answer of the passkey to its salt: 32 bytes
   * @throws HearthError `halo/no-words-here`, `echo/invalid`, `echo/not-a-writer`, `store/…`
   */
  async lock({ credential, salt }: Passkey, answer: Uint8Array): Promise<void> {
    if (!isBytes(credential, 1, MAX_CREDENTIAL) || !isBytes(salt, KEY_BYTES) || !isBytes(answer, KEY_BYTES))
      invalid('that is no passkey')
    if ((await this.kept()).filter(({ lead }) => lead).length >= MAX_PASSKEYS)
      invalid(`up to ${MAX_PASSKEYS} passkeys lead to the words of one person`)
    const { recoverySecret } = await import('./halo/suite/recovery-words.js')
    const secret = recoverySecret(await this.halo.recoveryPhrase())
    const locked = await encrypt(this.platform, answer, this.context(credential), secret)
    const id = newId<ObjectId>(this.platform.random(16))
    // Asked with anything else, it could not be asked where nothing is known of it.
    const lead = sameBytes(salt, PASSKEY_SALT) && { lead: await this.leadTo(secret, answer) }
    const value = { credential, salt, locked: { ...locked }, ...lead }
    await this.objects.write([{ id, type: PASSKEY_TYPE, value }])
  }

  private async leadTo(secret: Uint8Array, answer: Uint8Array): Promise<Lead> {
    const { platform, halo } = this
    const [finder, { signer }] = [await finderOf(platform, answer), (await halo.words())!]
    const replica = halo.spaces[0]!.replica()
    const made = await makePasskeyCapsule(platform, finder, signer, replica, secret)
    return { finder: made.finder, sealed: made.sealed, signature: made.signature, voucher: made.voucher }
  }

  /** 24 words. @throws HearthError `halo/unreadable`: that passkey has locked nothing here; `store/…` */
  async unlock(credential: Uint8Array, answer: Uint8Array): Promise<string> {
    if (!isBytes(answer, KEY_BYTES)) invalid('that is no passkey')
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
    return records.flatMap(({ value }) => {
      if (!isKept(value)) return []
      const { credential, salt, locked } = value
      return [{ credential, salt, locked, lead: leadOf(value) }]
    })
  }
}

/** Another device may have written it, or a later build. */
function isKept(value: ObjectRecord['value']): value is ObjectRecord['value'] & Omit<Kept, 'lead'> {
  const { credential, salt, locked } = value as Partial<Kept>
  const { commitment, bytes, salt: fresh } = (locked ?? {}) as Partial<Ciphertext>
  return (
    isBytes(credential, 1, MAX_CREDENTIAL) &&
    [salt, commitment, fresh].every((part) => isBytes(part, KEY_BYTES)) &&
    isBytes(bytes, 1, 1024)
  )
}

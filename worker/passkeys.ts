/**
 * The recovery words, as passkeys have locked them: kept in the personal space, so that any device of the identity can show them to
 * whoever has the passkey. What locks and unlocks is the shell, for a passkey answers to windows only.
 */
import type { OwnObjects } from './own-objects.js'
import { invalid } from './protocol/errors.js'
import { newId, type ObjectId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'
import type { Passkey } from './protocol/rpc.js'

/** Bytes of each part: the least, and the most. */
const SIZES: Readonly<Record<keyof Passkey, readonly [number, number]>> = {
  credential: [1, 1023],
  salt: [32, 32],
  nonce: [12, 12],
  locked: [17, 1024],
}

export class Passkeys {
  constructor(
    private readonly platform: { random(bytes: number): Uint8Array },
    private readonly objects: OwnObjects,
  ) {}

  /** @throws HearthError `store/…` */
  async all(): Promise<Passkey[]> {
    const records = await this.objects.all(PASSKEY_TYPE)
    return records.flatMap(({ value }) => (isPasskey(value) ? [value] : []))
  }

  /** Durable when it resolves. @throws HearthError `echo/invalid`, `echo/not-a-writer`, `store/…` */
  async keep(passkey: Passkey): Promise<void> {
    if (!isPasskey(passkey)) invalid('that is no passkey')
    const { credential, salt, nonce, locked } = passkey
    const id = newId<ObjectId>(this.platform.random(16))
    await this.objects.write([{ id, type: PASSKEY_TYPE, value: { credential, salt, nonce, locked } }])
  }
}

function isPasskey(value: unknown): value is Passkey {
  const parts = (value ?? {}) as Partial<Record<string, unknown>>
  return Object.entries(SIZES).every(([name, [least, most]]) => {
    const bytes = parts[name]
    return bytes instanceof Uint8Array && bytes.length >= least && bytes.length <= most
  })
}

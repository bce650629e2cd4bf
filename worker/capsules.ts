/**
 * What leads from the recovery words to the personal space, where a KUBE keeps that, or another device has it; and where devices meet
 * whoever has the words. Only a device that keeps the words can make it; it lies in the personal space, so that every device of the
 * identity can bring it where that is kept, and be there.
 */
import { isCapsule, makeCapsule, type Capsule } from './halo/kept/capsule.js'
import type { PasskeyCapsule } from './halo/kept/passkey-capsule.js'
import type { Halo } from './halo/halo.js'
import type { SuitePlatform } from './halo/suite/platform.js'
import { sameBytes } from './protocol/same-bytes.js'
import { WORDS_TOPIC_BYTES } from './halo/suite/recovery.js'
import type { OwnObjects } from './own-objects.js'
import { fromBase64Url, newId, type IdentityId, type ObjectId } from './protocol/ids.js'
import { passkeyCapsules } from './passkey-leads.js'
import { CAPSULE_TYPE, PASSKEY_TYPE } from './protocol/own-types.js'
import type { ObjectRecord } from './protocol/rpc.js'

/** As it lies in the personal space. */
interface Written {
  readonly id: ObjectId
  readonly capsule: Capsule
  readonly topic: Uint8Array | undefined
}

export class Capsules {
  /** Of which identity, and its own: it never changes. */
  private known: { readonly identity: IdentityId; readonly capsule: Capsule } | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly platform: SuitePlatform,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
  ) {}

  /** This device may be gone when another one first has the space kept somewhere: what only this one can make is to be there then. */
  async leaveBehind(): Promise<void> {
    const { id } = this.halo.identity
    const isAlone = this.halo.spaces[0]!.log.state.devices.size === 1
    if (!isAlone && this.known?.identity !== id && (await this.halo.words())) await this.own()
  }

  /** @returns undefined until a device that keeps the words has been heard of @throws HearthError `halo/key-missing`, `store/…` */
  own(): Promise<Capsule | undefined> {
    const next = this.last.then(() => this.find())
    this.last = next.catch(() => undefined)
    return next
  }

  /**
   * By what devices meet whoever has the words: 32 bytes. Where they are kept, it is also put right for the other devices.
   * @returns undefined until a device that keeps the words has been heard of
   * @throws HearthError `store/…`
   */
  async topic(): Promise<Uint8Array | undefined> {
    const [words, written] = [await this.halo.words(), await this.written(this.halo.identity.id)]
    if (!words) return written?.topic
    // An earlier build wrote down none; and a device that has none of the words could write down any.
    if (written && !(written.topic && sameBytes(written.topic, words.topic)))
      await this.objects.write([{ id: written.id, op: { t: 'put', at: ['topic'], v: words.topic } }])
    return words.topic
  }

  /** What leads from passkeys to the words, as any device of the identity has written it. @throws HearthError `halo/key-missing`, `store/…` */
  async ofPasskeys(): Promise<readonly PasskeyCapsule[]> {
    return passkeyCapsules(this.halo, await this.objects.all(PASSKEY_TYPE))
  }

  private async find(): Promise<Capsule | undefined> {
    const { id: identity } = this.halo.identity
    if (this.known?.identity !== identity) {
      const capsule = (await this.written(identity))?.capsule ?? (await this.make(identity))
      this.known = capsule && { identity, capsule }
    }
    return this.known?.capsule
  }

  /** Another device may have written it, or a later build. */
  private async written(identity: IdentityId): Promise<Written | undefined> {
    const personal = this.halo.spaces[0]!
    const words = personal.log.state.members.get(identity)!.recovery
    for (const record of await this.objects.all(CAPSULE_TYPE)) {
      const capsule = capsuleOf(record, fromBase64Url(words), personal.replica())
      const { topic } = record.value
      const isTopic = topic instanceof Uint8Array && topic.length === WORDS_TOPIC_BYTES
      if (capsule && (await isCapsule(this.platform, capsule)))
        return { id: record.id, capsule, topic: isTopic ? topic : undefined }
    }
    return undefined
  }

  private async make(identity: IdentityId): Promise<Capsule | undefined> {
    const words = await this.halo.words()
    if (!words) return undefined
    const capsule = await makeCapsule(this.platform, words, {
      ...{ identity, first: this.halo.spaces[0]!.firstKey },
    })
    const { sealed, signature } = capsule
    const id = newId<ObjectId>(this.platform.random(16))
    const value = { sealed, signature, topic: words.topic }
    await this.objects.write([{ id, type: CAPSULE_TYPE, value }])
    return capsule
  }
}

function capsuleOf({ value }: ObjectRecord, words: Uint8Array, replica: Uint8Array): Capsule | undefined {
  const { sealed, signature } = value
  return sealed instanceof Uint8Array && signature instanceof Uint8Array
    ? { words, replica, sealed, signature }
    : undefined
}

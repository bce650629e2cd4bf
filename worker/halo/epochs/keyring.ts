/** The keys that this device has of one space. */
import type { DeviceId } from '../../protocol/ids.js'
import type { Epoch } from '../log/payload.js'
import { logBytes, type SignedEntry } from '../log/signed.js'
import type { LogEntryId } from '../membership/actions.js'
import type { SuitePlatform } from '../suite/platform.js'
import type { Opener } from '../suite/seal.js'
import { isKeyOf, olderKeys, openByWords, openKey } from './epoch.js'

export class Keyring {
  private readonly keys = new Map<LogEntryId, Uint8Array>()
  private readonly epochs = new Map<LogEntryId, { readonly epoch: Epoch; readonly log: LogEntryId | null }>()

  constructor(private readonly platform: SuitePlatform) {}

  get(epoch: LogEntryId): Uint8Array | undefined {
    return this.keys.get(epoch)
  }

  has(epoch: LogEntryId): boolean {
    return this.keys.has(epoch)
  }

  /** One that is kept. */
  restore(epoch: LogEntryId, key: Uint8Array): void {
    this.keys.set(epoch, key)
  }

  /** An entry is here, which may begin an epoch. */
  meet({ entry, enclosed, log }: SignedEntry): void {
    if (enclosed.epoch) this.epochs.set(entry.id, { epoch: enclosed.epoch, log })
  }

  /**
   * Opens what the entry has for this device, and what is under that.
   * @returns keys that are not here, for `restore` once they are kept. One that cannot be opened, or is not what the epoch's
   * author signed, is left out: somebody else may have sealed it well.
   */
  async learn(signed: SignedEntry, device: DeviceId, opener: Opener): Promise<Map<LogEntryId, Uint8Array>> {
    const { entry, enclosed } = signed
    const own = enclosed.epoch?.sealed.find(([to]) => to === device)
    const offers = (enclosed.keys ?? []).filter((one) => one.device === device)
    const opening = [
      ...(own ? [{ epoch: entry.id, sealed: own[1], log: signed.log }] : []),
      ...offers.map(({ epoch, sealed }) => ({ epoch, sealed, log: signed.log })),
    ]
    const learnt = new Map<LogEntryId, Uint8Array>()
    for (const { epoch, sealed, log } of opening) {
      const known = this.epochs.get(epoch)
      if (!known || this.has(epoch)) continue
      const key = await openKey(logBytes(log), known.epoch, opener, sealed).catch(unreadable)
      if (key) await this.follow(epoch, key, learnt)
    }
    return learnt
  }

  /** As `learn`, by the recovery words of the identity whose own log this is. */
  async learnByWords(epoch: LogEntryId, words: Opener): Promise<Map<LogEntryId, Uint8Array>> {
    const learnt = new Map<LogEntryId, Uint8Array>()
    const known = this.epochs.get(epoch)
    if (!known) return learnt
    const key = await openByWords(logBytes(known.log), known.epoch, words).catch(unreadable)
    if (key) await this.follow(epoch, key, learnt)
    return learnt
  }

  /** As `learn`, with a key that was kept elsewhere. */
  async unlock(epoch: LogEntryId, key: Uint8Array): Promise<Map<LogEntryId, Uint8Array>> {
    const learnt = new Map<LogEntryId, Uint8Array>()
    await this.follow(epoch, key, learnt)
    return learnt
  }

  /** A key, and those that are under it. */
  private async follow(
    epoch: LogEntryId,
    key: Uint8Array,
    learnt: Map<LogEntryId, Uint8Array>,
  ): Promise<void> {
    const waiting: [LogEntryId, Uint8Array][] = [[epoch, key]]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [id, found] = next
      const known = this.epochs.get(id)
      if (this.has(id) || learnt.has(id) || !known) continue
      // defence: key-that-was-signed
      if (!isKeyOf(known.epoch, found)) continue
      learnt.set(id, found)
      const under = await olderKeys(this.platform, logBytes(known.log), known.epoch, found).catch(unreadable)
      waiting.push(...(under ?? []))
    }
  }
}

const unreadable = (): undefined => undefined

/**
 * One space at one KUBE that keeps it, as long as there is a session with that. The KUBE is told who may write before it takes anything by
 * anybody; from then on it is replicated as with a device.
 */
import { toBase64Url, type DeviceId } from '../../protocol/ids.js'
import type { Keep, Wire } from '../../protocol/wire.js'
import type { Appended, MeshPlatform } from '../platform.js'
import { inMessages } from '../portions.js'
import { Replicating } from '../replicating.js'
import type { Session } from '../session.js'
import type { KeptReplica } from './kept-replica.js'

/** A KUBE that does not keep it is asked again after this time, doubled each time, in milliseconds. */
const ASK_MS = 1_000
const LONGEST_ASK_MS = 60_000
/** Passkeys that are new are looked for so long after something was written, in milliseconds. */
const PASSKEYS_MS = 500

export interface KeptEvents {
  /** So far a feed is durable there. */
  held(device: DeviceId, seq: number): void
  /** Whether it is kept, and all of it, may be otherwise now. */
  changed(): void
}

type OfReplica = Exclude<Wire, readonly ['ping'] | readonly ['know', Uint8Array]>

export class Kept {
  /** Why it is not kept there, as a code of `errors.ts`. */
  refusal: string | undefined
  /** How much room it takes there, and may take, as it was last told. */
  room: { readonly usedBytes: number; readonly quotaBytes: number } | undefined
  private replicating: Replicating | undefined
  /** The log as it is there; undefined before it has said so. */
  private theirs: { readonly heads: readonly string[]; readonly asOf: readonly string[] } | undefined
  /** Keys that lead to it there, as it has said: of the recovery words, and of passkeys; as base64url. */
  private readonly found = new Set<string>()
  /** What leads there was said: from the words, whose key this is then, and from which passkeys. */
  private isCovered = false
  private words = ''
  private readonly saidOf = new Set<string>()
  private cancelLooking: (() => void) | undefined
  /** What was last said of whose feeds to take. */
  private registered = ''
  private working: Promise<void> = Promise.resolve()
  private ended = false
  private askMs = ASK_MS
  private cancelAsking: (() => void) | undefined

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later' | 'checkpointFor'>,
    private readonly session: Session,
    readonly replica: KeptReplica,
    private readonly events: KeptEvents,
  ) {
    void this.ask()
  }

  end(): void {
    this.ended = true
    this.cancelAsking?.()
    this.cancelLooking?.()
    this.replicating?.end()
  }

  /** The recovery words lead to it there. */
  get isFound(): boolean {
    return this.found.has(this.words)
  }

  /** So many passkeys lead to the words there. */
  get passkeys(): number {
    return [...this.saidOf].filter((finder) => this.found.has(finder)).length
  }

  /** It has agreed to keep it. */
  get isKept(): boolean {
    return this.theirs !== undefined
  }

  /** It has heard who may have it deleted: before, it deletes it for nobody. */
  get hasAdmins(): boolean {
    return !!this.theirs && this.theirs.asOf.length > 0
  }

  /** Of the log there; undefined before it has said so. */
  get heads(): readonly string[] | undefined {
    return this.theirs?.heads
  }

  /** All that is here is known to be there, durably: what was written, and who is in. */
  get isLevel(): boolean {
    const { heads } = this.replica
    return (this.replicating?.isLevel ?? false) && this.theirs?.heads.join() === heads.join()
  }

  /** All that is there is here. */
  get hasCaughtUp(): boolean {
    return this.replicating?.hasCaughtUp ?? false
  }

  appended(entries: readonly Appended[], isOwn: boolean): void {
    this.replicating?.appended(entries, isOwn)
    this.cover()
  }

  /** There is another checkpoint of it here. */
  checkpointed(): void {
    this.replicating?.checkpointed()
  }

  logChanged(): void {
    this.replicating?.logChanged()
    this.register()
    this.cover()
  }

  take(message: Keep | OfReplica): Promise<void> | void {
    switch (message[0]) {
      case 'kept':
        return this.hear(message[2], message[3])
      case 'unkept':
        return this.hearOfRefusal(message[2])
      case 'room':
        this.room = { usedBytes: message[2], quotaBytes: message[3] }
        return this.events.changed()
      case 'found':
        this.found.add(toBase64Url(message[1]))
        return this.events.changed()
      case 'have':
      case 'log':
      case 'entries':
      case 'want':
      case 'held':
      case 'lack':
      case 'offer':
      case 'fetch':
      case 'piece':
        return this.replicating?.take(message)
    }
  }

  /** It is to be deleted there. @throws HearthError `halo/not-allowed`, `halo/keys-lost` */
  async forget(): Promise<void> {
    const [signer, signature] = await this.replica.forgetting(this.session.agreed.hash)
    await this.session.send(['forget', this.replica.ref, signer, signature])
  }

  private async ask(): Promise<void> {
    const { session, replica } = this
    const [access, signature] = await replica.access(session.agreed.hash)
    // Who may not say whose feeds to take could only begin what nobody can use.
    const mayMake = await this.registration().then((one) => one !== undefined)
    await session.send(['keep', replica.ref, access, signature, mayMake])
  }

  private hear(heads: readonly string[], asOf: readonly string[]): void {
    this.refusal = undefined
    this.theirs = { heads, asOf }
    if (asOf.length > 0) this.replicating ??= this.begin()
    this.register()
    this.cover()
    this.events.changed()
  }

  /** An admin may come who has it begun, or room may be made. */
  private hearOfRefusal(code: string): void {
    this.refusal = code
    this.theirs = undefined
    this.isCovered = false
    this.found.clear()
    this.saidOf.clear()
    this.replicating?.end()
    this.replicating = undefined
    this.cancelAsking?.()
    // Whoever has not heard that an admin wanted it gone must not have it begun again.
    if (code !== 'mesh/host-forgot') this.askLater()
    this.events.changed()
  }

  private askLater(): void {
    this.cancelAsking = this.platform.later(() => void this.ask().catch(() => undefined), this.askMs)
    this.askMs = Math.min(2 * this.askMs, LONGEST_ASK_MS)
  }

  private begin(): Replicating {
    const { platform, session, replica, events } = this
    return new Replicating(platform, session, replica, {
      held: (device, seq) => {
        events.held(device, seq)
        // One that is full agrees again and again, and then takes nothing.
        if (this.isLevel) this.askMs = ASK_MS
        events.changed()
      },
    })
  }

  /** Once it has been told whose words may say so. What is not known yet is, with the next change, or session. */
  private cover(): void {
    if (!this.replica.isPersonal || !this.theirs?.asOf.length) return
    this.cancelLooking ??= this.platform.later(() => {
      this.cancelLooking = undefined
      void this.coverPasskeys().catch(() => undefined)
    }, PASSKEYS_MS)
    if (this.isCovered) return
    this.isCovered = true
    void this.coverNow().catch(() => (this.isCovered = false))
  }

  private async coverPasskeys(): Promise<void> {
    for (const lead of await this.replica.passkeys()) {
      const finder = toBase64Url(lead[1])
      if (this.ended || !this.theirs || this.saidOf.has(finder)) continue
      this.saidOf.add(finder)
      await this.session.send(lead)
    }
  }

  private async coverNow(): Promise<void> {
    const capsule = await this.replica.capsule()
    if (!capsule || this.ended) return void (this.isCovered = false)
    this.words = toBase64Url(capsule[0])
    await this.session.send(['capsule', ...capsule])
  }

  /** One after the other: each looks at what the one before has said. */
  private register(): void {
    this.working = this.working.then(() => this.registerNow()).catch(() => undefined)
  }

  private async registerNow(): Promise<void> {
    const { theirs, replica } = this
    if (!theirs || this.ended) return
    const said = await this.registration()
    if (!said) return
    // It takes nobody's word for a log that it has not; and of a later one than this device's, this device should not speak.
    if (theirs.heads.join() === said.asOf.join()) {
      const { asOf, admins, members, feeds, signer, signature } = said
      const text = JSON.stringify([asOf, admins, members, feeds])
      if (text === this.registered) return
      this.registered = text
      await this.session.send(['feeds', replica.ref, asOf, admins, members, feeds, signer, signature])
    } else if (!this.replicating) {
      const lacked = await replica.logSince(theirs.heads)
      for (const some of inMessages(lacked)) await this.session.send(['log', replica.ref, some])
    }
  }

  /** What cannot be signed now is, with the next session. */
  private async registration() {
    return this.replica.registration().catch(() => undefined)
  }
}

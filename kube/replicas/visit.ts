/** One device's session with a KUBE that keeps spaces: which replicas it has shown that it is in, and each of these replicated. */
import { sameBytes } from '../../worker/protocol/same-bytes.js'
import { verify } from '../../worker/halo/suite/signing.js'
import type { Appended } from '../../worker/mesh/platform.js'
import { Replicating } from '../../worker/mesh/replicating.js'
import type { Session } from '../../worker/mesh/session.js'
import { HearthError } from '../../worker/protocol/errors.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import type { Keep, Message } from '../../worker/protocol/wire.js'
import { KubeError, type KubeErrorCode } from '../errors.js'
import type { Keeper, OpenReplica, Visitor } from './keeper.js'

/** Replicas that one device has open at once, at most. */
const MAX_OPEN = 1024

/** What a device is told, of what can be wrong with its wish. */
const toldAs: Partial<Record<KubeErrorCode, string>> = {
  'kube/keeper-key-full': 'mesh/host-quota',
  'kube/keeper-not-allowed': 'mesh/host-not-allowed',
}

interface Visited {
  readonly open: OpenReplica
  /** From when it is known whose feeds to take. */
  replicating?: Replicating
}

export class Visit {
  readonly #visited = new Map<string, Visited>()
  #last: Promise<void> = Promise.resolve()

  constructor(
    private readonly session: Session,
    private readonly keeper: Keeper,
    private readonly visitor: Visitor,
  ) {
    session.listen((message) => this.#take(message))
  }

  end(): void {
    for (const { open, replicating } of this.#visited.values()) {
      replicating?.end()
      this.keeper.left(open, this)
    }
    this.#visited.clear()
  }

  appended({ replica }: OpenReplica, entries: readonly Appended[]): void {
    this.#of(replica.ref)?.replicating?.appended(entries, false)
  }

  /** There is another checkpoint of it, which stands for entries that may not be here as such. */
  checkpointed({ replica }: OpenReplica): void {
    this.#of(replica.ref)?.replicating?.checkpointed()
  }

  /** Something of it could not be taken, and can be if all that comes before is sent. */
  again({ replica }: OpenReplica): void {
    this.#of(replica.ref)?.replicating?.again()
  }

  tellRoom({ replica }: OpenReplica): void {
    if (this.#of(replica.ref)) void this.session.send(['room', replica.ref, replica.size, replica.quota])
  }

  /** Whoever asks for it again begins anew: there may be room then. */
  full(open: OpenReplica): void {
    const { replica } = open
    this.keeper.refused('kube/keeper-full')
    this.tellRoom(open)
    this.#drop(replica.ref)
    void this.#unkept(replica.ref, 'mesh/host-full')
  }

  /** The log, or whose feeds to take, is another one now. */
  logChanged(open: OpenReplica): void {
    const visited = this.#of(open.replica.ref)
    if (!visited) return
    void this.#kept(visited)
    visited.replicating?.logChanged()
  }

  forgotten({ replica }: OpenReplica): void {
    this.#drop(replica.ref)
    void this.#unkept(replica.ref, 'mesh/host-forgot')
  }

  #of(ref: Uint8Array): Visited | undefined {
    return this.#visited.get(toBase64Url(ref))
  }

  #take(message: Message): Promise<void> | void {
    switch (message[0]) {
      case 'keep':
        return this.#inTurn(message[1], () => this.#keep(message))
      case 'feeds':
        return this.#inTurn(message[1], () => this.#register(message))
      case 'forget':
        return this.#inTurn(undefined, () => this.#forget(message))
      case 'capsule':
        return this.#inTurn(undefined, () => this.#cover(message))
      case 'passkey':
        return this.#inTurn(undefined, () => this.#coverPasskey(message))
      case 'seek':
        return this.#inTurn(undefined, () => this.#seek(message))
      case 'log':
        return this.#inTurn(message[1], () => this.#takeLog(message[1], message[2]))
      case 'offer':
        // By whom it is, and by what log, may have been said just before.
        return this.#inTurn(undefined, async () => this.#replicating(message[1])?.take(message))
      case 'have':
      case 'entries':
      case 'want':
      case 'held':
      case 'lack':
      case 'fetch':
      case 'piece':
        return this.#replicating(message[1])?.take(message)
    }
  }

  /** Of what it has not shown that it is in, it hears nothing, and nothing of it is taken. */
  #replicating(ref: Uint8Array): Replicating | undefined {
    return this.#of(ref)?.replicating
  }

  /**
   * Each stands on the one before.
   * @param ref of what cannot be kept now, if the store does not take it; undefined, if the device will say it again unasked
   */
  #inTurn(ref: Uint8Array | undefined, run: () => Promise<void>): Promise<void> {
    const next = this.#last.then(run).catch((e: unknown) => {
      if (!(e instanceof HearthError) || !e.code.startsWith('store/')) throw e
      if (!ref) return
      this.#drop(ref)
      return this.#unkept(ref, e.code === 'store/quota' ? 'mesh/host-full' : 'mesh/host-away')
    })
    return (this.#last = next)
  }

  async #keep([, ref, access, signature, make]: Extract<
    Keep,
    readonly ['keep', ...unknown[]]
  >): Promise<void> {
    const said = this.session.agreed.hash
    // defence: access-shown
    if (!(await verify(this.keeper.platform, access, 'replica-access', ref, said, signature)))
      return this.#unkept(ref, 'mesh/host-denied')
    // defence: replicas-of-a-visit
    if (this.#visited.size >= MAX_OPEN) return this.#unkept(ref, 'mesh/host-full')
    let open: OpenReplica | undefined
    try {
      open = await this.keeper.open(ref, access, make, this.visitor, this)
    } catch (e) {
      if (!(e instanceof KubeError)) throw e
      this.keeper.refused(e.code)
      return this.#unkept(ref, toldAs[e.code] ?? 'mesh/host-full')
    }
    if (!open) return this.#unkept(ref, 'mesh/host-unknown')
    // defence: access-of-the-replica
    if (!sameBytes(open.replica.access, access)) {
      if (!this.#of(ref)) this.keeper.left(open, this)
      return this.#unkept(ref, 'mesh/host-denied')
    }
    if (!this.session.isOpen) return this.keeper.left(open, this)
    const visited = this.#of(ref) ?? { open }
    this.#visited.set(toBase64Url(ref), visited)
    const answered = this.#kept(visited)
    this.tellRoom(open)
    // defence: answers-as-they-are-taken
    await answered
  }

  /** Before anybody has said whose feeds to take, nothing but the log is. */
  async #takeLog(ref: Uint8Array, entries: readonly Uint8Array[]): Promise<void> {
    const visited = this.#of(ref)
    if (!visited) return
    const { open } = visited
    const before = open.replica.heads.join()
    await open.replica.takeLog(entries)
    if (open.replica.heads.join() !== before) for (const visit of open.visits) visit.logChanged(open)
  }

  async #register(message: Extract<Keep, readonly ['feeds', ...unknown[]]>): Promise<void> {
    const [, ref, asOf, admins, members, feeds, signer, signature] = message
    const visited = this.#of(ref)
    if (!visited) return
    const { open } = visited
    if (!(await open.replica.register({ asOf, admins, members, feeds }, signer, signature))) return
    for (const visit of open.visits) {
      visit.logChanged(open)
      // Of feeds that were not taken, there may be more than was said.
      visit.again(open)
    }
  }

  async #forget([, ref, signer, signature]: Extract<Keep, readonly ['forget', ...unknown[]]>): Promise<void> {
    const open = this.#of(ref)?.open
    // defence: forgotten-by-admins
    if (!open?.replica.registration.admins.includes(signer)) return
    const key = fromBase64Url(signer as DeviceId)
    // defence: forgetting-signed
    if (
      !(await verify(this.keeper.platform, key, 'replica-forget', ref, this.session.agreed.hash, signature))
    )
      return
    await open.replica.forget()
    for (const visit of [...open.visits]) visit.forgotten(open)
  }

  async #cover(message: Extract<Keep, readonly ['capsule', ...unknown[]]>): Promise<void> {
    const [, words, replica, sealed, signature] = message
    const open = this.#of(replica)?.open
    if (!open || !(await open.replica.cover({ words, replica, sealed, signature }))) return
    await this.#found(words)
  }

  async #coverPasskey(message: Extract<Keep, readonly ['passkey', ...unknown[]]>): Promise<void> {
    const [, finder, replica, sealed, signature, words, voucher] = message
    const capsule = { finder, replica, sealed, signature, words, voucher }
    if (await this.#of(replica)?.open.replica.coverPasskey(capsule)) await this.#found(finder)
  }

  async #seek([, key, signature]: Extract<Keep, readonly ['seek', ...unknown[]]>): Promise<void> {
    const { hash } = this.session.agreed
    // Everybody who shares a space with somebody knows the key of their words.
    // defence: words-shown
    if (!(await verify(this.keeper.platform, key, 'recovery-seek', null, hash, signature)))
      return this.session.send(['found', key, null])
    await this.#found(key)
  }

  #found(key: Uint8Array): Promise<void> {
    return this.session.send(['found', key, this.keeper.ledTo(key) ?? null])
  }

  /** @returns resolves when that is on its way */
  #kept(visited: Visited): Promise<void> {
    const { replica } = visited.open
    const { asOf } = replica.registration
    const sent = this.session.send(['kept', replica.ref, replica.heads, asOf])
    if (asOf.length > 0)
      visited.replicating ??= new Replicating(this.keeper.platform, this.session, replica, { held() {} })
    return sent
  }

  #unkept(ref: Uint8Array, code: string): Promise<void> {
    return this.session.send(['unkept', ref, code])
  }

  #drop(ref: Uint8Array): void {
    const visited = this.#of(ref)
    if (!visited) return
    visited.replicating?.end()
    this.#visited.delete(toBase64Url(ref))
    this.keeper.left(visited.open, this)
  }
}

/**
 * Noise_{XX,IK,XXpsk3}_25519_AESGCM_SHA256, revision 34 (https://noiseprotocol.org/noise.html): two devices that have a
 * line to each other come to know who the other is, and have two keys that nobody else has. Whether the other is somebody
 * to talk to is the caller's to judge, by `theirs`. Static private keys never come here.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { HearthError } from '../../protocol/errors.js'
import { importKey, MAX_MESSAGE_BYTES, TAG_BYTES } from './cipher.js'
import { agree, ephemeralKey, isPublicKey, KEY_BYTES, type EphemeralKey, type StaticKey } from './keys.js'
import { patterns, protocolName, type Pattern, type Token } from './patterns.js'
import { Symmetric } from './symmetric.js'
import { Opening, Sealing } from './transport.js'

/** What a handshake needs of the world around it. */
export interface NoisePlatform {
  readonly subtle: SubtleCrypto
  /** So many bytes that nobody can guess. */
  random(bytes: number): Uint8Array
}

export interface HandshakeOptions {
  readonly pattern: Pattern
  /** Whether this side writes the first message. */
  readonly initiator: boolean
  /** What both sides must have seen alike before; any length. */
  readonly prologue: Uint8Array
  readonly own: StaticKey
  /** The responder's static public key: for the initiator of `IK`, and nobody else. */
  readonly theirs?: Uint8Array
  /** 32 bytes, of full entropy: for `XXpsk3` only. */
  readonly psk?: Uint8Array
  /** The secret of the ephemeral key, 32 bytes: for published vectors only. It must never be used twice. */
  readonly ephemeral?: Uint8Array
}

/** What two devices have after a handshake. */
export interface Session {
  /** 32 bytes, the same on both sides and in no other session: what else is agreed on may be bound to it. */
  readonly hash: Uint8Array
  readonly send: Sealing
  readonly receive: Opening
}

type Letter = 'e' | 's'

/**
 * One side of one handshake. Sides take turns, the initiator first; one call at a time. Whatever fails (a message that is
 * cut, changed, too long or out of turn, another prologue, psk or key) throws HearthError `mesh/handshake`, and so does every
 * later call: a handshake is never tried again, only begun anew.
 */
export class Handshake {
  readonly #subtle: SubtleCrypto
  readonly #initiator: boolean
  readonly #messages: readonly (readonly Token[])[]
  readonly #symmetric: Symmetric
  readonly #own: { readonly e: EphemeralKey; readonly s: StaticKey }
  readonly #their: { e?: Uint8Array; s?: Uint8Array } = {}
  readonly #psk: Uint8Array | undefined
  #state: 'waiting' | 'busy' | 'failed' | 'finished' = 'waiting'
  #turn = 0
  #theirs: Uint8Array | undefined

  /** @throws HearthError `mesh/handshake`: a key that the pattern needs is missing, or it has none such, or is no key */
  constructor(platform: NoisePlatform, options: HandshakeOptions) {
    const { pattern, initiator, prologue, own, theirs, psk } = options
    const secret = options.ephemeral?.slice() ?? platform.random(KEY_BYTES)
    const needsTheirs = pattern === 'IK' && initiator
    const complete =
      isPublicKey(own.publicKey) &&
      secret.length === KEY_BYTES &&
      (needsTheirs ? theirs && isPublicKey(theirs) : !theirs) &&
      (pattern === 'XXpsk3' ? psk?.length === KEY_BYTES : !psk)
    if (!complete) throw new HearthError('mesh/handshake')
    this.#subtle = platform.subtle
    this.#initiator = initiator
    this.#messages = patterns[pattern]
    this.#own = { e: ephemeralKey(secret), s: own }
    this.#their.s = theirs?.slice()
    this.#psk = psk?.slice()
    this.#symmetric = new Symmetric(platform.subtle, protocolName(pattern))
    this.#symmetric.mixHash(prologue)
    if (pattern === 'IK') this.#symmetric.mixHash(theirs ?? own.publicKey)
  }

  /**
   * The next message, which is ours to write.
   * @param payload goes along; who can read it, and who could have written it, depends on the pattern (§7.7)
   * @returns at most 65,535 bytes
   */
  write(payload: Uint8Array): Promise<Uint8Array> {
    const copy = payload.slice()
    return this.#step(this.#initiator, async (tokens) => {
      const parts: Uint8Array[] = []
      for (const token of tokens) parts.push(...(await this.#writeToken(token)))
      parts.push(await this.#symmetric.encryptAndHash(copy))
      const message = concatBytes(...parts)
      if (message.length > MAX_MESSAGE_BYTES) throw new HearthError('mesh/handshake')
      return message
    })
  }

  /**
   * The next message, which is theirs.
   * @returns its payload. That of the first message may be a repetition of an old one, in every pattern.
   */
  read(message: Uint8Array): Promise<Uint8Array> {
    const copy = message.slice()
    return this.#step(!this.#initiator, async (tokens) => {
      if (copy.length > MAX_MESSAGE_BYTES) throw new HearthError('mesh/handshake')
      let rest = copy
      const take = (bytes: number): Uint8Array => {
        const part = rest.subarray(0, bytes)
        rest = rest.subarray(bytes)
        return part
      }
      for (const token of tokens) await this.#readToken(token, take)
      const payload = await this.#symmetric.decryptAndHash(rest)
      // In each of the patterns their key is agreed on in the message that brings it, or in the first that answers ours.
      this.#theirs = this.#their.s
      return payload
    })
  }

  /**
   * The other side's static public key, once it has come and was authenticated by the pattern. The responder of `IK` has it
   * with the first message, which may be an old one: that the other side is there now, its next message says.
   */
  get theirs(): Uint8Array | undefined {
    return this.#theirs
  }

  /** Whether all messages were written and read. */
  get done(): boolean {
    return this.#turn === this.#messages.length && this.#state !== 'failed'
  }

  /**
   * What came of it; once, for two ciphers with one key would use its nonces twice. That the responder of `XXpsk3` knew the
   * secret, the initiator knows with the first message that it opens.
   * @throws HearthError `mesh/handshake`: it is not done, or was finished before
   */
  async finish(): Promise<Session> {
    if (!this.done || this.#state === 'finished') throw new HearthError('mesh/handshake')
    this.#state = 'finished'
    const keys = this.#symmetric.split()
    const [sends, receives] = this.#initiator ? keys : [keys[1], keys[0]]
    this.#forget()
    return {
      hash: this.#symmetric.hash,
      send: new Sealing(this.#subtle, await importKey(this.#subtle, sends, 'encrypt')),
      receive: new Opening(this.#subtle, await importKey(this.#subtle, receives, 'decrypt')),
    }
  }

  /** @param even whether it is a call for the first, third … message */
  async #step(even: boolean, work: (tokens: readonly Token[]) => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      const tokens = this.#messages[this.#turn]
      if (this.#state !== 'waiting' || !tokens || even !== (this.#turn % 2 === 0))
        throw new HearthError('mesh/handshake')
      this.#state = 'busy'
      const result = await work(tokens)
      // Another call came meanwhile, out of turn.
      if (this.#state !== 'busy') throw new HearthError('mesh/handshake')
      this.#state = 'waiting'
      this.#turn++
      return result
    } catch {
      this.#state = 'failed'
      this.#theirs = undefined
      this.#forget()
      throw new HearthError('mesh/handshake')
    }
  }

  /** @returns what of it goes into the message */
  async #writeToken(token: Token): Promise<readonly Uint8Array[]> {
    if (token === 'e') {
      this.#mixEphemeral(this.#own.e.publicKey)
      return [this.#own.e.publicKey]
    }
    if (token === 's') return [await this.#symmetric.encryptAndHash(this.#own.s.publicKey)]
    await this.#mixSecret(token)
    return []
  }

  /** @param take the next bytes of the message; fewer, at its end */
  async #readToken(token: Token, take: (bytes: number) => Uint8Array): Promise<void> {
    if (token === 'e') {
      this.#their.e = publicKey(take(KEY_BYTES))
      this.#mixEphemeral(this.#their.e)
    } else if (token === 's') {
      const sealed = take(KEY_BYTES + (this.#symmetric.hasKey ? TAG_BYTES : 0))
      this.#their.s = publicKey(await this.#symmetric.decryptAndHash(sealed))
    } else await this.#mixSecret(token)
  }

  #mixEphemeral(key: Uint8Array): void {
    this.#symmetric.mixHash(key)
    // §9.2: with a psk, what is encrypted under it must differ from run to run.
    if (this.#psk) this.#symmetric.mixKey(key)
  }

  async #mixSecret(token: Exclude<Token, Letter>): Promise<void> {
    if (token === 'psk') return this.#symmetric.mixKeyAndHash(this.#psk!)
    const [initiators, responders] = [...token] as [Letter, Letter]
    const [own, their] = this.#initiator ? [initiators, responders] : [responders, initiators]
    this.#symmetric.mixKey(await agree(this.#own[own], this.#their[their]!))
  }

  #forget(): void {
    this.#own.e.forget()
    this.#symmetric.forget()
    this.#psk?.fill(0)
  }
}

function publicKey(bytes: Uint8Array): Uint8Array {
  if (!isPublicKey(bytes)) throw new HearthError('mesh/handshake')
  return bytes
}

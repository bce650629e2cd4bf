/**
 * CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace-21), with initiator and responder: from a short code that both know, a key
 * that nobody else has. Whoever listens learns nothing about the code, and whoever takes part can try one code a run.
 */
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { HearthError } from '../../protocol/errors.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { confirmationKey, confirmationOf } from './confirmation.js'
import { DOMAIN, generator, generatorString, multiply, multiplyTheirs, randomScalar } from './group.js'
import { lengthValues } from './strings.js'

export interface CPaceOptions {
  /** `PRS`: what both know, in the same spelling; any length. */
  readonly code: string
  /** `CI`: what both must take for the same without saying it, such as who is who; any length. */
  readonly channel: Uint8Array
  /** `sid`: of this run and no other, known to both before; any length. */
  readonly session: Uint8Array
  readonly initiator: boolean
  /** `ADa` of the initiator, `ADb` of the responder: sent in the clear beside the share, and part of the key. */
  readonly associated?: Uint8Array
  /** 32 bytes, little-endian: for published vectors only. */
  readonly scalar?: Uint8Array
}

export interface CPaceResult {
  /** `ISK`: 64 bytes, from which keys are to be derived. It is the other side's too only if its confirmation is as expected. */
  readonly key: Uint8Array
  /** 64 bytes for the other side. */
  readonly confirmation: Uint8Array
  /** What the other side's must be: compare it by `sameBytes`, and count what differs as an attempt at the code. */
  readonly expected: Uint8Array
}

/** One side of one run. */
export class CPace {
  /** `Ya` of the initiator, `Yb` of the responder: 32 bytes, for the other side. */
  readonly share: Uint8Array
  readonly #session: Uint8Array
  readonly #initiator: boolean
  readonly #associated: Uint8Array
  #scalar: Uint8Array | undefined

  /**
   * @param random so many bytes that nobody can guess
   * @throws Error the scalar of a vector is not in the group's range
   */
  constructor(random: (bytes: number) => Uint8Array, options: CPaceOptions) {
    const { code, channel, session, initiator, associated, scalar } = options
    this.#session = session.slice()
    this.#initiator = initiator
    this.#associated = associated?.slice() ?? new Uint8Array()
    this.#scalar = scalar?.slice() ?? randomScalar(random)
    this.share = multiply(this.#scalar, generator(generatorString(utf8ToBytes(code), channel, session)))
  }

  /**
   * With what the other side has sent; once, whatever comes of it, so that a run is one attempt at the code.
   * @throws HearthError `mesh/handshake`: their share is none, or is ours, or this run was finished before
   */
  finish(theirShare: Uint8Array, theirAssociated: Uint8Array = new Uint8Array()): CPaceResult {
    const secret = this.#secret(theirShare)
    const own = lengthValues(this.share, this.#associated)
    const theirs = lengthValues(theirShare, theirAssociated)
    const key = sha512(
      concatBytes(
        lengthValues(utf8ToBytes(`${DOMAIN}_ISK`), this.#session, secret),
        ...(this.#initiator ? [own, theirs] : [theirs, own]),
      ),
    )
    const confirming = confirmationKey(this.#session, key)
    return {
      key,
      confirmation: confirmationOf(confirming, this.share, this.#associated),
      expected: confirmationOf(confirming, theirShare, theirAssociated),
    }
  }

  /** `K`, from which codes could be tried at leisure: it must not leave this class. */
  #secret(theirShare: Uint8Array): Uint8Array {
    const scalar = this.#scalar
    this.#scalar = undefined
    // Our own share, sent back: then our confirmation, sent back too, would be what is expected.
    if (!scalar || sameBytes(theirShare, this.share)) throw new HearthError('mesh/handshake')
    try {
      return multiplyTheirs(scalar, theirShare)
    } catch {
      throw new HearthError('mesh/handshake')
    } finally {
      scalar.fill(0)
    }
  }
}

/** Why a change of another device was not taken. Codes only: nothing of what the change holds. */

export type Reason =
  /** Not one whole change as Automerge writes it: cut off, trailing bytes, columns that do not fit. */
  | 'malformed'
  /** The checksum is not that of the content. */
  | 'checksum'
  /** Deflated: a device keeps its changes as they are, and only entries are compressed. */
  | 'deflated'
  /** More content or operations than one change may have, or an object that would be too large. */
  | 'too-large'
  /** Neither the actor of the device that brought it, nor a conversion as every device makes it. */
  | 'actor'
  /** Another change of the same actor and number is taken: the one with the smaller hash. */
  | 'equivocation'
  /** Number, first operation or dependencies are not those that follow from what came before. */
  | 'sequence'
  /** A key that no app may write, or not in that way. */
  | 'key'
  /** A value that no device would store. */
  | 'value'
  /** An operation on what is not there, or cannot be changed in that way. */
  | 'target'
  /** Containers inside each other beyond the bound. */
  | 'too-deep'
  /** Automerge could not take it. */
  | 'panic'

export class Refused extends Error {
  constructor(readonly reason: Reason) {
    super(reason)
  }
}

/** A change that was taken gives way to another one of the same actor and number: the document is to be made anew without it. */
export class Rival extends Error {}

export function refuse(reason: Reason): never {
  throw new Refused(reason)
}

/** Pieces of checkpoints in one session, whatever spaces they are of. */

export interface Streams {
  /** When a piece last came, in milliseconds. */
  cameAt: number
  /** What is sent of one follows what is sent of another: each piece is large. */
  last: Promise<void>
}

const ofSession = new WeakMap<object, Streams>()

export function streamsOf(session: object): Streams {
  let streams = ofSession.get(session)
  if (!streams) ofSession.set(session, (streams = { cameAt: -Infinity, last: Promise.resolve() }))
  return streams
}

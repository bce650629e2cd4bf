/**
 * Somebody who knows where those meet who have a space, and whom this device's log of it does not name: it was let in by others, of
 * whom this device has not heard, or it never was. All that is taken from it is entries of that log, which prove themselves. What it
 * says that it has is kept, for if the log names it, it will not say so again; there is no more room for it than for anything that waits.
 *
 * This device may be a stranger to it, too, let in by others again. So each shows that it knows the secret of the topic, and is given
 * the log, if nobody can know it who is out.
 */
import { toBase64Url } from '../protocol/ids.js'
import { HANDSHAKE_MS, type Message } from '../protocol/wire.js'
import { sameBytes } from '../protocol/same-bytes.js'
import type { Meeting, MeshPlatform, Replica } from './platform.js'
import { inMessages } from './portions.js'
import type { Session } from './session.js'
import { topicProof } from './topic-proof.js'

/** The space at one of whose topics they have met. */
export interface Encounter {
  readonly meeting: Meeting
  readonly replica: Replica
  /** The static key of this device. */
  readonly own: Uint8Array
  isKnown(): boolean
}

/** @returns what it has said beside, when the log names it, or there is no more to be hoped for */
export function meetStranger(
  { later }: Pick<MeshPlatform, 'later'>,
  session: Session,
  { meeting, replica, own, isKnown }: Encounter,
): Promise<Message[]> {
  const { ref } = replica
  const { hash, theirs } = session.agreed
  const kept: Message[] = []
  let isAsked = false
  let isGiven = false
  let over: () => void
  const isOver = new Promise<void>((resolve) => (over = resolve))
  /** Whether it has shown that it is one of those who are in, as far as this device has heard who is out. */
  const isOneOfUs = (proof: Uint8Array): boolean => {
    // defence: secret-of-the-topic
    if (!sameBytes(proof, topicProof(meeting.secret, hash, theirs))) return false
    return replica.isOfMembers(meeting)
  }
  const give = async (): Promise<void> => {
    // defence: log-given-once
    if (isGiven) return
    isGiven = true
    for (const some of inMessages(await replica.logSince([]))) await session.send(['log', ref, some])
  }
  return new Promise((resolve) => {
    const end = (said: Message[]) => {
      cancel()
      over()
      resolve(said)
    }
    const cancel = later(() => end([]), HANDSHAKE_MS)
    session.onClosed = () => end([])
    session.listen(async (message) => {
      if (message[0] === 'know') return isOneOfUs(message[1]) ? give() : undefined
      // What it asks for, it is told when the log names it.
      if (message[0] === 'lack') isAsked ||= sameBytes(message[1], ref)
      // defence: strangers-bring-logs-only
      if (message[0] !== 'log' || toBase64Url(message[1]) !== toBase64Url(ref)) {
        if (message[0] !== 'have') return
        kept.push(message)
        // Until then, this takes of the window.
        // defence: strangers-fill-a-window
        await isOver
        return
      }
      await replica.takeLog(message[2])
      if (isKnown()) end(isAsked && !isGiven ? [...kept, ['lack', ref]] : kept)
    })
    void session.send(['lack', ref])
    void session.send(['know', topicProof(meeting.secret, hash, own)])
  })
}

/**
 * Logs in conversations about an invitation. What is longer than one message goes in parts before the message that it belongs to, each as
 * the other side takes it; and neither side sends, nor keeps, more than it has to.
 */
import { HearthError } from '../../protocol/errors.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES, MAX_PROOF_BYTES, type Invite } from '../../protocol/wire.js'
import { inMessages } from '../portions.js'
import { ANSWER_MS, type Conversation } from './conversation.js'

type Entries = readonly Uint8Array[]

/** What one side takes of the other, or gives it, in one answer. */
export class Allowance {
  private entries = MAX_LOG_ENTRIES

  private constructor(private bytes: number) {}

  static readonly ofLogs = () => new Allowance(MAX_LOG_BYTES)
  static readonly ofProof = () => new Allowance(MAX_PROOF_BYTES)

  /** @throws HearthError `halo/log-too-large` */
  spend(entries: Entries): void {
    this.entries -= entries.length
    for (const { length } of entries) this.bytes -= length
    // defence: logs-are-bounded
    if (this.entries < 0 || this.bytes < 0) throw new HearthError('halo/log-too-large')
  }
}

/**
 * @param message that the entries belong to, with the last of them
 * @param ms in all, for the other side to take them; for each message, no more than for any answer
 * @throws HearthError `halo/log-too-large`: nothing was said; `mesh/timeout`, `mesh/closed`
 */
export async function sayWith(
  talk: Conversation,
  ms: number,
  allowance: Allowance,
  entries: Entries,
  message: (last: Entries) => Invite,
): Promise<void> {
  allowance.spend(entries)
  const end = talk.endOf(ms)
  const parts = [...inMessages(entries)]
  const last = parts.pop() ?? []
  for (const one of [...parts.map((part): Invite => ['part', part]), message(last)])
    await talk.put(Math.min(ANSWER_MS, end()), one)
}

/** @throws HearthError `halo/log-too-large`, `mesh/timeout`, `mesh/closed`, `mesh/malformed` if it is none of these */
export async function hearWith<T extends Invite[0]>(
  talk: Conversation,
  ms: number,
  allowance: Allowance,
  ...kinds: readonly T[]
): Promise<{ readonly message: Extract<Invite, readonly [T, ...unknown[]]>; readonly entries: Entries }> {
  const end = talk.endOf(ms)
  const entries: Uint8Array[] = []
  for (;;) {
    const message: Invite = await talk.hear<Invite[0]>(Math.min(ANSWER_MS, end()), 'part', ...kinds)
    const part = entriesOf(message)
    allowance.spend(part)
    entries.push(...part)
    if (message[0] !== 'part')
      return { message: message as Extract<Invite, readonly [T, ...unknown[]]>, entries }
  }
}

function entriesOf(message: Invite): Entries {
  switch (message[0]) {
    case 'part':
    case 'introduce':
    case 'admitted':
      return message[1]
    case 'terms':
      return message[4]
    default:
      return []
  }
}

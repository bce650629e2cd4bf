/** A space of Olga's for tests of one replica: Adam and Anna are admins, in this order, Ed and Mallory editors, Rita a reader. */
import assert from 'node:assert/strict'
import { Acceptance } from '../../../worker/halo/acceptance/acceptance.js'
import type { EntryHeader } from '../../../worker/halo/acceptance/header.js'
import type { Reason } from '../../../worker/halo/acceptance/verdict.js'
import type { Action, Cut, LogEntry } from '../../../worker/halo/membership/actions.js'
import { admit, device, first, Scribe } from '../membership/scribe.js'
import { header } from './author.js'
import { codesOf } from './oracle.js'

interface Circumstances {
  /** What its author knows of the log; everything, if nothing is said. */
  readonly knows?: readonly LogEntry[]
  readonly deps?: readonly EntryHeader[]
  /** Instead of the last one of the feed; none for a feed that begins again. */
  readonly after?: EntryHeader | 'nothing'
  readonly note?: string
}

export class Space {
  readonly scribe: Scribe
  readonly acceptance: Acceptance
  /** The last entry of the log that everybody knows. */
  readonly top: LogEntry
  private readonly last = new Map<string, EntryHeader>()
  private readonly seen: EntryHeader[] = []

  constructor(salt = '') {
    this.scribe = new Scribe('olga', salt)
    for (const name of ['adam', 'anna']) this.decree('olga', admit(name, 'admin'))
    for (const name of ['ed', 'mallory']) this.decree('olga', admit(name, 'editor'))
    this.top = this.decree('olga', admit('rita', 'reader'))
    this.acceptance = new Acceptance(this.scribe.read())
  }

  /** An entry of the log, by the first device of somebody or by another one. */
  decree(by: string, action: Action, on?: readonly LogEntry[]): LogEntry {
    return this.scribe.write(nameOf(by), action, on)
  }

  /** An entry of a feed that did not come here yet. */
  draft(by: string, { knows, deps, after, note }: Circumstances = {}): EntryHeader {
    const feed = nameOf(by)
    const before = after === 'nothing' ? undefined : (after ?? this.last.get(feed))
    const heads = knows ? knows.map(({ id }) => id) : this.scribe.read().heads
    const entry = header(feed, before, heads, deps, note)
    this.last.set(feed, entry)
    return entry
  }

  write(by: string, circumstances: Circumstances = {}): EntryHeader {
    return this.receive(this.draft(by, circumstances))
  }

  receive(entry: EntryHeader): EntryHeader {
    this.seen.push(entry)
    this.acceptance.add(entry)
    return entry
  }

  /** `accepted`, `waiting`, or why not. */
  code(entry: EntryHeader): string {
    const verdict = this.acceptance.verdictOf(entry.id)
    return verdict?.t === 'quarantined' ? verdict.reason.code : String(verdict?.t)
  }

  codes(...entries: readonly EntryHeader[]): string[] {
    return entries.map((entry) => this.code(entry))
  }

  reason(entry: EntryHeader): Reason | undefined {
    const verdict = this.acceptance.verdictOf(entry.id)
    return verdict?.t === 'quarantined' ? verdict.reason : undefined
  }

  cutOf(by: string): Cut {
    return this.acceptance.cutOf(device(nameOf(by)))
  }

  /** Everything read once more, backwards, and worked out in the plainest way: all must say the same. */
  check(): void {
    const again = new Acceptance(this.scribe.read())
    for (const entry of [...this.seen].reverse()) again.add(entry)
    const plain = codesOf(this.scribe.read(), [...new Map(this.seen.map((one) => [one.id, one])).values()])
    for (const { id, feed, seq } of this.seen) {
      const said = this.acceptance.verdictOf(id)!
      assert.deepEqual(again.verdictOf(id), said, `${feed}#${seq} backwards`)
      const code =
        said.t === 'quarantined' ? said.reason.code.replace(/^(beyond-cut|cut-unknown)$/, 'cut') : said.t
      assert.equal(code, plain.get(id), `${feed}#${seq} by the oracle`)
    }
  }
}

const nameOf = (by: string): string => (by.includes('/') ? by : first(by))
/** At an entry of its feed. */
export const cutAt = (entry: EntryHeader): Cut => ({
  ...{ device: entry.feed, seq: entry.seq, hash: entry.id, heads: entry.heads },
})

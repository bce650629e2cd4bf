/** A device with its own copy of the log and of entries. It writes what an honest one writes: on what it accepts, and on all it knows. */
import assert from 'node:assert/strict'
import { Acceptance } from '../../../worker/halo/acceptance/acceptance.js'
import type { EntryHeader, EntryId } from '../../../worker/halo/acceptance/header.js'
import { writes, type Cut, type LogEntry, type LogEntryId } from '../../../worker/halo/membership/actions.js'
import { MembershipLog } from '../../../worker/halo/membership/log.js'
import { device, ownerOf } from '../membership/scribe.js'
import { header } from './author.js'
import { codesOf } from './oracle.js'

export class Replica {
  readonly log: MembershipLog
  readonly acceptance: Acceptance
  readonly headers = new Map<EntryId, EntryHeader>()
  /** As its documents would have it: what was told accepted, and not withdrawn. */
  readonly applied = new Set<EntryId>()
  private readonly listed = new Set<EntryId>()
  private last: EntryHeader | undefined

  constructor(
    readonly name: string,
    genesis: LogEntry,
  ) {
    this.log = new MembershipLog(genesis)
    this.acceptance = new Acceptance(this.log)
  }

  get mayWrite(): boolean {
    const { devices, members } = this.log.state()
    const own = devices.get(device(this.name))
    return own !== undefined && writes(members.get(own.member)!.role)
  }

  hear(entry: LogEntry): void {
    this.log.add(entry)
  }

  receive(entry: EntryHeader): void {
    this.headers.set(entry.id, entry)
    this.acceptance.add(entry)
  }

  /** Takes over what has changed, as documents would. */
  update(): void {
    const { accepted, withdrawn } = this.acceptance.takeChanges()
    for (const id of withdrawn) assert.equal(this.applied.delete(id), true, 'withdrawn, and was not there')
    for (const id of accepted) {
      assert.equal(this.applied.has(id), false, 'accepted twice')
      const { prev, deps } = this.headers.get(id)!
      for (const below of prev ? [prev, ...deps] : deps)
        assert.equal(this.applied.has(below), true, 'accepted before what it builds on')
      this.applied.add(id)
    }
  }

  write(note: string): EntryHeader {
    this.update()
    const foreign = [...this.applied].filter((id) => !this.listed.has(id))
    const deps = foreign.map((id) => this.headers.get(id)!).filter(({ feed }) => feed !== this.name)
    for (const { id } of deps) this.listed.add(id)
    const entry = header(this.name, this.last, this.log.heads, deps, note)
    this.last = entry
    this.receive(entry)
    this.update()
    assert.equal(this.applied.has(entry.id), true, `${this.name} does not accept its own entry`)
    return entry
  }

  /** Of all devices of a member that it knows, as a remover says. */
  cutsOf(member: string): Cut[] {
    const { devices } = this.log.state()
    return [...devices.keys()]
      .filter((name) => ownerOf(name) === member)
      .map((name) => this.acceptance.cutOf(name))
  }

  /** Against everything worked out anew. */
  check(): void {
    this.update()
    const expected = codesOf(this.log, [...this.headers.values()])
    for (const { id, feed, seq } of this.headers.values()) {
      assert.equal(this.codeOf(id), expected.get(id), `${feed}#${seq} at ${this.name}`)
      assert.equal(
        this.applied.has(id),
        expected.get(id) === 'accepted',
        `${feed}#${seq} at ${this.name}, as told`,
      )
    }
    for (const { feed } of this.headers.values()) this.checkCut(feed, expected)
  }

  codeOf(id: EntryId): string {
    const verdict = this.acceptance.verdictOf(id)!
    if (verdict.t !== 'quarantined') return verdict.t
    const { code } = verdict.reason
    return code === 'beyond-cut' || code === 'cut-unknown' ? 'cut' : code
  }

  /** Everything that it says about entries, as text. */
  tell(): string {
    const ids = [...this.headers.keys()].sort()
    const feeds = [...new Set([...this.headers.values()].map(({ feed }) => feed))].sort()
    return JSON.stringify([
      ids.map((id) => [id, this.acceptance.verdictOf(id)]),
      this.acceptance.waiting(),
      this.acceptance.forks().sort((a, b) => (a.feed < b.feed ? -1 : 1)),
      feeds.map((feed) => this.acceptance.cutOf(feed)),
    ])
  }

  private checkCut(feed: EntryHeader['feed'], codes: ReturnType<typeof codesOf>): void {
    const accepted = [...this.headers.values()].filter(
      (one) => one.feed === feed && codes.get(one.id) === 'accepted',
    )
    const [last] = accepted.sort((a, b) => b.seq - a.seq || (a.id < b.id ? -1 : 1))
    const heads: readonly LogEntryId[] = last?.heads ?? []
    assert.deepEqual(this.acceptance.cutOf(feed), {
      device: feed,
      seq: last?.seq ?? 0,
      hash: last?.id ?? null,
      heads,
    })
  }
}

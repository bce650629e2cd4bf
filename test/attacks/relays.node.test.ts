/** What a relay does to the entries of a membership log on their way, without writing any. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogEntry } from '../../worker/halo/membership/actions.js'
import { MembershipLog } from '../../worker/halo/membership/log.js'
import { kitchen } from '../simulation/membership/kitchen.js'
import { profile, remove, rolesIn, tell } from '../simulation/membership/scribe.js'

/** A log with a removal, and what somebody writes after it. */
function honest() {
  const { scribe } = kitchen()
  scribe.write('olga/1', remove('ed'))
  scribe.write('anna/1', profile)
  return scribe
}

/** As a replica takes what comes: what it cannot take yet waits. */
function received(genesis: LogEntry, entries: readonly LogEntry[]): MembershipLog {
  const log = new MembershipLog(genesis)
  let waiting = entries
  for (let size = -1; size !== log.size;) {
    size = log.size
    waiting = waiting.filter((entry) => {
      if (log.missing(entry).length > 0) return true
      log.add(entry)
      return false
    })
  }
  return log
}

describe('a relay that', () => {
  it('reorders entries changes nothing', () => {
    const scribe = honest()
    const rest = scribe.entries.slice(1)
    assert.equal(tell(received(scribe.genesis, [...rest].reverse())), tell(scribe.read()))
  })
  it('duplicates or replays entries changes nothing', () => {
    const scribe = honest()
    const log = received(scribe.genesis, [...scribe.entries, ...[...scribe.entries].reverse()])
    assert.deepEqual([log.size, log.heads], [scribe.read().size, scribe.read().heads])
    assert.equal(tell(log), tell(scribe.read()))
  })
  it('withholds a removal keeps back what was written after it, too', () => {
    const scribe = honest()
    const removal = scribe.entries.at(-2)!
    const [words] = scribe.entries.slice(-1)
    const log = received(
      scribe.genesis,
      scribe.entries.filter((entry) => entry !== removal),
    )
    assert.equal(log.has(words!.id), false)
    assert.throws(() => log.add(words!), RangeError)
    assert.equal(rolesIn(log)['ed'], 'editor')
    for (const entry of [removal, words!]) log.add(entry)
    assert.equal(tell(log), tell(scribe.read()))
  })
  it('shows one entry under several ids, by another order of its parents, is not believed', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', profile, [top])
    scribe.write('adam/1', profile, [top])
    const words = scribe.write('anna/1', profile)
    const log = scribe.read()
    assert.throws(
      () =>
        log.add({ ...words, id: `${words.id}!` as LogEntry['id'], parents: [...words.parents].reverse() }),
      RangeError,
    )
    assert.throws(
      () => log.add({ ...words, id: `${words.id}!` as LogEntry['id'], parents: [top.id, top.id] }),
      RangeError,
    )
  })
  it('begins a log in the middle is not believed', () => {
    const { genesis, entries } = honest()
    assert.throws(() => new MembershipLog(entries.at(-1)!), RangeError)
    assert.throws(() => new MembershipLog({ ...genesis, parents: [entries[1]!.id] }), RangeError)
  })
})

/**
 * Every log that three admins can write with so many operations on each other, on whatever they may have heard of: each
 * operation builds on any of the sets of earlier ones that leave nothing out below them. All give one state in every order
 * that is tried, the highest is never removed by others, and whoever is out was removed by somebody who is entitled.
 */
import assert from 'node:assert/strict'
import type { Action, LogEntry } from '../../../worker/halo/membership/actions.js'
import type { Random } from '../../e2e/random.js'
import { admit, first, identity, remove, Scribe, setRole, tell } from './scribe.js'

const ADMINS = ['olga', 'adam', 'anna'] as const

/** What an admin may try; of more than three operations only what takes rights away, or there are too many logs. */
const operations = (size: number): [author: string, action: Action][] =>
  ADMINS.flatMap((author) =>
    ADMINS.filter((other) => other !== author)
      .flatMap((other) => [
        ...[remove(other), setRole(other, 'reader')],
        ...(size > 3 ? [] : [setRole(other, 'admin'), admit(other, 'admin')]),
      ])
      .map((action): [string, Action] => [author, action]),
  )

/** @param random its seed is the number of operations */
export function everyLog(random: Random): void {
  const size = random.seed
  const start = new Scribe('olga', 'every')
  for (const admin of ADMINS.slice(1)) start.write('olga/1', admit(admin, 'admin'))
  let logs = 0
  const grow = (entries: readonly LogEntry[], left: number): void => {
    if (left === 0) {
      logs++
      return check(start, entries, random)
    }
    for (const parents of pasts(entries, start.entries.length))
      for (const [author, action] of operations(size)) {
        const scribe = start.copy(entries)
        const entry = scribe.write(first(author), action, parents)
        // The same one a second time, or one that counts for nothing, is no further log.
        if (scribe.entries.length === entries.length || scribe.read().stateAt([entry.id]).void.has(entry.id))
          continue
        // Of operations that do not know of each other, one order of writing is enough.
        const last = entries.at(-1)!
        if (entries.length > start.entries.length && !entry.parents.includes(last.id) && entry.id < last.id)
          continue
        grow(scribe.entries, left - 1)
      }
  }
  grow(start.entries, size)
  console.log(`  ${logs} logs of ${size} operations`)
}

/** Every set of entries that can be the latest that somebody has heard of; all have heard of the first `common`. */
function pasts(entries: readonly LogEntry[], common: number): LogEntry[][] {
  const free = entries.slice(common)
  const sets: LogEntry[][] = [[entries[common - 1]!]]
  for (let bits = 1; bits < 1 << free.length; bits++) {
    const some = free.filter((_, n) => bits & (1 << n))
    const builtOn = new Set(some.flatMap((entry) => below(entry, entries)))
    if (!some.some(({ id }) => builtOn.has(id))) sets.push(some)
  }
  return sets
}

function below({ parents }: LogEntry, entries: readonly LogEntry[]): LogEntry['id'][] {
  return parents.flatMap((id) => [
    id,
    ...below(
      entries.find((entry) => entry.id === id)!,
      entries,
    ),
  ])
}

function check(start: Scribe, entries: readonly LogEntry[], random: Random): void {
  const forward = start.read(entries)
  const common = start.entries.length
  const text = tell(forward)
  const [head, tail] = [entries.slice(0, common), [...entries.slice(common)]]
  for (let n = 0; n < 2; n++) {
    const order: LogEntry[] = []
    const waiting = [...tail]
    while (waiting.length > 0) {
      const ready = waiting.filter(({ parents }) => !waiting.some(({ id }) => parents.includes(id)))
      const next = random.pick(ready)
      waiting.splice(waiting.indexOf(next), 1)
      order.push(next)
    }
    assert.equal(tell(start.read([...head, ...order])), text, 'another order, another state')
  }
  const state = forward.state()
  assert.equal(state.members.get(identity('olga'))?.role, 'owner', 'nobody outranks Olga')
  for (const admin of ADMINS) {
    // Who was given a lower role may be removed by others than before.
    const isDemoted = entries.some(({ action }) => action.t === 'set-role' && action.member === admin)
    if (state.members.has(identity(admin)) || isDemoted) continue
    const ends = state.cuts.get(first(admin)) ?? []
    const by = ends.map(({ by }) => entries.find(({ id }) => id === by)!.author)
    assert.ok(
      by.some((author) => ADMINS.findIndex((one) => author === first(one)) < ADMINS.indexOf(admin)),
      `${admin} was removed by somebody of lower rank`,
    )
  }
}

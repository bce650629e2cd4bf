/** A space of Olga's: Adam and Anna are admins, in this order, Ed is an editor and Rita a reader. */
import type { LogEntry } from '../../../worker/halo/membership/actions.js'
import { admit, Scribe } from './scribe.js'

/** @param salt makes ids, and so what is decided by them, others */
export function kitchen(salt = '') {
  const scribe = new Scribe('olga', salt)
  const admissions = [
    admit('adam', 'admin'),
    admit('anna', 'admin'),
    admit('ed', 'editor'),
    admit('rita', 'reader'),
  ]
  for (const admission of admissions) scribe.write('olga/1', admission)
  return { scribe, top: scribe.entries.at(-1)! }
}

export const before = { adam: 'admin', anna: 'admin', ed: 'editor', olga: 'owner', rita: 'reader' }

export const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name)))

/** Whether an entry counts for nothing. */
export const isVoid = (scribe: Scribe, entry: LogEntry) => scribe.read().state().void.has(entry.id)

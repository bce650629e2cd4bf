/**
 * Reads everything that is in a store, in a process of its own: LMDB trusts its file, and what is damaged can end the process that reads it.
 * Ends with code 0 if all of it can be read and is as it was written. Given a second path, of a store that is not there yet, it copies
 * there what it can read until then.
 */
import { open } from 'lmdb'
import { withoutSum } from './sums.mjs'

const TOGETHER = 256

const [, , from, to] = process.argv
const options = { encoding: 'binary', mapSize: 1024 ** 4, maxReaders: 16 }
const db = open({ ...options, path: from, noSubdir: true, readOnly: true })
const copy = to && open({ ...options, path: to, overlappingSync: false })

let isWhole = true
let count = 0
let some = []
for (const { key, value } of db.getRange({})) {
  count++
  // The version of the layout has no sum, and is its own in each store.
  if (key.length === 1 && key[0] === 'v') continue
  if (!withoutSum(key, value)) isWhole = false
  else if (copy && some.push([key, value]) >= TOGETHER) write()
}
write()
// Where a page leads nowhere, the range may end as if that were all. What is free is read, too, which the next commit uses.
if (!copy && db.getStats().entryCount !== count) isWhole = false
process.exit(isWhole ? 0 : 1)

function write() {
  if (some.length > 0) copy.transactionSync(() => some.forEach(([key, value]) => copy.putSync(key, value)))
  some = []
}

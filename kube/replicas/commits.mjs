/**
 * What is written, in a thread of its own: a commit waits for the disk, and nobody else is to wait for that. One that fails, for the disk is
 * full or takes no more, says so. Plain JavaScript: Node starts a thread by its file, in the source and in the build.
 */
import { open } from 'lmdb'
import { parentPort, workerData } from 'node:worker_threads'
import { putSum } from './sums.mjs'

const db = open(workerData)
parentPort.on('message', ({ puts, lengths, values, deletes }) => {
  if (!puts) return void db.close().then(() => parentPort.close())
  try {
    db.transactionSync(() => {
      let at = 0
      for (const [i, key] of puts.entries()) {
        const all = values.subarray(at, (at += lengths[i]))
        putSum(key, all)
        db.putSync(key, all)
      }
      for (const key of deletes) db.removeSync(key)
    })
    parentPort.postMessage({})
  } catch (e) {
    parentPort.postMessage({ reason: e.message, code: e.code })
  }
})

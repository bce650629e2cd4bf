/**
 * Runs test files by node:test, one after the other, and tells its parent process the tally.
 * Arguments: part of the names of tests to run ('' for all), then the files.
 */
import { run } from 'node:test'
import { NodeReport } from './node-report.js'

const [pattern = '', ...files] = process.argv.slice(2)
const report = new NodeReport()
const tests = run({
  files,
  // One at a time: end-to-end tests time each other out when several browsers share two cores.
  concurrency: 1,
  ...(pattern && { testNamePatterns: [new RegExp(escape(pattern))] }),
})
for await (const event of tests) report.take(event)
process.send?.(report.finish(pattern !== ''))
process.disconnect?.()

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

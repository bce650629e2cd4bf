/**
 * `npm run test:attacks`: every attack that is known, each of which must fail.
 * `npm run test:attacks -- --mutate [part of a name]`: each defence is taken out in turn, and an attack must succeed then.
 */
import { runNodeTests } from '../runner/node-tests.js'
import { filesOf } from '../runner/files.js'
import { formatTally } from '../runner/tally.js'
import { disagreements, houseMarks } from './removal/house-marks.js'
import { mutate } from './removal/mutate.js'

const [flag, filter = ''] = process.argv.slice(2)
if (flag === '--mutate') {
  try {
    const marks = await houseMarks()
    const problems = disagreements(marks)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    process.exitCode = (await mutate(marks, filter)) > 0 ? 1 : 0
  } catch (e) {
    console.error((e as Error).message)
    process.exitCode = 1
  }
} else {
  const files = filesOf('unit').filter((path) => path.startsWith('test/attacks/'))
  const tally = await runNodeTests('', files)
  console.log(`\n${formatTally(tally)}`)
  process.exitCode = tally.failures.length === 0 ? 0 : 1
}

/**
 * Runs test files in the browsers and tells its parent process the tally.
 * Arguments: part of the names of tests to run ('' for all), then the files.
 */
import { startTestRunner } from '@web/test-runner'
import { webTestRunnerConfig } from './web.js'

const [pattern, ...files] = process.argv.slice(2)
const runner = await startTestRunner({
  config: webTestRunnerConfig(files, pattern, (tally) => process.send?.(tally)),
  readCliArgs: false,
  readFileConfig: false,
  autoExitProcess: false,
})
runner?.on('stopped', () => process.disconnect?.())

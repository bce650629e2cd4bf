/** `npx web-test-runner` by hand; `npm run test:browser` does the same and counts. See test/runner/web.ts. */
import 'tsx'

const { webTestRunnerConfig } = await import('./test/runner/web.ts')
export default webTestRunnerConfig()

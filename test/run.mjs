/**
 * `npm test [-- --bench]`, and `npm run test:unit|test:browser|test:e2e [-- filter]`.
 * The last line it prints is `N passed, N failed, N skipped`, over everything that ran.
 */
import 'tsx'

const { main } = await import('./runner/main.ts')
process.exitCode = await main(process.argv.slice(2))

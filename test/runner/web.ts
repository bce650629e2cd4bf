/** Settings of web-test-runner: the browsers of the system, TypeScript as it stands, and the built runtime. */
import { esbuildPlugin } from '@web/dev-server-esbuild'
import { chromeLauncher } from '@web/test-runner-chrome'
import type { Middleware } from '@web/dev-server-core'
import type { TestRunnerConfig } from '@web/test-runner'
import { fileURLToPath } from 'node:url'
import * as puppeteer from 'puppeteer-core'
import { browserReport } from './browser-report.js'
import { browserPath } from './browsers.js'
import { filesOf, root } from './files.js'
import type { Tally } from './tally.js'

/**
 * @param files paths from the root
 * @param pattern part of the names of tests to run; '' for all
 * @param finished called with the tally when all has run
 */
export function webTestRunnerConfig(
  files = filesOf('browser'),
  pattern = '',
  finished: (tally: Tally) => void = () => {},
): TestRunnerConfig {
  return {
    rootDir: root,
    files,
    staticLogging: true,
    nodeResolve: true,
    hostname: 'localhost',
    // All files share one origin and one profile, and with that one store, its locks and its worker.
    concurrency: 1,
    concurrentBrowsers: 1,
    browserStartTimeout: 60_000,
    testsStartTimeout: 60_000,
    testsFinishTimeout: 240_000,
    browsers: [chromium(), firefox()],
    testFramework: { config: { ui: 'bdd', timeout: 30_000, ...(pattern && { fgrep: pattern }) } },
    plugins: [
      esbuildPlugin({
        ts: true,
        target: 'es2022',
        tsconfig: fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url)),
      }),
    ],
    middleware: [serveBuilt],
    reporters: [browserReport(pattern !== '', finished)],
  }
}

const chromium = () =>
  launcher({ executablePath: browserPath('chromium'), args: ['--no-sandbox', '--disable-dev-shm-usage'] })

/** By WebDriver BiDi: the launcher made for Chrome drives any browser that puppeteer does. */
const firefox = () => launcher({ browser: 'firefox', executablePath: browserPath('firefox') })

const launcher = (launchOptions: puppeteer.LaunchOptions) => chromeLauncher({ puppeteer, launchOptions })

/** `/hearth.js`, `/hearth.mjs` and `/hearth/…` are where they are on a real server; and what the client as it stands looks for beside itself. */
const serveBuilt: Middleware = (context, next) => {
  const url = context.url.replace(/^\/client(?=\/hearth\/)/, '')
  if (/^\/hearth(\.m?js(\.map)?$|\/)/.test(url.replace(/\?.*/, ''))) context.url = `/dist${url}`
  return next()
}

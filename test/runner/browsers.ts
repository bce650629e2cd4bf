/** The two browsers of the system that tests run in. None is ever downloaded by a package. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Browsers {
  /** Absolute path; undefined when there is none. */
  readonly chromium: string | undefined
  readonly firefox: string | undefined
}

const places = {
  chromium: [
    'chromium',
    'chromium-browser',
    'google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  firefox: ['firefox-esr', 'firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
}

/** CHROME_PATH and FIREFOX_PATH come before what is on the PATH. */
export const findBrowsers = (): Browsers => ({
  chromium: [process.env['CHROME_PATH'], ...places.chromium].map(find).find(Boolean),
  firefox: [process.env['FIREFOX_PATH'], ...places.firefox].map(find).find(Boolean),
})

/** @throws Error in one line, with what to install */
export function browserPath(name: keyof Browsers): string {
  const path = findBrowsers()[name]
  if (!path) throw new Error(advice([name]))
  return path
}

/**
 * As root on Debian, installs what is missing by apt.
 * @throws Error in one line, with what to install, where it cannot
 */
export function installBrowsers(found: Browsers): void {
  const missing = (['chromium', 'firefox'] as const).filter((name) => !found[name])
  if (missing.length === 0) return
  if (!isDebianRoot()) throw new Error(advice(missing))
  const packages = missing.map((name) => (name === 'firefox' ? 'firefox-esr' : name))
  console.log(`Installing ${packages.join(' and ')} …`)
  apt(['update', '-q'])
  apt(['install', '-y', '-q', '--no-install-recommends', ...packages])
}

function advice(missing: readonly string[]): string {
  return (
    `Tests need ${missing.join(' and ')}: install it (Debian: apt-get install -y chromium firefox-esr), ` +
    'or name the program in CHROME_PATH or FIREFOX_PATH.'
  )
}

function apt(args: readonly string[]): void {
  const { status } = spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 15 * 60_000,
  })
  if (status !== 0)
    throw new Error(`apt-get ${args.join(' ')} failed; install chromium and firefox-esr by hand.`)
}

function isDebianRoot(): boolean {
  try {
    // Not its derivatives: Ubuntu's package of that name only fetches a snap.
    return process.getuid?.() === 0 && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

function find(name: string | undefined): string | undefined {
  if (!name) return undefined
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
  return candidates.find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

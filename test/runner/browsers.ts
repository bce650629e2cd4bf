/** The browsers of the system that tests run in. None is ever downloaded by a package. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
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

/** What tests in WebKitGTK need: gjs for a browser that keeps a profile, and Debian's own one; and a screen. */
export const webkit = {
  gjs: () => find('gjs'),
  /** WebDriver, and with it the MiniBrowser. */
  driver: () => find('WebKitWebDriver'),
  screen: () => find('Xvfb'),
  /** Where gjs has the library from. */
  bindings: () =>
    ['/usr/lib', ...readFolders('/usr/lib')]
      .map((folder) => join(folder, 'girepository-1.0/WebKit2-4.1.typelib'))
      .find((path) => existsSync(path)),
}

const webkitPackages: Record<keyof typeof webkit, string> = {
  gjs: 'gjs',
  driver: 'webkit2gtk-driver',
  screen: 'xvfb',
  bindings: 'gir1.2-webkit2-4.1',
}

const missingOfWebKit = () =>
  (Object.keys(webkit) as (keyof typeof webkit)[])
    .filter((part) => !webkit[part]())
    .map((part) => webkitPackages[part])

/** Why tests in WebKitGTK cannot run here, in one line; undefined if they can. It is there on Linux only. */
export function noWebKit(): string | undefined {
  const missing = missingOfWebKit()
  return missing.length > 0 ? `WebKitGTK: install ${missing.join(' ')}` : undefined
}

/**
 * As root on Debian, installs what is missing by apt. Elsewhere WebKitGTK may be missing.
 * @throws Error in one line, with what to install, where it cannot
 */
export function installBrowsers(found: Browsers): void {
  const missing = (['chromium', 'firefox'] as const).filter((name) => !found[name])
  const packages: string[] = missing.map((name) => (name === 'firefox' ? 'firefox-esr' : name))
  if (isDebianRoot()) packages.push(...missingOfWebKit())
  if (packages.length === 0) return
  if (!isDebianRoot()) throw new Error(advice(missing))
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
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed; install the browsers by hand.`)
}

function isDebianRoot(): boolean {
  try {
    // Not its derivatives: Ubuntu's package of that name only fetches a snap.
    return process.getuid?.() === 0 && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

const readFolders = (parent: string): string[] => {
  try {
    return readdirSync(parent).map((name) => join(parent, name))
  } catch {
    return []
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

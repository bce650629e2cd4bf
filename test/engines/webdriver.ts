/**
 * Debian's own WebKitGTK browser, the MiniBrowser, by WebDriver: what a person sees and does, with real keys. It keeps
 * nothing on the disk while it is automated, so what outlives a browser is for `WebKit`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../e2e/wait.js'
import { noWebKit, webkit } from '../runner/browsers.js'
import { display } from './display.js'
import { guardFolder, guardGroup, killGroup, removeFolder } from './leftovers.js'

/** The longest that a command may take, in milliseconds; a page that loads is one. */
const COMMAND_MS = 30_000
/** The key under which WebDriver gives elements. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

export class MiniBrowser {
  private session = ''

  private constructor(
    private readonly driver: ChildProcess,
    private readonly home: string,
    private readonly address: string,
  ) {}

  static async launch(): Promise<MiniBrowser> {
    const missing = noWebKit()
    if (missing) throw new Error(missing)
    const home = mkdtempSync(join(tmpdir(), 'hearth-minibrowser-'))
    guardFolder(home)
    const port = await freePort()
    const driver = spawn(webkit.driver()!, [`--port=${port}`, '--host=127.0.0.1'], {
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...{ DISPLAY: await display(), GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' },
        ...{ HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
      },
    })
    guardGroup(driver.pid!)
    const browser = new MiniBrowser(driver, home, `http://127.0.0.1:${port}`)
    await until('WebKitWebDriver to listen', () => browser.call('GET', '/status').catch(() => undefined))
    const { sessionId } = (await browser.call('POST', '/session', { capabilities: {} })) as {
      sessionId: string
    }
    browser.session = `/session/${sessionId}`
    await browser.command('POST', '/timeouts', { script: COMMAND_MS, pageLoad: COMMAND_MS })
    return browser
  }

  /** Opens one more tab and goes on in it. @returns its handle */
  async newTab(): Promise<string> {
    const { handle } = (await this.command('POST', '/window/new', { type: 'tab' })) as { handle: string }
    await this.switchTo(handle)
    return handle
  }

  handle(): Promise<string> {
    return this.command('GET', '/window') as Promise<string>
  }

  async switchTo(handle: string): Promise<void> {
    await this.command('POST', '/window', { handle })
  }

  async goto(url: string): Promise<void> {
    await this.command('POST', '/url', { url })
  }

  async reload(): Promise<void> {
    await this.command('POST', '/refresh', {})
  }

  /** Runs `code` in the tab, which can use nothing but what is there, and awaits it. */
  async evaluate<R>(code: () => R | Promise<R>): Promise<R> {
    const script = `const done = arguments[0]
      const __name = (value) => value
      Promise.resolve().then(${code}).then((value) => done({ value }), (e) => done({ error: String(e?.stack ?? e) }))`
    const answer = await this.command('POST', '/execute/async', { script, args: [] })
    const { value, error } = answer as { value: R; error?: string }
    if (error) throw new Error(error)
    return value
  }

  /** Presses keys where the first element of that selector is. */
  async type(selector: string, text: string): Promise<void> {
    const found = await this.command('POST', '/element', { using: 'css selector', value: selector })
    await this.command('POST', `/element/${(found as Record<string, string>)[ELEMENT]}/value`, { text })
  }

  close(): void {
    killGroup(this.driver.pid!)
    removeFolder(this.home)
  }

  private command(method: string, path: string, body?: object): Promise<unknown> {
    return this.call(method, this.session + path, body)
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.address + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(COMMAND_MS + 5_000),
    })
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null }
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`)
    return value
  }
}

/** The driver takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Hearth behind Debian's nginx, which speaks TLS: at the root of an origin, and on a path of one. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Nginx } from './nginx.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** Of nginx's certificate nobody knows. */
const trusting = { flags: ['--ignore-certificate-errors'] }

for (const path of ['/', '/sub/path/'])
  describe(`Hearth behind nginx, at ${path}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'hearth-nginx-data-'))
    let server: RunningServer
    let nginx: Nginx
    let olga: Person
    let ed: Person
    let space: string

    before(async () => {
      server = await startServer({ dist, apps: [folder('pages/placed')], data })
      nginx = await Nginx.start(server.url, path)
      const page = `${nginx.url}/apps/placed/`
      ;[olga, ed] = await Promise.all([
        Person.with('chromium', 'Olga', page, trusting),
        Person.with('chromium', 'Ed', page, trusting),
      ])
    })
    after(async () => {
      await Promise.allSettled([olga?.leave(), ed?.leave()])
      await nginx?.stop()
      await server.close()
      rmSync(data, { recursive: true, force: true })
    })

    it('two people meet there, and what they share is kept', async () => {
      space = await olga.createSpace('Kitchen')
      await olga.add(space, 'Eggs', 'a dozen')
      const told = await olga.invite(space)
      assert.ok(told.link.startsWith(`${nginx.url}/#`), told.link)
      assert.equal(await ed.join(told), space)
      await ed.sees(space, 'what Olga wrote', ({ todos }) => todos['Eggs'] === 'a dozen')
      await olga.run((id) => window.home.getSpace(id)!.addHost(), space)
      const host = () => olga.run((id) => window.home.getSpace(id)!.hosts.value[0], space)
      await until('it to be kept', async () => (await host())?.state === 'kept')
      assert.equal((await host())!.url, nginx.url)
      await until('its size', async () => (await host())!.usedBytes! > 0)
    })

    it('an address without its slash leads to the one with it, and metrics are not for who comes through', async () => {
      const asked = await olga.run(async (base) => {
        const { url } = await fetch(`${base}/apps/placed?a=1`)
        const { status } = await fetch(`${base}/metrics`)
        return { url, status, ready: (await fetch(`${base}/readyz`)).status }
      }, nginx.url)
      assert.deepEqual(asked, { url: `${nginx.url}/apps/placed/?a=1`, status: 403, ready: 200 })
    })

    it('the first page is there, and lists apps where they are', async () => {
      const shell = await olga.visit(`${nginx.url}/`)
      const links = () =>
        shell.evaluate(
          () =>
            [...document.querySelectorAll('*')].flatMap((one) =>
              [...((one.shadowRoot ?? one).querySelectorAll<HTMLAnchorElement>('a.app') ?? [])].map(
                ({ href }) => href,
              ),
            ),
          undefined,
        )
      await until('the apps', async () => (await links()).includes(`${nginx.url}/apps/tasks/`))
      await shell.close()
    })

    it('the service worker has that path and no other, and opens Hearth when nginx is gone', async () => {
      const scopes = () =>
        olga.run(
          async () =>
            (await navigator.serviceWorker.getRegistrations())
              .filter(({ active, installing }) => active && !installing)
              .map(({ scope }) => scope),
          undefined,
        )
      await until('the service worker', async () => (await scopes()).length === 1, 30_000)
      assert.deepEqual(await scopes(), [`${nginx.url}/`])
      // With the service worker there, what is loaded is kept.
      await olga.again()
      await until('the page to be kept', () =>
        olga.run(async () => (await caches.match(location.href)) !== undefined, undefined),
      )
      await nginx.stop()
      await olga.again()
      await olga.sees(space, 'what is on her device', ({ todos }) => todos['Eggs'] === 'a dozen')
      const elsewhere = await olga.visit(`${nginx.url}/apps/nowhere/deep/`)
      const shown = await elsewhere.evaluate(
        () => ({ base: document.baseURI, title: document.title, sheets: document.styleSheets.length }),
        undefined,
      )
      assert.deepEqual(shown, { base: `${nginx.url}/`, title: 'Not on this device yet', sheets: 1 })
      assert.deepEqual(olga.failures, [])
    })
  })

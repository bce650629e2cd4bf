import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Stage } from './stage.js'

describe('a page that is not a secure context', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set('--host-resolver-rules=MAP hearth.test 127.0.0.1')))
  after(() => stage.end())

  it('is told so, and what to do', async () => {
    const { port } = new URL(stage.server.url)
    const page = await stage.browser.newTab(`http://hearth.test:${port}/apps/alpha/`)
    assert.equal(await page.evaluate(() => isSecureContext), false)
    const error = await page.evaluate(() =>
      window.opening.then(
        () => undefined,
        ({ code, message }: { code: string; message: string }) => ({ code, message }),
      ),
    )
    assert.equal(error?.code, 'env/insecure-context')
    assert.match(error.message, /https/i)
  })
})

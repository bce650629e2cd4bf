/** A page that a KUBE hosts, and a worker of that page, reach the KUBE's own WebSocket under the policy that they come with. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeFixture, type Fixture } from '../../kube/testing/fixture.js'
import { SIGNAL_PATH } from '../../worker/protocol/signal.js'
import { engineNames, type Engine } from '../engines/engine.js'
import { launchEngine } from '../engines/launch.js'
import { noWebKit } from '../runner/browsers.js'

/** Says how many bytes the first message has, or what was in the way. */
const script = `globalThis.reach = (url) => new Promise((resolve) => {
  let socket
  try { socket = new WebSocket(url) } catch (e) { return resolve(String(e)) }
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }) => resolve(data.byteLength > 0 ? 'a message' : 'nothing')
  socket.onerror = () => resolve('an error')
})
if (!globalThis.document) onmessage = async ({ data }) => postMessage(await reach(data))
`

declare const reach: (url: string) => Promise<string>

for (const name of engineNames)
  describe(`in ${name}`, { skip: name === 'webkit' ? (noWebKit() ?? false) : false }, () => {
    let fixture: Fixture
    let engine: Engine
    before(async () => {
      fixture = await makeFixture()
      await fixture.write(
        'notes/index.html',
        '<!doctype html><title>Notes</title><script src="reach.js"></script>',
      )
      await fixture.write('notes/reach.js', script)
      engine = await launchEngine(name)
    })
    after(async () => {
      await engine?.close()
      await fixture?.[Symbol.asyncDispose]()
    })

    it('the page and its worker hear the KUBE that they came from', async () => {
      const server = await fixture.serve('notes')
      const page = await engine.newPage()
      await page.goto(`${server.url}/apps/notes/`)
      const url = server.url.replace('http', 'ws') + SIGNAL_PATH
      assert.equal(await page.evaluate((at: string) => reach(at), url), 'a message')
      const ofWorker = await page.evaluate(
        (at: string) =>
          new Promise<string>((resolve) => {
            const worker = new Worker('reach.js')
            worker.onmessage = ({ data }) => resolve(String(data))
            worker.onerror = ({ message }) => resolve(message)
            worker.postMessage(at)
          }),
        url,
      )
      assert.equal(ofWorker, 'a message')
    })
    it('and not another server, which no policy names', async () => {
      const [server, other] = [await fixture.serve('notes'), await fixture.serve()]
      const page = await engine.newPage()
      await page.goto(`${server.url}/apps/notes/`)
      const url = other.url.replace('http', 'ws') + SIGNAL_PATH
      assert.notEqual(await page.evaluate((at: string) => reach(at), url), 'a message')
    })
  })

/** Which tab is handed a link, and when a tab is relieved of those that it holds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Clock, until } from '../test/attacks/mallory/clock.js'
import { AGAIN_MS, HUNG_MS, SETTLED_MS, TabHosts } from './hosting.js'
import type { Hosted } from './mesh/platform.js'
import { newId, type ClientId } from './protocol/ids.js'
import type { TabState } from './protocol/hosting.js'

function device() {
  const clock = new Clock()
  const hosts = new TabHosts(clock, () => undefined)
  hosts.wanted()
  const ports: MessagePort[] = []
  const tab = async (state: TabState) => {
    const id = newId<ClientId>()
    let port: MessagePort
    hosts.came(id, () => (port = hosts.offer(id)!))
    ports.push(port!)
    const say = async (state: TabState) => {
      port.postMessage(state)
      const { tabs } = hosts as unknown as { tabs: Map<ClientId, { state: TabState }> }
      await until('heard', () => tabs.get(id)?.state === state)
    }
    await say(state)
    return { id, say, close: () => hosts.left(id) }
  }
  const moved: Hosted[] = []
  /** A link, which when it is to move is made anew, and then left. */
  const link = (): Hosted => {
    const hosted = hosts.open(true, [])!
    ports.push(hosted.port as MessagePort)
    hosted.onBetter = () => moved.push(hosted)
    return hosted
  }
  const stop = () => {
    clock.stop()
    for (const port of ports) port.close()
  }
  return { hosts, clock, tab, link, moved, [Symbol.dispose]: stop }
}

describe('links of a device', () => {
  it('are spread over the tabs that are shown, and go to hidden ones where there is no other', async () => {
    using it = device()
    const hidden = await it.tab('hidden')
    assert.equal(it.link().tab, hidden.id)
    const [one, two] = [await it.tab('shown'), await it.tab('shown')]
    const held = Array.from({ length: 4 }, () => it.link().tab)
    for (const { id } of [one, two]) assert.equal(held.filter((tab) => tab === id).length, 2)
    await one.say('away')
    assert.equal(it.link().tab, two.id)
  })

  it('leave a hidden tab when another has been shown for some time, and not before', async () => {
    using it = device()
    await it.tab('hidden')
    const link = it.link()
    await it.tab('shown')
    await it.clock.pass(SETTLED_MS - 500, 500)
    assert.deepEqual(it.moved, [])
    await it.clock.pass(1_000, 500)
    assert.deepEqual(it.moved, [link])
  })

  it('stay where they are while somebody only looks something up, and in a tab that is shown beside others', async () => {
    using it = device()
    const first = await it.tab('shown')
    it.link()
    await it.tab('shown')
    await it.clock.pass(60_000)
    await first.say('hidden')
    await it.clock.pass(SETTLED_MS - 1_000, 500)
    await first.say('shown')
    await it.clock.pass(60_000)
    assert.deepEqual(it.moved, [])
  })

  it('stay in a hidden tab where the only one that is shown has just let one hang, for a minute', async () => {
    using it = device()
    const shown = await it.tab('shown')
    const hung = it.link()
    await it.tab('hidden')
    hung.release(true)
    const link = it.link()
    assert.notEqual(link.tab, shown.id)
    await it.clock.pass(HUNG_MS - 1_000)
    assert.deepEqual(it.moved, [])
    // It may have been the other side, or the network.
    await it.clock.pass(SETTLED_MS + 2_000, 500)
    assert.deepEqual(it.moved, [link])
  })

  it('of one that goes to and fro between two tabs are moved seldom', async () => {
    using it = device()
    const tabs = [await it.tab('shown'), await it.tab('hidden')] as const
    let link = it.link()
    const minutes = 3
    for (let n = 0; n < minutes * 10; n++) {
      await tabs[n % 2]!.say('hidden')
      await tabs[(n + 1) % 2]!.say('shown')
      await it.clock.pass(6_000, 500)
      if (it.moved.at(-1) === link) {
        const former = link
        link = it.link()
        former.release(false)
      }
    }
    assert.ok(it.moved.length > 0)
    assert.ok(it.moved.length <= (minutes * 60_000) / AGAIN_MS + 1, `${it.moved.length} times`)
  })

  it('that could not be moved are tried again later', async () => {
    using it = device()
    await it.tab('hidden')
    it.link()
    await it.tab('shown')
    await it.clock.pass(SETTLED_MS + 2 * AGAIN_MS + 1_000)
    assert.equal(it.moved.length, 3)
  })
})

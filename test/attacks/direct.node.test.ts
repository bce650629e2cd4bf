/** What becomes of direct links, and what one side tries with them. Devices are real, their tabs are not; the KUBE is Mallory's. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Attempts } from '../../worker/mesh/direct/attempts.js'
import { DirectLink } from '../../worker/mesh/direct/direct-link.js'
import { call } from '../../worker/mesh/handshaking.js'
import type { Hosted } from '../../worker/mesh/platform.js'
import type { Session } from '../../worker/mesh/session.js'
import { SETTLED_MS } from '../../worker/hosting.js'
import type { FromHost, TabState, ToHost } from '../../worker/protocol/hosting.js'
import { HOST_WINDOW } from '../../worker/protocol/hosting.js'
import { LIVENESS, MAX_DIRECT_SIGNAL, MAX_DIRECT_SIGNALS, type Direct } from '../../worker/protocol/wire.js'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { Clock, turns, until } from './mallory/clock.js'
import { line, platformAt, staticKey, two } from './mallory/line.js'
import { Air, type Tab } from './mallory/tabs.js'
import { meet, World, type Person } from './mallory/world.js'

const kindsOf = (people: readonly Person[]) =>
  people.map(({ mesh }) => mesh.connected.map(({ kind }) => kind).join())
const areDirect = (people: readonly Person[]) =>
  until('directly linked', () => kindsOf(people).every((kinds) => kinds === 'direct'))
const areRelayed = (people: readonly Person[]) =>
  until('relayed', () => kindsOf(people).every((kinds) => kinds === 'relayed'))

/** Alice and Bob share a space, and each has a tab. */
async function linked(world: World, air: Air, state: TabState = 'shown') {
  const { people, space } = await world.sharing(['editor'])
  const [alice, bob] = people as [Person, Person]
  const tabs = [air.tab(alice, state), air.tab(bob, state)] as const
  await meet(alice, bob)
  await areDirect([alice, bob])
  /** Writes on both sides, and waits until both have both. */
  const both = async () => {
    const [one, other] = [await alice.write(space, 'one'), await bob.write(space, 'other')]
    await until('on both sides', () => alice.has(other) && bob.has(one))
  }
  return { alice, bob, space, tabs, both }
}

describe('two devices with tabs', () => {
  it('link directly, and nothing of what they write goes through the relay', async () => {
    using world = new World()
    using air = new Air()
    const { both } = await linked(world, air)
    await both()
    const before = world.relay.frames.length
    await both()
    assert.equal(world.relay.frames.length, before)
  })

  it('try what their KUBEs offer, all of them, and nothing that no browser takes', async () => {
    using world = new World()
    using air = new Air()
    world.relay.ice = (url) => [
      [`turn:turn.${new URL(url).hostname}`, 'name', 'password'],
      ['http://in.the.way', 'name', 'password'],
    ]
    const { people } = await world.sharing(['editor'])
    const [alice, bob] = people as [Person, Person]
    await alice.online()
    await alice.opened!.networking.use(['http://other.test'])
    const tabs = [air.tab(alice), air.tab(bob)] as const
    await meet(alice, bob)
    await areDirect([alice, bob])
    const [hers, his] = tabs.map(({ orders }) => orders[0]!.ice.map(({ urls }) => urls))
    assert.deepEqual(hers, ['turn:turn.kube.test', 'turn:turn.other.test'])
    assert.deepEqual(his, ['turn:turn.kube.test'])
  })

  it('say in which tab the link is, and how long it takes there and back; of one through the relay, only that', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs } = await linked(world, air)
    await world.clock.pass(1_000, 250)
    const told = () => [alice, bob].map(({ mesh }) => mesh.connected[0]!)
    await until('known', () => told().every(({ rttMs }) => rttMs !== undefined))
    assert.deepEqual(
      told().map(({ host }) => host),
      tabs.map(({ client }) => client),
    )
    tabs[0].close()
    await areRelayed([alice, bob])
    await world.clock.pass(6_000, 500)
    await until('known', () => told().every(({ rttMs }) => rttMs !== undefined))
    assert.ok(told().every((link) => !('host' in link)))
  })

  it('go on through the relay at once when the tab of one is gone, and link again when there is another', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs, both } = await linked(world, air)
    tabs[0].close()
    await both()
    assert.deepEqual(kindsOf([alice, bob]), ['relayed', 'relayed'])
    air.tab(alice)
    await world.clock.pass(3_000, 250)
    await areDirect([alice, bob])
    await both()
  })

  it('go on through the relay when a tab says nothing any more, and neither side is told', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs, both } = await linked(world, air)
    tabs[1].hang()
    const written = both()
    await world.clock.pass(LIVENESS.direct.silenceMs + 1_000, 250)
    await written
    assert.deepEqual(kindsOf([alice, bob]), ['relayed', 'relayed'])
  })

  it('do not link in a tab that is about to stand still, and do when it goes on', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs, both } = await linked(world, air)
    tabs[1].say('away')
    await areRelayed([alice, bob])
    await both()
    tabs[1].say('hidden')
    await world.clock.pass(3_000, 250)
    await areDirect([alice, bob])
  })

  it('go on when the relay is gone, and have it beside the link again when it is back', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs, both } = await linked(world, air)
    for (const wire of [...world.relay.wires]) world.relay.hangUp(wire)
    await both()
    assert.deepEqual(kindsOf([alice, bob]), ['direct', 'direct'])
    await world.clock.pass(6_000, 250)
    await both()
    assert.deepEqual(kindsOf([alice, bob]), ['direct', 'direct'])
    tabs[0].close()
    await both()
    assert.deepEqual(kindsOf([alice, bob]), ['relayed', 'relayed'])
  })

  it('find each other when one has lost everything, and the other one has noticed nothing', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, space, tabs } = await linked(world, air)
    tabs[0].hang()
    alice.planes.network.stop()
    const again = await alice.again()
    const note = await again.write(space, 'again')
    for (let n = 0; n < 20 && !bob.has(note); n++) await world.clock.pass(500, 250)
    assert.ok(bob.has(note))
  })
})

describe('two devices whose link is in a hidden tab', () => {
  /** They write while time passes, and are linked directly all the while. */
  async function meanwhile(
    world: World,
    { alice, bob, space }: Awaited<ReturnType<typeof linked>>,
    ms: number,
  ) {
    for (let left = ms; left > 0; left -= 250) {
      await world.clock.pass(250, 250)
      const [one, other] = [await alice.write(space, 'one'), await bob.write(space, 'other')]
      await until('on both sides', () => alice.has(other) && bob.has(one))
      assert.deepEqual(kindsOf([alice, bob]), ['direct', 'direct'])
    }
  }

  /** That a tab is shown is heard in real time, and on a busy machine later; only from then on does time that passes count. */
  async function passUntil(world: World, is: () => boolean) {
    for (let left = SETTLED_MS + 20_000; left > 0 && !is(); left -= 250) await world.clock.pass(250, 250)
    assert.ok(is())
  }

  for (const side of [0, 1] as const)
    it(`have it in a shown one soon, and nothing stops meanwhile (the ${side ? 'second' : 'first'} has another tab)`, async () => {
      using world = new World()
      using air = new Air()
      const two = await linked(world, air, 'hidden')
      const { alice, bob, tabs } = two
      const shown = air.tab([alice, bob][side]!)
      await meanwhile(world, two, SETTLED_MS + 2_000)
      await until('moved', () => air.links === 2 && shown.ends.size === 1)
      await meanwhile(world, two, 2_000)
      assert.deepEqual([tabs[side].ends.size, tabs[1 - side]!.ends.size], [0, 1])
      tabs[side].close()
      await meanwhile(world, two, 1_000)
    })

  it('go on in it when it comes to nothing in the other one', async () => {
    using world = new World()
    using air = new Air()
    const two = await linked(world, air, 'hidden')
    const shown = air.tab(two.alice)
    shown.isDeaf = true
    await meanwhile(world, two, SETTLED_MS + 2_000)
    assert.equal(shown.orders.length, 1)
    await meanwhile(world, two, 12_000)
    assert.equal(two.tabs[0].ends.size, 1)
  })

  it('go on through the relay when both tabs are gone before all is in the other one', async () => {
    using world = new World()
    using air = new Air()
    const two = await linked(world, air, 'hidden')
    const { alice, bob, tabs, both } = two
    const shown = air.tab(alice)
    await passUntil(world, () => shown.orders.length > 0)
    tabs[0].close()
    shown.close()
    await both()
    await areRelayed([alice, bob])
    air.tab(alice)
    await world.clock.pass(5_000, 250)
    await areDirect([alice, bob])
    await both()
  })

  it('go on when the hidden one is gone at any moment of their going over to the other one', async () => {
    for (let last = 1; last <= 8; last++) {
      using world = new World()
      using air = new Air()
      const { alice, bob, tabs, both } = await linked(world, air, 'hidden')
      const shown = air.tab(alice)
      let frames = 0
      air.onFrame = () => {
        if (shown.ends.size > 0 && ++frames === last) tabs[0].close()
      }
      await passUntil(world, () => frames >= last)
      await both()
      await world.clock.pass(3_000, 250)
      await areDirect([alice, bob])
      await both()
    }
  })

  it(
    'lose nothing, whatever becomes of tabs and the relay, and link again',
    { timeout: 120_000 },
    async () => {
      for (let seed = 1; seed <= 12; seed++) await story(seed)
    },
  )

  async function story(seed: number): Promise<void> {
    const random = new Random(seed)
    using world = new World()
    using air = new Air()
    const { alice, bob, space, tabs: first } = await linked(world, air, 'hidden')
    const people = [alice, bob] as const
    const tabs: readonly Tab[][] = first.map((tab) => [tab])
    const written: (readonly [Person, ObjectId])[] = []
    for (let step = 0; step < 40; step++) {
      const side = random.pick([0, 1] as const)
      const own = tabs[side]!
      const roll = random.next()
      if (roll < 0.5) written.push([people[1 - side]!, await people[side].write(space, `${step}`)])
      else if (roll < 0.62) own.push(air.tab(people[side], random.pick(['shown', 'hidden'])))
      else if (roll < 0.74) random.pick(own)?.say(random.pick<TabState>(['shown', 'hidden', 'away']))
      else if (roll < 0.84 && own.length > 1) own.splice(random.between(0, own.length - 1), 1)[0]!.close()
      else if (roll < 0.9) random.pick(own)?.hang()
      else if (roll < 0.94) for (const wire of [...world.relay.wires]) world.relay.hangUp(wire)
      await world.clock.pass(random.pick([0, 50, 500, 4_000]), 250)
    }
    for (const [n, person] of people.entries()) {
      for (const tab of tabs[n]!) tab.close()
      air.tab(person)
    }
    const isAll = () => written.every(([person, note]) => person.has(note))
    for (let n = 0; n < 60 && !(isAll() && kindsOf(people).join() === 'direct,direct'); n++)
      await world.clock.pass(2_000, 250)
    assert.ok(isAll(), `something is lost, with seed ${seed}`)
    assert.deepEqual(kindsOf(people), ['direct', 'direct'], `with seed ${seed}`)
  }
})

/** A link in a tab of which the test is the browser. */
function inTab() {
  const said: ToHost[] = []
  const port = {
    onmessage: null as ((event: unknown) => void) | null,
    postMessage: (one: ToHost) => said.push(one),
  }
  const hosted = { port, onGone: () => undefined, release: () => undefined } as unknown as Hosted
  return { said, hosted, says: (message: FromHost | unknown) => port.onmessage!({ data: message }) }
}

describe('a direct link', () => {
  it('takes no more than its tab has room for, and as much again as has left it', () => {
    const { said, hosted, says } = inTab()
    const link = new DirectLink(hosted)
    link.send(new Uint8Array(10))
    assert.equal(said.length, 0)
    says(['open'])
    for (let n = 0; n < 100; n++) link.send(new Uint8Array(64 << 10))
    assert.equal(said.length, HOST_WINDOW / (64 << 10))
    assert.equal(link.room, 0)
    let isTold = false
    link.onRoom = () => (isTold = true)
    says(['credit', 100])
    assert.ok(isTold)
    assert.equal(link.room, 100)
    says(['credit', 2 ** 40])
    assert.equal(link.room, HOST_WINDOW)
  })

  it('ends when its tab says what no tab says', () => {
    for (const wrong of [
      'open',
      null,
      ['frame', 'text'],
      ['credit', -1],
      ['signal', 'x'.repeat(MAX_DIRECT_SIGNAL + 1)],
      ['what'],
    ]) {
      const { hosted, says } = inTab()
      const link = new DirectLink(hosted)
      says(['open'])
      says(wrong)
      assert.ok(!link.isOpen, JSON.stringify(wrong).slice(0, 40))
    }
  })

  it('ends when a browser has more to say than a connection takes, on either side', () => {
    for (const isOwn of [true, false]) {
      const { said, hosted, says } = inTab()
      const link = new DirectLink(hosted)
      for (let n = 0; n <= MAX_DIRECT_SIGNALS; n++)
        if (isOwn) says(['signal', 'again'])
        else link.signal('again')
      assert.ok(!link.isOpen)
      assert.ok(said.length <= MAX_DIRECT_SIGNALS + 1)
    }
  })

  it('keeps no frames without end before anybody takes them', () => {
    const { hosted, says } = inTab()
    const link = new DirectLink(hosted)
    says(['open'])
    for (let n = 0; n < 100; n++) says(['frame', new ArrayBuffer(64 << 10)])
    assert.ok(!link.isOpen)
  })
})

describe('somebody with whom a device has a session', () => {
  /** Bob, of the two the one who follows; `says` is what Alice says to him. */
  async function bob() {
    const alice = await two()
    const clock = new Clock()
    const opened: ReturnType<typeof inTab>[] = []
    const made: Session[] = []
    const said: Direct[] = []
    const own = staticKey()
    const { theirs, hash } = alice.bob.agreed
    const through = {
      isOpen: true,
      agreed: { theirs, hash },
      send: async (one: Direct) => void said.push(one),
    }
    const attempts = new Attempts({
      ...{ platform: platformAt(clock), isCaller: false, staticKey: async () => own },
      ice: () => [],
      hosts: {
        ...{ canHost: true, wanted: () => undefined },
        open: () => {
          const tab = inTab()
          opened.push(tab)
          return tab.hosted
        },
      },
      made: (session) => made.push(session),
      ended: () => undefined,
    })
    attempts.arrangedIn(through as unknown as Session)
    const stop = () => {
      attempts.stop()
      clock.stop()
      alice[Symbol.dispose]()
    }
    return { attempts, opened, made, said, own, hash, clock, [Symbol.dispose]: stop }
  }

  it('does not make it try to link without end', async () => {
    using it = await bob()
    for (let n = 1; n <= 50; n++) {
      it.attempts.hear(['signal', n, 'an offer'])
      it.attempts.hear(['over', n])
    }
    assert.ok(it.opened.length <= 2, `${it.opened.length} links`)
    await it.clock.pass(2_000)
    it.attempts.hear(['signal', 51, 'an offer'])
    assert.ok(it.opened.length >= 2)
  })

  it('does not have it make the link that there is anew without end', async () => {
    using world = new World()
    using air = new Air()
    const { alice, bob, tabs } = await linked(world, air)
    const isAlice = alice.halo.device < bob.halo.device
    const [begins, other, tab] = isAlice ? [alice, bob, tabs[0]] : [bob, alice, tabs[1]]
    const { ways } = other.mesh as unknown as { ways: Map<string, { relayed: Session }> }
    for (let round = 0; round < 20; round++) {
      for (let n = 1; n <= 20; n++) void ways.get(begins.halo.device)!.relayed.send(['anew', n])
      await turns(50)
    }
    assert.ok(tab.orders.length > 1 && tab.orders.length <= 4, `${tab.orders.length} links`)
  })

  it('does not have somebody else take its place on the link', async () => {
    using it = await bob()
    it.attempts.hear(['signal', 1, 'an offer'])
    const [tab] = it.opened
    const [carol, between] = line(['direct', 'direct'])
    between.onFrame = (frame) => tab!.says(['frame', frame.slice().buffer])
    const pass = tab!.said.push.bind(tab!.said)
    tab!.said.push = (...messages) => {
      for (const message of messages) if (message[0] === 'frame') between.send(new Uint8Array(message[1]))
      return pass(...messages)
    }
    tab!.says(['open'])
    const platform = platformAt(it.clock)
    const agreed = await call(platform, carol, { own: staticKey(), topic: it.hash }, it.own.publicKey)
    const { Session: Line } = await import('../../worker/mesh/session.js')
    const session = new Line(platform, carol, agreed)
    session.ping()
    await turns(100)
    session.close()
    assert.equal(it.made.length, 0)
  })
})

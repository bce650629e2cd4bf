/** What every link promises, on direct links through a TURN server: there is no other way between these two NATs. What it takes is said in `nat.e2e.ts`. */
import assert from 'node:assert/strict'
import { Offered, readIce } from '../../kube/signal/ice.js'
import { IceOffers } from '../../worker/mesh/ice.js'
import { Chromium } from '../engines/chromium.js'
import { behaviours, sessions } from '../links/behaviours.js'
import { inTabs } from '../links/in-tabs.js'
import { realTime } from '../links/world.js'
import { Namespace, whySkipped } from './nat/namespaces.js'
import { KUBE, SECRET, startKube, startTurn, TURN, type Program } from './nat/servers.js'
import { Town } from './nat/town.js'

/**
 * How long names are good for, and how long an allocation is said to be, in seconds: browsers go on with one when half of its time is over, and
 * then its name is over.
 */
const NAME_S = 6
const ALLOCATION_S = 16
/** Each has been gone on with by then, and what comes of it is seen, in milliseconds. */
const OVER_MS = (ALLOCATION_S / 2 + 4) * 1_000

/** As a device takes from its KUBE what that one has made. */
function offered() {
  const offers = new IceOffers(realTime, () => undefined)
  offers.take(...new Offered().at(Date.now(), { ...readIce(TURN, SECRET)!, seconds: NAME_S }))
  assert.equal(offers.current.length, 2)
  return offers.current
}

async function throughTurn() {
  Namespace.removeLeftovers()
  const town = new Town('symmetric')
  const kube = await startKube(town.square)
  const turn = await startTurn(town.square, `--max-allocate-lifetime=${ALLOCATION_S}`)
  const launch = (n: 0 | 1) => Chromium.launch({ netns: town.homes[n].inside.name })
  return inTabs({
    url: KUBE,
    browsers: [await launch(0), await launch(1)],
    ice: offered,
    async end() {
      await Promise.allSettled([kube.kill(), turn.kill()])
      town[Symbol.dispose]()
      assert.match(turn.output, /ALLOCATE processed, success/)
      assert.ok(goneOnWith(turn) > 0, 'no allocation was gone on with under a name that was over')
    },
  })
}

/** How often allocations were gone on with (and not ended) when their name had been over for a second. */
function goneOnWith({ output, since }: Program): number {
  const lines = output.matchAll(/^(\d+): .*refreshed, .*username=<(\d+):.*lifetime=[1-9]/gm)
  return [...lines].filter(([, at, over]) => since / 1_000 + Number(at) > Number(over) + 1).length
}

behaviours('through a TURN server', throughTurn, whySkipped(), {
  async 'goes on when the names by which it was made are over'(pair, world) {
    const { olga, ed } = await sessions(pair, world)
    await world.until(() => !olga.isOpen || !ed.isOpen, OVER_MS)
    assert.ok(olga.isOpen && ed.isOpen)
  },
})

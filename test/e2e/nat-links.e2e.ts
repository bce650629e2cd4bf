/** What every link promises, on direct links through a TURN server: there is no other way between these two NATs. What it takes is said in `nat.e2e.ts`. */
import assert from 'node:assert/strict'
import { Offered, readIce } from '../../kube/signal/ice.js'
import { IceOffers } from '../../worker/mesh/ice.js'
import { Chromium } from '../engines/chromium.js'
import { behaviours } from '../links/behaviours.js'
import { inTabs } from '../links/in-tabs.js'
import { realTime } from '../links/world.js'
import { Namespace, whySkipped } from './nat/namespaces.js'
import { KUBE, SECRET, startKube, startTurn, TURN } from './nat/servers.js'
import { Town } from './nat/town.js'

/** As a device takes from its KUBE what that one has made. */
function offered() {
  const offers = new IceOffers(realTime, () => undefined)
  offers.take(...new Offered().at(Date.now(), readIce(TURN, SECRET)))
  assert.equal(offers.current.length, 2)
  return offers.current
}

async function throughTurn() {
  Namespace.removeLeftovers()
  const town = new Town('symmetric')
  const [kube, turn] = [await startKube(town.square), await startTurn(town.square)]
  const launch = (n: 0 | 1) => Chromium.launch({ netns: town.homes[n].inside.name })
  return inTabs({
    url: KUBE,
    browsers: [await launch(0), await launch(1)],
    ice: offered(),
    async end() {
      await Promise.allSettled([kube.kill(), turn.kill()])
      town[Symbol.dispose]()
      assert.match(turn.output, /ALLOCATE processed, success/)
    },
  })
}

behaviours('through a TURN server', throughTurn, whySkipped())

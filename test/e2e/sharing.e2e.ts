/** Two people, two machines, one space: through a KUBE that can be gone, in browsers of different makes. `direct.e2e.ts` has direct links. */
import { after, before, describe } from 'node:test'
import type { EngineName } from '../engines/engine.js'
import { noWebKit } from '../runner/browsers.js'
import { Pair } from './pair.js'
import { sharingSteps } from './sharing-steps.js'

const pairs: readonly (readonly [EngineName, EngineName])[] = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['webkit', 'chromium'],
]

for (const browsers of pairs) {
  const pair = new Pair(browsers, 'relayed')
  const skip = browsers.includes('webkit') ? (noWebKit() ?? false) : false
  describe(pair.name, { skip }, () => {
    before(() => pair.begin())
    after(() => pair.end())
    sharingSteps(pair)
  })
}

/** What cannot be brought about in an engine, and why: such cells are reported, and count as nothing. */
import type { EngineName } from '../engines/engine.js'
import type { FaultName } from './plan.js'

const WITH_ITS_TAB =
  'nothing ends the worker alone: it is a thread in the process of the tab that has started it (see crash-creator)'

const whys: Readonly<Record<EngineName, Partial<Record<FaultName, string>>>> = {
  chromium: {},
  firefox: {
    'freeze-tab': 'Firefox freezes no tab that is open, and no protocol makes it',
    'end-worker': WITH_ITS_TAB,
    'storage-full': 'no protocol sets the quota of an origin while it is open',
  },
  webkit: {
    'freeze-tab': 'WebKitGTK freezes no tab that is open, and no protocol makes it',
    'end-worker': WITH_ITS_TAB,
    'storage-full': 'no protocol sets the quota of an origin while it is open',
  },
}

/** Undefined for what can be. */
export const notDriven = (engine: EngineName, fault: FaultName): string | undefined => whys[engine][fault]

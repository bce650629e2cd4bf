/** What every link promises, on direct links between two browsers. */
import { startServer } from '../../kube/server.js'
import { Chromium } from '../engines/chromium.js'
import { behaviours } from '../links/behaviours.js'
import { inTabs } from '../links/in-tabs.js'
import { dist, folder } from './site.js'

behaviours('between two browsers', async () => {
  const server = await startServer({ dist, apps: [folder('pages/alpha')] })
  const browsers = [await Chromium.launch({}), await Chromium.launch({})] as const
  return inTabs({ url: server.url, browsers, ice: () => [], end: () => server.close() })
})

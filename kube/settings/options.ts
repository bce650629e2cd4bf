/** From what is set to what the server is started with. */
import type { ServerOptions } from '../server.js'
import { readIce } from '../signal/ice.js'
import type { Declared } from './declared.js'

/** What may be sent at once is what may be sent in so many seconds. */
const BURST_SECONDS = 8

/** @throws KubeError `kube/bad-turn`, `kube/many-turns`, `kube/turn-secret`, `kube/turn-url` */
export function optionsOf(settings: Declared): Omit<ServerOptions, 'dist'> {
  const { port, host, data, apps, origins } = settings
  return {
    ...{ port, host, data, apps, origins },
    ice: readIce(settings.turnUrl, settings.turnSecret),
    signal: {
      connections: settings.connections,
      perKey: settings.keyConnections,
      ...{ perSecond: settings.keyMessages, burst: BURST_SECONDS * settings.keyMessages },
      ...{ bytesPerSecond: settings.keyBytes, burstBytes: BURST_SECONDS * settings.keyBytes },
    },
    allow: settings.allow,
    metrics: settings.metrics,
    keeping: { replica: settings.spaceBytes, total: settings.totalBytes, perKey: settings.keySpaces },
  }
}

/** From what is set to what the server is started with. */
import type { ServerOptions } from '../server.js'
import { readIce } from '../signal/ice.js'
import type { Declared } from './declared.js'

/** @throws KubeError `kube/bad-turn`, `kube/many-turns`, `kube/turn-secret`, `kube/turn-url` */
export function optionsOf(settings: Declared): Omit<ServerOptions, 'dist'> {
  const { port, host, data, apps, origins } = settings
  return {
    ...{ port, host, data, apps, origins },
    ice: readIce(settings.turnUrl, settings.turnSecret),
    signal: {
      connections: settings.connections,
      perKey: settings.keyConnections,
      perSecond: settings.keyMessages,
    },
    metrics: settings.metrics,
    keeping: { replica: settings.spaceBytes, total: settings.totalBytes },
  }
}

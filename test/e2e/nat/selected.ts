/** By which way a browser says that it reaches the other side of a direct link. */
import type { Person } from '../person.js'

/** Runs in each document before its own scripts: so that the test can ask the connections that Hearth makes. */
export const NOTING = `{
  const Real = RTCPeerConnection
  globalThis.connections = []
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given)
      connections.push(this)
    }
  }
}`

export interface Selected {
  /** `host`, `srflx`, `prflx` or `relay`, here and there. */
  readonly local: string
  readonly remote: string
  /** To the TURN server, if there is one on this side: `udp` or `tcp`. */
  readonly relayProtocol: string | null
}

/** Of the connection that is open in this tab; undefined if there is none. */
export const selected = (person: Person): Promise<Selected | undefined> =>
  person.run(async () => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] }
    for (const connection of connections) {
      if (connection.connectionState !== 'connected') continue
      const stats = await connection.getStats()
      const all = new Map<string, Record<string, string>>()
      stats.forEach((one: { id: string }) => all.set(one.id, one as never))
      const transport = [...all.values()].find(({ type }) => type === 'transport')
      const pair = all.get(transport?.['selectedCandidatePairId'] ?? '')
      if (!pair) continue
      const local = all.get(pair['localCandidateId']!)
      const remote = all.get(pair['remoteCandidateId']!)
      return {
        local: local?.['candidateType'] ?? '',
        remote: remote?.['candidateType'] ?? '',
        relayProtocol: local?.['relayProtocol'] ?? null,
      }
    }
    return undefined
  }, undefined)

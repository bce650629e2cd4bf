/** What is measured. `blank` is a page with nothing on it, for what an empty tab costs. */
export const peerNames = ['automerge-repo', 'yjs', 'tinybase'] as const
export type PeerName = (typeof peerNames)[number]
export type SystemName = 'floor' | 'hearth' | 'blank' | PeerName

export const isPeer = (name: string): name is PeerName => peerNames.some((peer) => peer === name)

/** What a peer has nothing of, in the words of the table: it has no part in rows about that. */
export const without = {
  text: { tinybase: 'no text' },
  worker: { yjs: 'no worker', tinybase: 'no worker' },
} as const satisfies Record<string, Partial<Record<PeerName, string>>>

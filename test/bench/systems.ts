/** What is measured. `blank` is a page with nothing on it, for what an empty tab costs. */
export const peerNames = ['automerge-repo', 'yjs', 'tinybase'] as const
export type PeerName = (typeof peerNames)[number]
export type SystemName = 'floor' | 'hearth' | 'blank' | PeerName

/**
 * Tab <-> worker, about direct links: only a tab can have an RTCPeerConnection, and only the worker has the keys. A tab that can hold
 * links has a port for it (`SessionApi.host`), and each link that it is handed comes with a port of its own. Frames are ciphertext.
 */

/** Tab to worker, on the port for hosting. `away`: it is about to stand still, or to be put away; links in it have ended. */
export type TabState = 'shown' | 'hidden' | 'away'

/** Worker to tab, on the port for hosting, with the port of the link. */
export interface LinkOrder {
  /** Whether this side makes the offer. */
  readonly isInitiator: boolean
  /** Servers by which the two find a way to each other. */
  readonly ice: readonly IceServer[]
}
/** As RTCIceServer. */
export interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** Worker to tab, on the port of a link. */
export type ToHost =
  /** What the other side's browser says: an offer, an answer or a candidate, as JSON. */
  | readonly [t: 'signal', text: string]
  | readonly [t: 'frame', bytes: ArrayBuffer]
  /** So many bytes of frames were taken. */
  | readonly [t: 'credit', bytes: number]
  | readonly [t: 'close']
/** Tab to worker. */
export type FromHost =
  | readonly [t: 'signal', text: string]
  | readonly [t: 'open']
  | readonly [t: 'frame', bytes: ArrayBuffer]
  /** So many bytes of frames have left the channel. */
  | readonly [t: 'credit', bytes: number]
  | readonly [t: 'close']

/** Bytes that a worker may have on their way in a tab. */
export const HOST_WINDOW = 1 << 20
/** Bytes that a tab keeps for a worker which does not take them: more than both lanes of a session have room for. */
export const MAX_UNTAKEN = 16 << 20

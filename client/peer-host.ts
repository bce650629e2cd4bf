/**
 * Holds direct links: an RTCPeerConnection for each, which carries the worker's frames and knows nothing of them. Nothing is kept without
 * bound: the worker sends as the channel drains, and a worker that takes nothing has its link ended.
 */
import SimplePeer from 'simple-peer'
import { MAX_UNTAKEN, type FromHost, type LinkOrder, type ToHost } from '../worker/protocol/hosting.js'

const held = new Set<() => void>()

export function endAll(): void {
  for (const end of [...held]) end()
}

export function hold({ isInitiator, ice }: LinkOrder, port: MessagePort): void {
  const say = (message: FromHost, transfer: Transferable[] = []) => port.postMessage(message, transfer)
  const config = { iceServers: ice as RTCIceServer[] }
  // One message of the channel is one of the stream.
  const peer = new SimplePeer({ initiator: isInitiator, config, objectMode: true })
  let untaken = 0
  const end = () => {
    if (!held.delete(end)) return
    say(['close'])
    peer.destroy()
  }
  held.add(end)
  peer.on('signal', (data) => say(['signal', JSON.stringify(data)]))
  peer.on('connect', () => say(['open']))
  peer.on('data', (data: Uint8Array) => {
    untaken += data.length
    if (untaken > MAX_UNTAKEN) return end()
    const { buffer } = new Uint8Array(data)
    say(['frame', buffer], [buffer])
  })
  peer.on('error', end)
  peer.on('close', end)
  port.onmessage = ({ data }: MessageEvent<ToHost>) => {
    if (!held.has(end)) return
    const [t, what] = data
    if (t === 'close') end()
    else if (t === 'credit') untaken -= what
    else if (t === 'signal') hear(peer, what)
    // Called when the channel has drained so far that the next one may be written.
    else peer.write(new Uint8Array(what), () => say(['credit', what.byteLength]))
  }
}

/** Of what the other side says, only what makes a connection: it is not to add to it, nor have it made anew. */
function hear(peer: SimplePeer.Instance, text: string): void {
  try {
    const said = JSON.parse(text) as { type?: unknown; sdp?: unknown; candidate?: RTCIceCandidate }
    const { type, sdp, candidate } = said
    if ((type === 'offer' || type === 'answer') && typeof sdp === 'string') peer.signal({ type, sdp })
    else if (type === 'candidate' && candidate) peer.signal({ type, candidate })
  } catch {
    // The attempt comes to nothing, and its time is bounded.
  }
}

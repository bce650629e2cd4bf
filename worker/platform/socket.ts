/** A WebSocket, as MESH has it. */
import type { Socket, SocketEvents } from '../mesh/platform.js'

export function openSocket(url: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.opened()
  socket.onmessage = ({ data }: MessageEvent<unknown>) =>
    events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : undefined)
  let isClosed = false
  socket.onclose = () => {
    if (!isClosed) events.closed()
    isClosed = true
  }
  return {
    get waiting() {
      return socket.bufferedAmount
    },
    send(bytes) {
      // Closed by the other side, which `closed` is about to say.
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>)
    },
    close: () => socket.close(),
  }
}

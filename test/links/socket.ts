/** A WebSocket of Node, as MESH needs one. */
import { WebSocket } from 'ws'
import type { Socket, SocketEvents } from '../../worker/mesh/platform.js'

export function socket(url: string, { opened, message, closed }: SocketEvents): Socket {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  socket.on('open', opened)
  socket.on('message', (data: Buffer, isBinary) => message(isBinary ? new Uint8Array(data) : undefined))
  socket.on('error', () => undefined)
  socket.on('close', closed)
  return {
    get waiting() {
      return socket.bufferedAmount
    },
    send: (bytes) => void (socket.readyState === WebSocket.OPEN && socket.send(bytes)),
    close: () => socket.close(),
  }
}
